import type { CelValue } from './cel.ts';

/**
 * Values on their way into CEL and out of it. Inside, every object is a `Map` of its own properties, so that no name
 * can reach a prototype, and every safe integer is an int.
 */
const MAX_NODES = 50_000;
const MAX_TEXT = 2_000_000;
const MAX_DEPTH = 32;

type Size = { nodes: number; text: number };

/** The variables as a `Map`. Throws an `Error` where they are too large or hold what is not plain data. */
export function toCelVariables(variables: Readonly<Record<string, unknown>>): Map<string, unknown> {
  return into(variables, { nodes: 0, text: 0 }, 0) as Map<string, unknown>;
}

function into(value: unknown, size: Size, depth: number): unknown {
  if (++size.nodes > MAX_NODES || depth > MAX_DEPTH) throw new Error('the facts are too large for an expression');
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? value : undefined;
    case 'number':
      if (!Number.isFinite(value)) return undefined;
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'string':
      size.text += value.length;
      if (size.text > MAX_TEXT) throw new Error('the facts are too large for an expression');
      return value;
    case 'object':
      return value === null ? null : Array.isArray(value) ? list(value, size, depth) : entries(value, size, depth);
    default:
      return undefined;
  }
}

function list(items: readonly unknown[], size: Size, depth: number): unknown[] {
  return items.map((item) => {
    const member = into(item, size, depth + 1);
    if (member === undefined) throw new Error('a list holds something that is no value');
    return member;
  });
}

function entries(object: object, size: Size, depth: number): Map<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw new Error('only plain data can be given to an expression');
  const map = new Map<string, unknown>();
  for (const [key, raw] of Object.entries(object)) {
    const member = into(raw, size, depth + 1);
    if (member !== undefined) map.set(key, member);
  }
  return map;
}

/** A result as plain data. Throws an `Error` for what is none: errors, promises, non-finite numbers, ints past 2^53, types. */
export function fromCel(value: unknown, depth = 0): CelValue {
  if (depth > MAX_DEPTH) throw new Error('the result is nested too deeply');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return wholeNumber(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error('the result is not a finite number');
    return value;
  }
  if (value instanceof Error) throw value;
  if (Array.isArray(value)) return value.map((item) => fromCel(item, depth + 1));
  if (value instanceof Map) return record([...value], depth);
  if (typeof value === 'object' && value !== undefined && Object.getPrototypeOf(value) === Object.prototype)
    return record(Object.entries(value), depth);
  throw new Error('the result is not plain data');
}

function record(pairs: readonly (readonly [unknown, unknown])[], depth: number): CelValue {
  const object = Object.create(null) as Record<string, CelValue>;
  for (const [key, member] of pairs) object[String(key)] = fromCel(member, depth + 1);
  return object;
}

function wholeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error('the result is an integer past 2^53');
  return number;
}
