import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { messageIn, readTextproto, textIn, type Message } from '../testing/textproto.ts';
import { compileCel } from './cel.ts';

// The conformance tests of the language (google/cel-spec, tests/simple/testdata) as far as they apply to facts: plain data
// of JSON, without messages of protocol buffers.

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';

/** What facts never are and policies can't say; each is refused by name when an expression is saved, or is no plain data. */
const NOT_HERE: readonly (readonly [string, RegExp])[] = [
  ['messages and enums of protocol buffers', /TestAllTypes|NestedEnum|GlobalEnum|google\.protobuf|\bproto\.|test_all_types|cel\.expr/],
  ['bytes and unsigned integers', /\b[bB][rR]?["']|\b[rR][bB]["']|\b(?:0x)?[0-9a-fA-F]+[uU]\b|\b(?:uint|bytes|base64)\b/],
  [
    'optional values, blocks and bindings',
    /\boptional\b|\?\.|\[\?|\.\?|\{\?|\bcel\.(?:block|bind|index|iterVar|accuVar)|\bopt(?:Map|FlatMap)\b/,
  ],
  ['names in backquotes', /`/],
  [
    'functions of extensions that are not offered',
    /\b(?:format|quote|math\.\w+|transform\w+|sortBy|flatten|slice|range|distinct|sets\.\w+|ip|cidr|isIP|url|isURL|regex\.\w+)\s*\(/,
  ],
  [
    'numbers that are not finite: a division by zero must not become a yes',
    /0\.0\s*\/\s*0\.0|\bdouble\(\s*["'](?:NaN|-?Infinity|-?inf)["']\s*\)|\b1e309\b/i,
  ],
];

/** A value of a test as plain data; undefined: it is none (a type, bytes, an integer past 2^53, a message). */
function plainOf(value: Message): unknown {
  const [kind, [inner] = []] = Object.entries(value)[0] ?? [];
  switch (kind) {
    case 'int64_value':
      return Number.isSafeInteger(Number(inner)) ? Number(inner) : undefined;
    case 'double_value':
      return Number.isFinite(Number(inner)) ? Number(inner) : undefined;
    case 'string_value':
      return textIn(value, 'string_value');
    case 'bool_value':
      return inner;
    case 'null_value':
      return null;
    case 'list_value':
      return whole(((inner as Message)['values'] ?? []).map((one) => plainOf(one as Message)));
    case 'map_value': {
      const entries = ((inner as Message)['entries'] ?? []) as Message[];
      const pairs = entries.map((one) => [plainOf(messageIn(one, 'key') ?? {}), plainOf(messageIn(one, 'value') ?? {})] as const);
      return whole(pairs.flat()) === undefined ? undefined : Object.fromEntries(pairs.map(([key, one]) => [String(key), one]));
    }
    default:
      return undefined;
  }
}
const whole = (list: readonly unknown[]): readonly unknown[] | undefined => (list.includes(undefined) ? undefined : list);

type Case = {
  readonly file: string;
  readonly name: string;
  readonly expr: string;
  readonly bindings: Record<string, unknown>;
  readonly wanted: { readonly value: unknown } | 'error';
};

function readCase(file: string, one: Message): Case | string {
  const expr = textIn(one, 'expr') ?? '';
  const outside = NOT_HERE.find(([, pattern]) => pattern.test(expr));
  if (outside !== undefined) return outside[0];
  if (one['container'] !== undefined) return 'names resolved in a container';
  if (one['unknown'] !== undefined || one['any_unknowns'] !== undefined || one['typed_result'] !== undefined)
    return 'answers that are no values';
  const bindings: Record<string, unknown> = {};
  for (const binding of (one['bindings'] ?? []) as Message[]) {
    const inner = messageIn(messageIn(binding, 'value') ?? {}, 'value');
    const value = inner === null ? undefined : plainOf(inner);
    const key = textIn(binding, 'key') ?? '';
    if (value === undefined) return 'bindings that are no plain data';
    if (key.includes('.')) return 'names resolved in a container';
    bindings[key] = value;
  }
  const name = textIn(one, 'name') ?? '';
  if (one['eval_error'] !== undefined || one['any_eval_errors'] !== undefined) return { file, name, expr, bindings, wanted: 'error' };
  const given = messageIn(one, 'value');
  const value = given === null ? true : plainOf(given);
  return value === undefined ? 'answers that are no plain data' : { file, name, expr, bindings, wanted: { value } };
}

const files = globSync(join(corpus, 'cel/**/*.textproto')).sort();

test.skipIf(!existsSync(join(corpus, 'cel')))('the conformance tests of CEL hold, and no error is ever true (corpus)', () => {
  const passed: Record<string, number> = {};
  const failed: string[] = [];
  const outside = new Map<string, number>();
  const wrongYes: string[] = [];
  for (const path of files) {
    const file = basename(path, '.textproto');
    const sections = (readTextproto(readFileSync(path, 'utf8'))['section'] ?? []) as Message[];
    for (const one of sections.flatMap((section) => (section['test'] ?? []) as Message[])) {
      const read = readCase(file, one);
      if (typeof read === 'string') {
        outside.set(read, (outside.get(read) ?? 0) + 1);
        continue;
      }
      const compiled = compileCel(read.expr);
      const answer = compiled.ok ? compiled.evaluate(read.bindings) : { kind: 'unknown' as const, why: compiled.message };
      if (read.wanted === 'error' && answer.kind === 'value' && answer.value === true) wrongYes.push(read.expr);
      const holds =
        read.wanted === 'error'
          ? answer.kind === 'unknown'
          : answer.kind === 'value' && JSON.stringify(sorted(answer.value)) === JSON.stringify(sorted(read.wanted.value));
      if (holds) passed[file] = (passed[file] ?? 0) + 1;
      else failed.push(`${file}: ${read.expr} -> ${JSON.stringify(answer)}, wanted ${JSON.stringify(read.wanted)}`);
    }
  }
  const held = Object.values(passed).reduce((a, b) => a + b, 0);
  const left = [...outside].map(([why, count]) => `${count} ${why}`).join('; ');
  console.log(
    `CEL: ${held} of ${held + failed.length} hold (${((100 * held) / (held + failed.length)).toFixed(1)} %); not for facts: ${left}`,
  );
  if (process.env['YARDMASTER_SHOW'] !== undefined) console.log(failed.join('\n'));
  expect(wrongYes).toEqual([]);
  expect(held / (held + failed.length), failed.join('\n')).toBeGreaterThanOrEqual(0.95);
});

/** Maps compare whatever the order of their entries; -0 is 0. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
