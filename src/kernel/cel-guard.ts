import { OWN_NAMES } from './cel-strings.ts';

/**
 * The fence around a parsed expression: which functions it may call, which names it may not say, and how many steps
 * its macros may take. Works on the library's syntax tree before the first evaluation.
 */
export type CelNode = {
  readonly op: string;
  args: unknown;
  readonly start: number;
  readonly meta: { alternate?: CelNode; macro?: { args?: unknown }; evaluate?: Evaluate };
  setMeta(key: string, value: unknown): CelNode;
};
type Evaluate = (evaluator: unknown, node: CelNode, context: unknown) => unknown;
type Comprehension = { iterable: CelNode; init: CelNode; step: CelNode; condition?: (soFar: unknown) => boolean };

export type Guard = { reset(): void; exhausted(): boolean };

/** A node visited by a macro is one step; about 0.1 s of a slow processor. */
const MAX_STEPS = 1_000_000;

/** Everything callable. What is not here (`cel.bind` could grow a text without end, `json`, `at`) is refused by name. */
const CALLABLE = new Set(
  (
    'size int double string bool dyn type timestamp duration has all exists exists_one map filter ' +
    'startsWith endsWith contains matches lowerAscii upperAscii trim indexOf lastIndexOf substring split join charAt replace reverse ' +
    'getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds getMinutes getMonth getSeconds'
  ).split(' '),
);
/** Names that would mean something to the host. No fact has one of them. */
const FORBIDDEN = new Set([
  '__proto__',
  'constructor',
  'prototype',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
]);
const ARITHMETIC = new Set(['+', '-', '*', '/', '%', '-_', 'call']);

class Refusal extends Error {
  readonly range: { start: number };
  constructor(message: string, node: CelNode) {
    super(message);
    this.range = { start: node.start };
  }
}

/** Checks and arms every node below `root`. Throws an `Error` with a `range` where the expression asks for what it may not. */
export function guardNodes(root: CelNode): Guard {
  let left = MAX_STEPS;
  const spend = (steps: number): void => {
    left -= steps;
    if (left < 0) throw new Error('out of steps');
  };
  const seen = new Set<CelNode>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isNode(value) || seen.has(value)) return;
    seen.add(value);
    refuseForbidden(value);
    if (ARITHMETIC.has(value.op)) refuseNonFinite(value);
    visit(value.meta.alternate);
    visit(value.meta.macro?.args);
    if (value.op === 'comprehension') {
      const loop = value.args as Comprehension;
      [loop.iterable, loop.init, loop.step].forEach(visit);
      const cost = countNodes(loop.step);
      const condition = loop.condition;
      loop.condition = (soFar) => (spend(cost), condition === undefined || condition(soFar));
    } else visit(value.args);
  };
  visit(root);
  return { reset: () => void (left = MAX_STEPS), exhausted: () => left < 0 };
}

function isNode(value: unknown): value is CelNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as CelNode).op === 'string' &&
    typeof (value as CelNode).setMeta === 'function'
  );
}

function refuseForbidden(node: CelNode): void {
  const [first, second] = Array.isArray(node.args) ? (node.args as unknown[]) : [node.args];
  if (node.op === 'call' || node.op === 'rcall') {
    if (typeof first !== 'string' || !CALLABLE.has(first)) throw new Refusal(`there is no function ${String(first)} here`, node);
    const own = node.op === 'rcall' ? OWN_NAMES.get(first) : undefined;
    if (own !== undefined) node.args = [own, ...(node.args as unknown[]).slice(1)];
  }
  // The library compares uints inside lists and non-ASCII bytes otherwise than the specification; no fact is either.
  if (node.op === 'value' && typeof node.args === 'object' && node.args !== null)
    throw new Refusal('bytes and unsigned integers are not used here', node);
  if (node.op === 'map') refuseKeys(node);
  for (const name of namesSaid(node, first, second)) {
    if (typeof name === 'string' && FORBIDDEN.has(name)) throw new Refusal(`${name} can't be used in an expression`, node);
  }
}

/** Keys of a map are texts, integers or booleans, each once; the library would take the last of two. */
function refuseKeys(node: CelNode): void {
  const seen = new Set<unknown>();
  for (const [key] of node.args as [unknown, unknown][]) {
    if (!isNode(key) || key.op !== 'value') continue;
    if (!['string', 'bigint', 'boolean'].includes(typeof key.args))
      throw new Refusal('a key of a map is a text, an integer or a boolean', key);
    if (seen.has(key.args)) throw new Refusal('a map has this key twice', key);
    seen.add(key.args);
  }
}

/** The names by which a node reaches into something: a variable, a member, a literal index, the keys of a map. */
function namesSaid(node: CelNode, first: unknown, second: unknown): readonly unknown[] {
  const literal = (value: unknown): unknown => (isNode(value) && value.op === 'value' ? value.args : null);
  if (node.op === 'id') return [first];
  if (node.op === '.') return [second];
  if (node.op === '[]') return [literal(second)];
  return node.op === 'map' ? (node.args as [unknown, unknown][]).map(([key]) => literal(key)) : [];
}

/** Comparisons with NaN are false, and their negations true: a division by zero must not become a yes that way. */
function refuseNonFinite(node: CelNode): void {
  const evaluate = node.meta.evaluate;
  if (evaluate === undefined) return;
  node.setMeta('evaluate', (evaluator: unknown, self: CelNode, context: unknown) => {
    const value = evaluate(evaluator, self, context);
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('a number is not finite (a division by zero?)');
    return value;
  });
}

function countNodes(root: CelNode): number {
  const seen = new Set<CelNode>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isNode(value) || seen.has(value)) return;
    seen.add(value);
    visit(value.meta.alternate);
    visit(value.op === 'comprehension' ? Object.values(value.args as object) : value.args);
  };
  visit(root);
  return seen.size;
}
