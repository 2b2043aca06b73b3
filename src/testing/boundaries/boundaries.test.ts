import { expect, test } from 'vitest';
import { brokenRules, suffixOf, type SourceFile } from './rules.ts';
import { readSources } from './sources.ts';

const sources = await readSources();
const file = (path: string, text: string, ...imports: string[]): SourceFile => ({
  path,
  text,
  imports: imports.map((from) => ({ from, typeOnly: false })),
});

test('no file of the house breaks a rule of the house', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.flatMap(brokenRules)).toEqual([]);
});

test('every import of ours leads to a file', () => {
  const known = new Set(sources.map((source) => source.path));
  const dangling = sources.flatMap((source) =>
    source.imports
      .filter((one) => one.from.endsWith('.ts') && !one.from.startsWith('../') && !known.has(one.from))
      .map((one) => `${source.path} -> ${one.from}`),
  );
  expect(dangling).toEqual([]);
});

test('files are short', () => {
  const lengths = sources
    .filter((source) => suffixOf(source.path) !== 'test')
    .map((source) => ({ path: source.path, lines: source.text.split('\n').length }))
    .sort((a, b) => a.lines - b.lines);
  expect(lengths.filter((one) => one.lines > 400)).toEqual([]);
  expect(lengths[Math.floor(lengths.length * 0.9)]?.lines).toBeLessThan(220);
});

test('each rule refuses what it is there for, in words', () => {
  const cases: [SourceFile, RegExp][] = [
    [file('kernel/a.ts', '', 'platform/floor.ts'), /kernel\/ may import only nothing of ours/],
    [file('runner/a.ts', '', 'platform/floor.ts'), /runner\/ may import only kernel, contract, host/],
    [file('gates/a.ts', '', 'gates/gates.store.ts'), /a plain file is pure/],
    [file('catalog/a.commands.ts', '', 'releases/release.ts'), /stands to the right/],
    [file('releases/a.commands.ts', '', 'catalog/catalog.store.ts'), /private to their slice/],
    [file('releases/a.commands.ts', '', 'metrics/dora.ts'), /observers are imported by nobody/],
    [file('releases/a.commands.ts', '', 'app/wire.ts'), /nothing imports app/],
    [file('releases/a.ts', 'export const x = Date.now();'), /reads the clock/],
    [file('releases/a.ts', 'export const x = new Date();'), /reads the clock/],
    [file('releases/a.ts', "import { readFile } from 'node:fs/promises';"), /module of Node/],
    [file('releases/a.helper.ts', ''), /no suffix of a slice/],
    [file('releases/a.commands.ts', 'await tx.query(`select id from release`)'), /holds SQL/],
    [file('releases/a.store.ts', 'await tx.query(`update release set at = now()`)'), /transaction's start/],
  ];
  for (const [source, words] of cases) expect(brokenRules(source).join('\n')).toMatch(words);
});
