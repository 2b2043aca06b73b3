import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import type { CelNode } from './cel-guard.ts';
import { guardNodes } from './cel-guard.ts';
import { STRING_FUNCTIONS } from './cel-strings.ts';
import { fromCel, toCelVariables } from './cel-values.ts';

/**
 * CEL (https://github.com/google/cel-spec), fenced: the one expression language that people may write in pipelines and
 * policies. It is total (no loops but macros over lists), and here also bounded in size and steps, without any host
 * object in reach, with linear-time regular expressions, and three-valued: an error is `unknown`, never true.
 */
export type CelAnswer = { readonly kind: 'value'; readonly value: CelValue } | { readonly kind: 'unknown'; readonly why: string };
export type CelValue = null | boolean | number | string | readonly CelValue[] | { readonly [key: string]: CelValue };

export type CompiledCel =
  | { readonly ok: true; readonly evaluate: (variables: Readonly<Record<string, unknown>>) => CelAnswer }
  /** `offset` is where in the source the mistake begins, in UTF-16 units from 0. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

export const CEL_MAX_SOURCE = 10_000;
const LIMITS = { maxAstNodes: 2_000, maxDepth: 60, maxListElements: 500, maxMapEntries: 200, maxCallArguments: 8 };
const MAX_PATTERN = 500;
const MAX_MATCHED = 100_000;

const base = new Environment({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false, limits: LIMITS }).registerFunction(
  // The library's own `matches` uses the host's backtracking engine; guardNodes() sends every call here instead.
  'string.linearMatches(string): bool',
  (text: string, pattern: string) => {
    if (pattern.length > MAX_PATTERN) throw new Error(`a pattern has ${MAX_PATTERN} characters at most`);
    if (text.length > MAX_MATCHED) throw new Error(`a text to match has ${MAX_MATCHED} characters at most`);
    return RE2JS.compile(pattern).matcher(text).find();
  },
);
for (const { signature, run } of STRING_FUNCTIONS) base.registerFunction(signature, run as (...args: unknown[]) => unknown);
const anyVariable = base.clone({ unlistedVariablesAreDyn: true });

/**
 * Compiles a CEL expression. With `declared`, any other variable is a compile error; without, every name is taken as
 * a variable that may be missing when it is evaluated. Plain objects given as variables are read by their own
 * properties only; safe integers become CEL ints; `undefined` and non-finite numbers count as missing.
 */
export function compileCel(source: string, declared?: readonly string[]): CompiledCel {
  if (source.trim() === '') return { ok: false, message: 'the expression is empty', offset: 0 };
  if (source.length > CEL_MAX_SOURCE)
    return { ok: false, message: `an expression has ${CEL_MAX_SOURCE} characters at most`, offset: CEL_MAX_SOURCE };
  try {
    const environment =
      declared === undefined ? anyVariable : declared.reduce((env, name) => env.registerVariable(name, 'dyn'), base.clone());
    const parsed = environment.parse(source);
    const guard = guardNodes(parsed.ast as unknown as CelNode);
    const checked = parsed.check();
    if (!checked.valid) return refused(checked.error);
    return {
      ok: true,
      evaluate: (variables) => {
        guard.reset();
        try {
          const context = toCelVariables(variables);
          const value = fromCel((parsed as (context: unknown) => unknown)(context));
          return guard.exhausted() ? { kind: 'unknown', why: OUT_OF_STEPS } : { kind: 'value', value };
        } catch (error) {
          return { kind: 'unknown', why: guard.exhausted() ? OUT_OF_STEPS : summary(error) };
        }
      },
    };
  } catch (error) {
    return refused(error);
  }
}

/** The type of a variable: a word of CEL, the members of an object, each with its own, or a list of such objects. */
export type CelType = 'int' | 'double' | 'string' | 'bool' | 'list' | 'map' | 'dyn' | CelListType | { readonly [member: string]: CelType };
/** A list of objects of one shape; an object that has a member `list` of its own can't be told apart, and is none here. */
export type CelListType = { readonly list: { readonly [member: string]: 'int' | 'double' | 'string' | 'bool' } };

/** A type as the library names it; the shapes of lists are registered with it, under the names of their places. */
function registered(environment: Environment, place: string, type: CelType): unknown {
  if (typeof type === 'string') return type;
  if (isList(type)) {
    environment.registerType({ name: place, schema: { ...type.list } } as never);
    return `list<${place}>`;
  }
  return Object.fromEntries(Object.entries(type).map(([name, inner]) => [name, registered(environment, `${place}_${name}`, inner)]));
}

function isList(type: Exclude<CelType, string>): type is CelListType {
  return typeof type['list'] === 'object';
}

/**
 * Whether an expression over variables of these types can be right: every member is known, every operator fits its
 * sides, and the answer is of type `answers`. For what people save; it says nothing about values that are missing later.
 */
export function checkCelTypes(
  source: string,
  types: Readonly<Record<string, CelType>>,
  answers: 'bool' | 'string',
): { readonly ok: true } | { readonly ok: false; readonly message: string; readonly offset: number } {
  const environment = Object.entries(types).reduce((env, [name, type]) => {
    const known = registered(env, `of_${name}`, type);
    return typeof known === 'string' ? env.registerVariable(name, known) : env.registerVariable(name, { schema: known } as never);
  }, base.clone());
  try {
    const parsed = environment.parse(source);
    guardNodes(parsed.ast as unknown as CelNode);
    const checked = parsed.check();
    if (!checked.valid) return notOk(checked.error);
    const type = String(checked.type);
    return type === answers || type === 'dyn'
      ? { ok: true }
      : { ok: false, message: `it answers ${type.replace('$', 'the object ')}, and ${answers} is asked`, offset: 0 };
  } catch (error) {
    return notOk(error);
  }
}

const OUT_OF_STEPS = 'the expression needs more steps than are allowed';

function refused(error: unknown): CompiledCel {
  return notOk(error);
}

function notOk(error: unknown): { readonly ok: false; readonly message: string; readonly offset: number } {
  const range = (error as { range?: { start?: unknown } } | null)?.range;
  return { ok: false, message: summary(error), offset: typeof range?.start === 'number' ? range.start : 0 };
}

/** The first line of the library's message: the rest is a drawing of the source that callers make better. */
function summary(error: unknown): string {
  const short = (error as { summary?: unknown } | null)?.summary;
  const text = typeof short === 'string' ? short : error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? 'error').slice(0, 300);
}
