import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { materialsFor } from './materials.ts';
import { genericPurl, npmPurl, pypiPurl } from './purl.ts';

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'purl/package-url+purl-spec/tests/types');
type Case = {
  test_type: string;
  expected_failure: boolean;
  input: { namespace: string | null; name: string; version: string | null; qualifiers: object | null; subpath: string | null };
  expected_output: string;
};

test.for(['npm', 'pypi', 'generic'])('the purl specification’s own cases of building %s', (type, { skip }) => {
  const file = join(corpus, `${type}-test.json`);
  if (!existsSync(file)) skip(`no corpus at ${corpus}`);
  let checked = 0;
  const { tests } = JSON.parse(readFileSync(file, 'utf8')) as { tests: Case[] };
  for (const { test_type, input, expected_output, expected_failure } of tests) {
    if (test_type !== 'build' || expected_failure || input.qualifiers !== null || input.subpath !== null) continue;
    if (type !== 'npm' && input.namespace !== null) continue;
    const build = { npm: npmPurl, pypi: pypiPurl, generic: (name: string, version: string | null) => genericPurl(name, version, null) }[
      type as 'npm'
    ];
    expect(build(input.namespace === null ? input.name : `${input.namespace}/${input.name}`, input.version)).toBe(expected_output);
    checked += 1;
  }
  expect(checked).toBeGreaterThan(0);
});

test('names that are none give no purl, never a wrong one', () => {
  expect(npmPurl('', '1')).toBeNull();
  expect(npmPurl('\ud800', '1')).toBeNull();
  expect(npmPurl('a b?c#d@e', '1/2')).toBe('pkg:npm/a%20b%3Fc%23d%40e@1%2F2');
  expect(genericPurl('shop', null, 'sha256:ab')).toBe('pkg:generic/shop?checksum=sha256:ab');
});

test('lock files of the service’s own folder, else of the nearest above', () => {
  const files = [
    'package-lock.json',
    'shop/package-lock.json',
    'shop/api/poetry.lock',
    'bank/requirements.txt',
    'shop/readme.md',
    'shopping/package-lock.json',
  ].map((path) => ({ path }));
  const of = (path: string): string[] => materialsFor(path, files).map((file) => file.path);
  expect(of('shop')).toEqual(['shop/package-lock.json', 'shop/api/poetry.lock']);
  expect(of('./shop/')).toEqual(['shop/package-lock.json', 'shop/api/poetry.lock']);
  expect(of('shop/web')).toEqual(['shop/package-lock.json']);
  expect(of('tools/x')).toEqual(['package-lock.json']);
  expect(of('.')).toHaveLength(5);
  expect(materialsFor('shop', [])).toEqual([]);
});
