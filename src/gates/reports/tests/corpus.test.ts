import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TestCounts } from '../model.ts';
import { readReport } from '../read.ts';

/** Reports that real tools wrote, with the answers of others. Absent: these tests are skipped. */
const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'junit');
const files = (end: string): string[] =>
  existsSync(corpus)
    ? readdirSync(corpus, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(end))
        .map((name) => join(corpus, name))
        .sort()
    : [];
async function* bytes(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path);
}
const read = (path: string) => readReport('auto', bytes(path));
const twin = (path: string, ends: readonly string[]): string | undefined =>
  ends.map((end) => `${path}${end}`).find((one) => existsSync(one));
const totals = (tests: TestCounts | undefined) =>
  tests === undefined ? null : [tests.total, tests.passed, tests.failed, tests.errored, tests.skipped];

test.skipIf(!existsSync(corpus))('the totals of publish-unit-test-result-action, and what it refuses is refused', async () => {
  let same = 0;
  for (const answers of files('.results.json')) {
    const base = answers.slice(0, -'.results.json'.length);
    const file = twin(base, ['.xml', '.trx', '.json']);
    if (file === undefined || existsSync(`${base}.exception`)) continue;
    const { stats } = JSON.parse(readFileSync(answers, 'utf8')) as { stats: Record<string, number> };
    const reading = await read(file);
    expect([...(totals(reading.contents?.tests) ?? []), reading.contents?.tests?.suites], file).toEqual(
      ['runs', 'runs_succ', 'runs_fail', 'runs_error', 'runs_skip', 'suites'].map((key) => stats[key]),
    );
    // A report that shows no test, or fewer than it announces, has totals and is no pass.
    if (stats['runs'] === 0 || reading.state !== 'ok') expect(reading.state, file).not.toBe('ok');
    same++;
  }
  for (const told of files('.exception')) {
    const file = twin(told.slice(0, -'.exception'.length), ['.xml', '.trx', '.json']);
    if (file === undefined) continue;
    expect(await read(file), file).toMatchObject({ contents: null });
    expect((await read(file)).state, file).not.toBe('ok');
  }
  expect(same).toBeGreaterThan(20);
});

/** Where Jenkins' stylesheets count otherwise than the report says, and why we hold to the report. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'boosttest/testcase4': 'the stylesheet writes cases of an inner suite twice: the log has 5',
  'fpcunit/testcase2': 'the stylesheet calls every ending a failure; the report counts one error',
  'junit/testcase1': 'the suite announces 12 tests and shows 2: the totals are those announced, and the report is no pass',
  'nunit/testcase15': 'six tests are told as skipped; the stylesheet passes them',
  'nunit/testcase8':
    'not runnable and inconclusive tests: publish-unit-test-result-action skips on the same file what the stylesheet passes',
  'xunitdotnet/testcase2': 'the assembly announces 3 tests and shows 1: the totals are those announced, and the report is no pass',
};

test.skipIf(!existsSync(corpus))('the test cases of the xUnit plugin’s stylesheets, for each of their tools', async () => {
  const types = new Map<string, number>();
  for (const file of files('input.xml')) {
    const [, name = ''] = /types\/(.+)\/input\.xml$/.exec(file.replaceAll('\\', '/')) ?? [];
    const answer = twin(file.slice(0, -'input.xml'.length), ['result.xml', 'junit-result.xml']);
    if (answer === undefined) continue;
    const reading = await read(file);
    const own = totals(reading.contents?.tests);
    if (OTHERWISE[name] !== undefined) expect(own, `${name} is the same now`).not.toEqual(casesIn(readFileSync(answer, 'utf8')));
    else expect(own, name).toEqual(casesIn(readFileSync(answer, 'utf8')));
    if (reading.state !== 'ok')
      expect(reading.reason, name).toMatch(/no test|not complete|not to its end|did not come to its end|is told as/);
    types.set(name.split('/', 1)[0] ?? '', (types.get(name.split('/', 1)[0] ?? '') ?? 0) + 1);
  }
  expect(types.size).toBeGreaterThan(10);
  expect(Object.keys(OTHERWISE).length).toBeLessThanOrEqual(10);
});

/** The `<testcase>`s of a JUnit file by what stands inside them: total, passed, failed, errored, skipped. */
function casesIn(xml: string): number[] {
  const count = { passed: 0, failed: 0, errored: 0, skipped: 0 };
  const text = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  for (const [, empty, inside = ''] of text.matchAll(/<testcase\b[^>]*?(\/?)>([\s\S]*?)(?=<testcase\b|<testsuite\b|<\/testsuite>|$)/g)) {
    const body = empty === '/' ? '' : inside;
    if (/<error\b/.test(body)) count.errored++;
    else if (/<failure\b/.test(body)) count.failed++;
    else if (/<skipped\b/.test(body)) count.skipped++;
    else count.passed++;
  }
  return [count.passed + count.failed + count.errored + count.skipped, count.passed, count.failed, count.errored, count.skipped];
}
