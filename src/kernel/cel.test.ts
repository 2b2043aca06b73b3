import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileCel } from './cel.ts';

const run = (source: string, variables: Record<string, unknown> = {}) => {
  const compiled = compileCel(source);
  return compiled.ok ? compiled.evaluate(variables) : compiled;
};

test.each([
  ['tests.total > 0 && coverage.lines.percent >= 80', { tests: { total: 5 }, coverage: { lines: { percent: 80.5 } } }, true],
  ['coverage.lines.percent >= 80', { coverage: { lines: { percent: 80 } } }, true],
  ['"aaa".matches("^a+$")', {}, true],
  ['findings.exists(f, f.severity == "high")', { findings: [{ severity: 'low' }, { severity: 'high' }] }, true],
  ['has(tests.total)', { tests: {} }, false],
  ['"a" in m', { m: { a: 1 } }, true],
  ['l.map(x, x * 2)', { l: [1, 2] }, [2, 4]],
])('%s is evaluated', (source, variables, value) => {
  expect(run(source, variables)).toEqual({ kind: 'value', value });
});

test.each([
  ['tests.total > 0', {}],
  ['tests.total > 0', { tests: {} }],
  ['tests.total > 0', { tests: { total: undefined } }],
  ['tests.total > 0', { tests: { total: Number.NaN } }],
  ['tests.total > 0', { tests: { total: 'many' } }],
  ['!(tests.total < 1)', {}],
  ['!(double(covered) / double(total) < 0.8)', { covered: 0, total: 0 }],
  ['double("NaN") != 1.0', {}],
  ['1 / 0 == 0', {}],
  ['9223372036854775807 + 1 > 0', {}],
  ['size(l) < 5', { l: [1, undefined] }],
  ['toString != ""', {}],
  ['a.toString != ""', { a: {} }],
  ['a[k] != ""', { a: {}, k: 'constructor' }],
  [
    'x.y',
    {
      x: new (class Facts {
        y = true;
      })(),
    },
  ],
  ['l.all(x, l.all(y, l.all(z, true)))', { l: Array.from({ length: 300 }, (_, i) => i) }],
  ['l.all(x, l.all(y, l.all(z, true))) || true', { l: Array.from({ length: 300 }, (_, i) => i) }],
  ['"x".matches("(")', {}],
])('%s is unknown, never true', (source, variables) => {
  expect(run(source, variables)).toMatchObject({ kind: 'unknown', why: expect.stringMatching(/./) });
});

test.each([
  '',
  ' ',
  '(1',
  'a.constructor',
  'a["__proto__"]',
  '__proto__',
  '{"constructor": 1}',
  'cel.bind(a, "x", a + a)',
  'b"{}".json()',
  '1u == 1u',
  'b"a" == b"a"',
  'eval("1")',
  '1 +',
  'a'.repeat(10_001),
  '('.repeat(500),
])('%s is refused when compiled', (source) => {
  expect(compileCel(source)).toMatchObject({ ok: false, offset: expect.any(Number) });
});

test('with declared names, another name is a mistake with its place', () => {
  expect(compileCel('tests.total > 0 && test.failed == 0', ['tests'])).toMatchObject({ ok: false, offset: 19 });
  expect(compileCel('tests.total > 0', ['tests']).ok).toBe(true);
});

test('a bad pattern takes linear time', () => {
  const before = process.cpuUsage().user;
  expect(run('s.matches("^(a+)+$")', { s: `${'a'.repeat(50_000)}b` })).toEqual({ kind: 'value', value: false });
  expect(process.cpuUsage().user - before).toBeLessThan(1_000_000);
});

test('whatever is asked of it, no prototype changes and no host value comes out', () => {
  const word = fc.constantFrom(
    'constructor',
    '__proto__',
    'prototype',
    'a',
    'toString',
    'valueOf',
    'process',
    'this',
    'globalThis',
    'Function',
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.constantFrom('.', '["', '.map(x, x.'), (words, glue) => {
      const close = glue === '["' ? '"]' : glue === '.' ? '' : ')';
      const source = words.reduce<string>((left, name) => `${left}${glue}${name}${close}`, 'a');
      const answer = run(source, { a: { a: { a: 1 } } });
      expect('ok' in answer || answer.kind === 'unknown' || ['number', 'object'].includes(typeof answer.value)).toBe(true);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  );
});

test('evaluations of one compiled expression do not see each other', () => {
  const compiled = compileCel('l.filter(x, x > n)');
  if (!compiled.ok) throw new Error(compiled.message);
  expect(compiled.evaluate({ l: [1, 2, 3], n: 1 })).toEqual({ kind: 'value', value: [2, 3] });
  expect(compiled.evaluate({ l: [1, 2, 3] })).toMatchObject({ kind: 'unknown' });
  expect(compiled.evaluate({ l: [1, 2, 3], n: 2 })).toEqual({ kind: 'value', value: [3] });
});

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'cel/google+cel-spec/tests/simple/testdata');

test.skipIf(!existsSync(corpus))('conformance: a boolean case of the specification is answered rightly or not at all', () => {
  const cases = readdirSync(corpus)
    .filter((file) => /^(basic|comparisons|integer_math|lists|macros|fp_math|logic|plumbing|string|parse)\.textproto$/.test(file))
    .flatMap((file) => booleanCases(readFileSync(join(corpus, file), 'utf8')));
  const wrong: string[] = [];
  let exact = 0;
  for (const { expr, want } of cases) {
    const compiled = compileCel(expr);
    const answer = compiled.ok ? compiled.evaluate({}) : null;
    if (answer?.kind !== 'value') {
      if (want === null) exact++;
      continue;
    }
    // Past 2^53 an int and a double are compared exactly here; the specification rounds the int first.
    if (expr.includes('922337203685477580')) continue;
    if (answer.value === want) exact++;
    else wrong.push(`${expr}: ${JSON.stringify(answer.value)}, not ${want}`);
  }
  expect(wrong).toEqual([]);
  expect(exact / cases.length).toBeGreaterThan(0.5);
});

/** The cases without variables or types whose answer is a boolean, or an error (`want` is null). */
function booleanCases(text: string): { expr: string; want: boolean | null }[] {
  return text.split(/\n {2}test \{/).flatMap((block) => {
    const expr = /\n\s+expr: (['"])(.*)\1\s*\n/.exec(block);
    const value = /value:? \{\s*bool_value: (true|false)\s*\}/.exec(block);
    const fails = /eval_error/.test(block);
    if (expr === null || (value === null && !fails) || /bindings|type_env|container|disable_check/.test(block)) return [];
    const source = (expr[2] ?? '').replace(/\\(["'\\])/g, '$1');
    return [{ expr: source, want: fails ? null : value?.[1] === 'true' }];
  });
}
