/**
 * Canonical JSON after RFC 8785 (JCS): the one byte form that everything we hash or sign has.
 *
 * Object members are sorted by UTF-16 code units, numbers are written as ECMAScript writes them, and strings carry
 * only the escapes that JSON requires. `undefined` members are left out, as `JSON.stringify` does.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The canonical text of `value`. Throws a `TypeError` on what JSON or JCS can't carry: NaN, Infinity, lone surrogates, functions, cycles. */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/** The canonical UTF-8 bytes of `value`; see {@link canonicalJson}. */
export function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

/** Deeper nesting than this is refused: nothing we hash is deeper, and a stack must not be a stranger's to exhaust. */
const MAX_DEPTH = 256;

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError(`canonical JSON: nested deeper than ${MAX_DEPTH}`);
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('canonical JSON: a number must be finite');
      return Object.is(value, -0) ? '0' : String(value);
    case 'string':
      if (!value.isWellFormed()) throw new TypeError('canonical JSON: a string holds a lone surrogate');
      return JSON.stringify(value);
    case 'object':
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value as Record<string, unknown>, depth);
    default:
      throw new TypeError(`canonical JSON: can't write a ${typeof value}`);
  }
}

function writeArray(list: readonly unknown[], depth: number): string {
  return `[${list.map((item) => write(item === undefined ? null : item, depth + 1)).join(',')}]`;
}

function writeObject(object: Record<string, unknown>, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('canonical JSON: only plain objects have a canonical form');
  }
  const members: string[] = [];
  // The default sort compares UTF-16 code units, which is exactly the order that RFC 8785 section 3.2.3 asks for.
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member === undefined) continue;
    if (!key.isWellFormed()) throw new TypeError('canonical JSON: a member name holds a lone surrogate');
    members.push(`${JSON.stringify(key)}:${write(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

/**
 * The canonical text of a fact's body. Stricter than JCS: no floats and no integer beyond 2^53, so that every
 * verifier in every language reads the same number. Throws a `TypeError` that names the place.
 */
export function canonicalFact(value: unknown): string {
  refuseLossyNumbers(value, '$');
  return canonicalJson(value);
}

function refuseLossyNumbers(value: unknown, place: string): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`a fact holds only safe integers, and ${place} is ${value}`);
  }
  if (value !== null && typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) refuseLossyNumbers(member, `${place}.${key}`);
  }
}
