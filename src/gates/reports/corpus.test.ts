import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReportKind } from './model.ts';
import { readReport } from './read.ts';

/** Reports that real tools wrote, with the answers of others. Absent: these tests are skipped. */
const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const folder = (path: string) => join(corpus, path);
const here = (path: string) => existsSync(folder(path));
const filesIn = (path: string, pattern: RegExp) =>
  readdirSync(folder(path), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder(path), name));

async function* bytes(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path);
}
const read = (kind: ReportKind, path: string) => readReport(kind, bytes(path));

const PUBLISH = 'junit/EnricoMi+publish-unit-test-result-action/python/test/files/junit-xml';

test.skipIf(!here(PUBLISH))(
  'JUnit: the same counts as publish-unit-test-result-action, or refused for a reason that we hold to',
  async () => {
    let same = 0;
    for (const file of filesIn(PUBLISH, /\.xml$/)) {
      const answers = file.replace(/\.xml$/, '.results.json');
      const reading = await read('junit', file);
      if (!existsSync(answers)) {
        expect(reading.state, file).not.toBe('ok');
        continue;
      }
      const { stats } = JSON.parse(readFileSync(answers, 'utf8')) as { stats: Record<string, number> };
      if (reading.state !== 'ok') {
        // No case is shown, or fewer than announced, or no JUnit at all: it is not passed on as a result.
        expect(reading.reason, file).toMatch(/no test|not complete|root element/);
        continue;
      }
      expect(reading.contents.tests, file).toMatchObject({
        total: stats['runs'],
        passed: stats['runs_succ'],
        failed: stats['runs_fail'],
        errored: stats['runs_error'],
        skipped: stats['runs_skip'],
        suites: stats['suites'],
      });
      same++;
    }
    expect(same).toBeGreaterThan(10);
  },
);

test.skipIf(!here('expected/coverage-model-expected.json'))('coverage: lines and branches as coverage-model counts them', async () => {
  type Case = { parser: string; file: string; coverages: string[] };
  const { cases } = JSON.parse(readFileSync(folder('expected/coverage-model-expected.json'), 'utf8')) as { cases: Case[] };
  const files = filesIn('coverage', /\.(?:xml|lcov)$/);
  let compared = 0;
  for (const { parser, file, coverages } of cases) {
    const kind = parser === 'LcovParser' ? 'lcov' : parser === 'CoberturaParser' ? 'cobertura' : null;
    const path = files.find((name) => basename(name) === file);
    // In report.lcov it counts a line without hits as covered because one of its branches was taken; LCOV's own genhtml doesn't.
    if (kind === null || path === undefined || file === 'report.lcov') continue;
    const reading = await read(kind, path);
    expect(reading.state, file).toBe('ok');
    if (reading.state !== 'ok') continue;
    for (const [metric, counts] of [
      ['LINE', reading.contents.coverage?.lines],
      ['BRANCH', reading.contents.coverage?.branches],
    ] as const) {
      const wanted = coverages.find((words) => words.includes(`withMetric(${metric})`)) ?? '';
      const [, covered, word, other] = /withCovered\((\d+)\)\.with(Missed|Total)\((\d+)\)/.exec(wanted) ?? [];
      if (covered === undefined) continue;
      const total = word === 'Total' ? Number(other) : Number(covered) + Number(other);
      expect(counts, `${file} ${metric}`).toEqual({ covered: Number(covered), total });
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(3);
});

test.skipIf(!here('coverage/gcovr+gcovr'))('coverage: one program has the same lines in LCOV and in Cobertura', async () => {
  const lcov = filesIn('coverage/gcovr+gcovr', /coverage\.lcov$/);
  let compared = 0;
  for (const file of lcov) {
    const twin = file.replace('coverage.lcov', 'cobertura.xml');
    const reading = await read('lcov', file);
    expect(reading.state, file).toBe('ok');
    if (!existsSync(twin)) continue;
    const other = await read('cobertura', twin);
    if (reading.state !== 'ok' || other.state !== 'ok') throw new Error(`${twin} was refused`);
    expect(other.contents.coverage?.lines).toEqual(reading.contents.coverage?.lines);
    compared++;
  }
  expect(lcov.length + compared).toBeGreaterThan(5);
});

const BOMS = 'sbom-cyclonedx/CycloneDX+specification/tools/src/test/resources';

test.skipIf(!here(BOMS))('CycloneDX: every valid document is read or has nothing to say; nothing crashes', async () => {
  let refused = 0;
  const invalid = filesIn(BOMS, /\/invalid-[^/]*\.(?:json|xml)$/);
  for (const file of filesIn(BOMS, /\/valid-[^/]*\.(?:json|xml)$/)) {
    const reading = await read('cyclonedx', file);
    if (reading.state !== 'ok') expect(reading.reason, file).toMatch(/lists no components|read from CycloneDX in JSON/);
  }
  for (const file of invalid) if ((await read('cyclonedx', file)).state !== 'ok') refused++;
  // Not a validator of the whole schema: what makes a component a component is checked, patches and services are not.
  expect(refused / invalid.length).toBeGreaterThan(0.4);
});

test.skipIf(!here('sarif'))('SARIF: what is 2.1.0 and has results is read with all of them', async () => {
  let results = 0;
  for (const file of filesIn('sarif', /\.sarif$/)) {
    const reading = await read('sarif', file);
    if (reading.state !== 'ok') {
      expect(reading.reason, file).toMatch(/is not read|no version|no results|no run|did not succeed|not JSON|no tool|no list/);
      continue;
    }
    const log = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as {
      runs: { results?: { kind?: string; baselineState?: string }[] }[];
    };
    const wanted = log.runs
      .flatMap((run) => run.results ?? [])
      .filter(({ kind, baselineState }) => kind !== 'pass' && kind !== 'notApplicable' && baselineState !== 'absent');
    expect(reading.contents.findings?.length, file).toBe(wanted.length);
    results += wanted.length;
  }
  expect(results).toBeGreaterThan(100);
});
