import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesAny, matchesGlob } from '../../kernel/globs.ts';
import { referencesOf } from './references.ts';
import { evaluateTemplate, hasExpression, parseTemplate } from './template.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

test('expressions end at their own braces, not at those of a string or a map', () => {
  const parts = (text: string) => {
    const parsed = parseTemplate(text);
    return parsed.ok ? parsed.parts.map((part) => (part.kind === 'text' ? part.text : `<${part.source.trim()}>`)) : parsed.message;
  };
  expect(parts('a ${{ run.id }} b${{ 1 }}')).toEqual(['a ', '<run.id>', ' b', '<1>']);
  expect(parts("${{ {'a': {'b': 1}}['a'] }}")).toEqual(["<{'a': {'b': 1}}['a']>"]);
  expect(parts('${{ "}}" + \'}}\' }}x')).toEqual(['<"}}" + \'}}\'>', 'x']);
  expect(parts('${{ "a\\"}}" }}')).toEqual(['<"a\\"}}">']);
  expect(parts('$${{ plain }}')).toEqual(['${{ plain }}']);
  expect(parts('${{ 1')).toBe('this expression is never closed with }}');
  expect(parts('${{ } }}')).toBe('this expression is never closed with }}');
});

test('a text without an expression is itself', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!text.includes('${{'));
      expect(hasExpression(text)).toBe(false);
      expect(evaluateTemplate(text, {})).toEqual({ ok: true, value: text });
    }),
  );
});

test('values are put in as they are and never read again', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      fc.pre(value.isWellFormed());
      expect(evaluateTemplate('<${{ run.x }}>', { run: { x: value } })).toEqual({ ok: true, value: `<${value}>` });
    }),
  );
  expect(evaluateTemplate('${{ run.x }}', { run: { x: '${{ run.y }}', y: 'secret' } })).toEqual({ ok: true, value: '${{ run.y }}' });
});

test('what can not be evaluated is never an empty word', () => {
  for (const text of [
    '${{ run.nope }}',
    '${{ nope }}',
    '${{ 1 / 0 }}',
    '${{ null }}',
    '${{ run.constructor }}',
    '${{ run.__proto__ }}',
    '${{ }}',
  ]) {
    expect(evaluateTemplate(text, { run: { id: 'x' } })).toMatchObject({ ok: false });
  }
});

test('references: paths by dot and by index, not inside strings, not after a dot, not calls', () => {
  const of = (source: string) => referencesOf(source, ['run', 'needs']).map((one) => [one.root, ...one.path].join('.'));
  expect(of('run.branch == "run.tag" && needs["unit-test"].outputs.v != \'needs.x\'')).toEqual(['run.branch', 'needs.unit-test.outputs.v']);
  expect(of('run.branch.startsWith("x")')).toEqual(['run.branch']);
  expect(of('x.run.y || rerun.z || 1run')).toEqual([]);
  expect(of('has(run.tag) ? run : needs')).toEqual(['run.tag', 'run', 'needs']);
  expect(of('run [ "a" ] . b')).toEqual(['run.a.b']);
  const [only] = referencesOf('a && run.tag', ['run']);
  expect(only).toMatchObject({ offset: 5, length: 7 });
});

test.each([
  ['main', 'main', true],
  ['main', 'main2', false],
  ['release/*', 'release/1', true],
  ['release/*', 'release/a/b', false],
  ['release/**', 'release/a/b', true],
  ['**', 'a/b/c', true],
  ['*', 'a/b', false],
  ['**/x', 'x', true],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/c/d/b', true],
  ['v?.*', 'v1.2', true],
  ['?', '/', false],
  ['a.c', 'abc', false],
  ['', '', true],
  ['*', '', true],
] as const)('glob %s on %s: %s', (pattern, name, expected) => {
  expect(matchesGlob(pattern, name)).toBe(expected);
});

test('the last pattern that speaks of a name decides', () => {
  expect(matchesAny(['**', '!docs/**', 'docs/keep'], 'docs/keep')).toBe(true);
  expect(matchesAny(['**', '!docs/**'], 'docs/x')).toBe(false);
  expect(matchesAny(['!a'], 'b')).toBe(false);
  expect(matchesAny([], 'a')).toBe(false);
});

test('a pattern made to be slow is not', () => {
  const started = performance.now();
  expect(matchesGlob('*a'.repeat(100), `${'a'.repeat(5000)}b`)).toBe(false);
  expect(matchesGlob('**a'.repeat(66), `${'a'.repeat(5000)}b`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
});

test('globs agree with a plain recursive matcher', () => {
  const naive = (p: string, n: string): boolean => {
    if (p === '') return n === '';
    if (p.startsWith('**')) return naive(p.slice(2), n) || (n !== '' && naive(p, n.slice(1)));
    if (p.startsWith('*')) return naive(p.slice(1), n) || (n !== '' && n[0] !== '/' && naive(p, n.slice(1)));
    return n !== '' && (p[0] === n[0] || (p[0] === '?' && n[0] !== '/')) && naive(p.slice(1), n.slice(1));
  };
  const signs = fc.stringMatching(/^[ab/]{0,8}$/);
  fc.assert(
    fc.property(fc.stringMatching(/^(?:[ab?]|\*\*?[ab]|b\/a){0,6}$/), signs, (pattern, name) => {
      expect(matchesGlob(pattern, name)).toBe(naive(pattern, name));
    }),
    { numRuns: 2000 },
  );
});
