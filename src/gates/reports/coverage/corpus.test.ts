import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readReport } from '../read.ts';

const root = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const corpus = join(root, 'coverage');
const expected = join(root, 'expected/coverage-model-expected.json');
const files = existsSync(corpus)
  ? readdirSync(corpus, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:xml|json|lcov|out)$/.test(name))
      .map((name) => join(corpus, name))
      .sort()
  : [];
async function* bytes(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path);
}
const coverageOf = async (file: string) => {
  const { contents, format } = await readReport('auto', bytes(file));
  return contents?.coverage === undefined ? null : { format, ...contents.coverage };
};

test.skipIf(!existsSync(corpus))('one program has the same lines and branches in every format', async () => {
  const programs = new Map<string, string[]>();
  for (const file of files.filter((name) => name.includes('gcovr'))) {
    // Another name before the ending is another selection of the same program: they are compared among themselves.
    const selection = /coverage-exclude|-throw|_foo|_bar/.exec(basename(file))?.[0] ?? '';
    const key = `${dirname(file)} ${selection}`;
    programs.set(key, [...(programs.get(key) ?? []), file]);
  }
  let compared = 0;
  const formats = new Set<string | null>();
  for (const [program, reports] of programs) {
    const read = (await Promise.all(reports.map(coverageOf))).filter((one) => one !== null);
    for (const one of read) {
      expect(one.lines, `${program} ${one.format}`).toEqual(read[0]?.lines);
      formats.add(one.format);
    }
    // Clover knows no branches of C, and says so by naming none.
    const [branches] = read.flatMap((one) => (one.branches === null ? [] : [one.branches]));
    for (const one of read) if (one.branches !== null) expect(one.branches, `${program} ${one.format}`).toEqual(branches);
    if (read.length > 1) compared++;
  }
  expect(compared).toBeGreaterThan(5);
  expect(formats.size).toBeGreaterThan(3);
});

/** Where coverage-model answers otherwise, and why. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'jacoco-codingstyle-no-sourcefilename.xml':
    'it reads 125 of the 323 lines that the report itself counts (counter LINE, missed 29, covered 294)',
};

test.skipIf(!existsSync(expected))('lines and branches as coverage-model counts them', async () => {
  type Case = { file: string; coverages: string[] };
  const { cases } = JSON.parse(readFileSync(expected, 'utf8')) as { cases: Case[] };
  let compared = 0;
  for (const { file, coverages } of cases) {
    const path = files.find((name) => basename(name) === file);
    if (path === undefined || OTHERWISE[file] !== undefined) continue;
    const read = await coverageOf(path);
    for (const [metric, counts] of [
      ['LINE', read?.lines],
      ['BRANCH', read?.branches],
    ] as const) {
      // Several in one test are of its parts and of the whole; the whole has the most.
      const wanted = coverages
        .map((words) => new RegExp(`withMetric\\(${metric}\\)\\.withCovered\\((\\d+)\\)\\.with(Missed|Total)\\((\\d+)\\)`).exec(words))
        .flatMap((found) =>
          found === null ? [] : [{ covered: Number(found[1]), total: Number(found[3]) + (found[2] === 'Missed' ? Number(found[1]) : 0) }],
        )
        .sort((a, b) => b.total - a.total)[0];
      if (wanted === undefined) continue;
      expect(counts, `${file} ${metric}`).toEqual(wanted);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(3);
});
