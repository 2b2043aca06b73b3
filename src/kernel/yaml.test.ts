import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { renderDiagnostics } from './diagnostic.ts';
import { readYaml } from './yaml.ts';
import { TOO_LONG_MS } from '../testing/patience.ts';

const codes = (text: string): string[] => {
  const read = readYaml(text, 'f.yaml');
  return read.ok ? [] : read.diagnostics.map((one) => one.code);
};
const value = (text: string): unknown => {
  const read = readYaml(text, 'f.yaml');
  if (!read.ok) throw new Error(renderDiagnostics(text, read.diagnostics));
  return read.document.value;
};

test('YAML 1.2 core: yes, no, on and off are words, 010 is ten, dates are texts', () => {
  expect(value('on: push\nyes: no\noff: OFF\nn: 010\no: 0o10\nd: 2026-01-01\nt: true\nz: ~')).toEqual({
    on: 'push',
    yes: 'no',
    off: 'OFF',
    n: 10,
    o: 8,
    d: '2026-01-01',
    t: true,
    z: null,
  });
});

test('aliases are expanded, within a budget', () => {
  expect(value('a: &x {b: [1]}\nc: *x')).toEqual({ a: { b: [1] }, c: { b: [1] } });
});

test.each([
  ['a: 1\na: 2', 'yaml.duplicate-key'],
  ['a: &x {b: 1}\nc:\n  <<: *x', 'yaml.merge-key'],
  ['a: !custom x', 'yaml.tag'],
  ['a: !!binary aGVsbG8=', 'yaml.tag'],
  ['a: !!js/function x', 'yaml.tag'],
  ['%YAML 1.1\n---\na: yes', 'yaml.version'],
  ['__proto__: {polluted: 1}', 'yaml.key'],
  ['? [a]\n: b', 'yaml.key'],
  ['a: &x [*x]', 'yaml.alias-cycle'],
  ['a: *nothing', 'yaml.bad-alias'],
  ['a: 1\n---\nb: 2', 'yaml.multiple-docs'],
  ['a: 9007199254740993', 'yaml.lossy-number'],
  [`a: ${'x'.repeat(1024 * 1024)}`, 'yaml.too-large'],
])('case %# is refused on purpose', (text, code) => {
  expect(codes(text)).toContain(code);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('two keys that read the same but are written otherwise are told apart, the same ones never', () => {
  expect(codes('"a": 1\na: 2')).toEqual(['yaml.duplicate-key']);
  expect(value('"1": a\nb: c')).toEqual({ 1: 'a', b: 'c' });
});

test('every error of a file is told at once, in reading order, each at its place', () => {
  const text = 'a: !x 1\nb: *none\nb: 2\n';
  const read = readYaml(text, 'f.yaml');
  const first = read.ok ? [] : read.diagnostics.map((one) => [one.range.start.line, one.range.start.column]);
  expect(first).toEqual([
    [1, 7],
    [2, 4],
  ]);
});

const bomb = (levels: number): string =>
  Array.from(
    { length: levels },
    (_, level) =>
      `a${level}: &a${level} [${Array(10)
        .fill(level === 0 ? 'x' : `*a${level - 1}`)
        .join(', ')}]`,
  ).join('\n');

test('an alias bomb of ten levels is refused in no time', () => {
  const started = performance.now();
  expect(codes(bomb(10))).toEqual(['yaml.too-much']);
  expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
});

const N = 400_000;
test.each([
  ['[', '['.repeat(N)],
  ['{a: ', '{a: '.repeat(N / 4)],
  ['- ', '- '.repeat(N / 2)],
  ['? ', '? '.repeat(N / 2)],
  ['deep maps', Array.from({ length: 800 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['deep lists', Array.from({ length: 800 }, (_, i) => `${' '.repeat(i)}-`).join('\n')],
  ['many keys', Array.from({ length: 40_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ['one key often', 'k: 1\n'.repeat(40_000)],
  ['commas', `[${','.repeat(N)}]`],
  ['brackets', ']'.repeat(N)],
  ['quotes', '"'.repeat(N)],
  ['bad escapes', `"${'\\q'.repeat(N / 8)}"`],
  ['anchors', '&a '.repeat(N / 3)],
  ['tags', '! '.repeat(N / 2)],
])('a hostile file of %s ends soon and without a crash', (_, text) => {
  const started = performance.now();
  expect(codes(text).length).toBeGreaterThan(0);
  expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
});

test('no text makes the reader or the renderer throw, and what is read is what the library reads', () => {
  const yamlish = fc.stringMatching(/^[a-c:{}[\]&*!|>"'#\-?,% \n\t01.]{0,60}$/);
  fc.assert(
    fc.property(fc.oneof(yamlish, fc.string({ maxLength: 80, unit: 'binary' })), (text) => {
      const read = readYaml(text, 'f.yaml');
      if (read.ok) expect(read.document.value).toEqual(parse(text, { version: '1.2', logLevel: 'silent', stringKeys: true }) ?? null);
      else expect(renderDiagnostics(text, read.diagnostics).length).toBeGreaterThan(0);
    }),
    { numRuns: 3000 },
  );
});

test('JSON is read as JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 3, noUnicodeString: false })), (data) => {
      const text = JSON.stringify(data);
      const read = readYaml(text, 'f.json');
      // Numbers that lose digits, empty and reserved keys, and repeated ones are refused; the rest is equal.
      if (read.ok) expect(read.document.value).toEqual(JSON.parse(text));
      else expect(read.diagnostics.every((one) => ['yaml.key', 'yaml.lossy-number', 'yaml.merge-key'].includes(one.code))).toBe(true);
    }),
  );
});

const suite = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'parsers-yaml/yaml+yaml-test-suite/src');

test.skipIf(!existsSync(suite))(
  'the YAML test suite: what must fail is refused, what is read is right, the rest is refused on purpose',
  () => {
    type Case = { yaml?: string; json?: string | null; fail?: boolean; name?: string };
    const marks = (text: string): string =>
      text
        .replaceAll('␣', ' ')
        .replaceAll(/—*»/g, '\t')
        .replaceAll('↵', '')
        .replaceAll('←', '\r')
        .replaceAll('⇔', '\uFEFF')
        .replace(/∎\n?$/, '');
    const wrong: string[] = [];
    const seen = { failed: 0, read: 0, refused: 0 };
    for (const file of readdirSync(suite).filter((name) => name.endsWith('.yaml'))) {
      let earlier: Case = {};
      for (const [index, one] of (parse(readFileSync(join(suite, file), 'utf8')) as Case[]).entries()) {
        // Cases take over what they don't say from the one before, but whether they fail.
        earlier = { ...earlier, fail: false, ...one };
        const read = readYaml(marks(earlier.yaml ?? ''), file);
        if (earlier.fail === true) {
          seen.failed += 1;
          if (read.ok) wrong.push(`${file}[${index}] must fail: ${earlier.name ?? ''}`);
        } else if (read.ok && typeof earlier.json === 'string' && earlier.json.trim() !== '') {
          const expected = json(earlier.json);
          if (expected === NONE) continue;
          seen.read += 1;
          if (JSON.stringify(read.document.value) !== JSON.stringify(expected))
            wrong.push(`${file}[${index}] reads otherwise: ${earlier.name ?? ''}`);
        } else if (!read.ok) {
          seen.refused += 1;
          // An alias whose name ends in a colon reads like a key; the parser refuses it as ambiguous.
          const ambiguous = /\*\S*:(?:\s|$)/.test(earlier.yaml ?? '');
          const other = read.diagnostics.filter((fault) => !ON_PURPOSE.has(fault.code) && !(ambiguous && fault.code === 'yaml.bad-alias'));
          if (other.length > 0) wrong.push(`${file}[${index}] is refused as ${other[0]?.code ?? ''}: ${earlier.name ?? ''}`);
        }
      }
    }
    console.info(`YAML test suite: ${JSON.stringify(seen)}`);
    expect(wrong).toEqual([]);
  },
);

const NONE = Symbol('several documents');

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return NONE;
  }
}

/** What YAML allows and we do not: tags, maps as keys, several documents, other versions, directives, duplicates. */
const ON_PURPOSE = new Set([
  'yaml.tag',
  'yaml.key',
  'yaml.multiple-docs',
  'yaml.version',
  'yaml.bad-directive',
  'yaml.duplicate-key',
  'yaml.merge-key',
]);
