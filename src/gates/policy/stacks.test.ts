import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import type { Verdict } from '../../kernel/decision.ts';
import type { Reading } from '../reports/model.ts';
import { readReport } from '../reports/read.ts';
import { evaluateGates } from './evaluate.ts';
import type { ReportFact } from './facts.ts';
import { askedBy } from './levels.ts';
import { readRequirements } from './read-requirements.ts';
import { OWN as OWN_FOLDER, STACK_CASES } from '../../testing/stack-cases.ts';
import { stackGates, STACKS, type Stack } from './stacks.ts';

/** Reports that real tools wrote, with what the shipped gates must answer. Absent: these tests are skipped. */
const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';

async function* bytesOf(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof text === 'string' ? Buffer.from(text) : text;
}

const NOW = '2026-03-01T12:00:00.000Z';
const counts = { total: 10, passed: 10, failed: 0, errored: 0, skipped: 0, flaky: 0, durationMs: 1, suites: 1 };
const factOf = (name: string, more: Partial<ReportFact>): ReportFact => ({
  id: `rep_${name}`, kind: 'auto', name, run: 'run_1', trust: 'protected', digest: digestOf(name), state: 'ok', reason: null, at: NOW,
  tests: null, coverage: null, findings: null, sbom: null, ...more,
}); // prettier-ignore

/** What the gates of a stack answer to this one report, where nothing is wrong with what it does not speak of. */
function answerTo(stack: Stack, tier: 1 | 2 | 3, reading: Reading): { verdict: Verdict; because: string } {
  const read = readRequirements(stringify(stackGates(stack, tier)), 'policy.yaml', null);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const rules = askedBy([{ level: 'repository', of: null, version: null, asks: read.asks }], tier, 'production');
  const contents = reading.state === 'ok' ? reading.contents : {};
  const { tests = null, coverage = null, findings = null, sbom = null } = contents;
  const reports = [
    factOf('real', {
      state: reading.state,
      reason: reading.state === 'ok' ? null : reading.reason,
      tests,
      coverage,
      findings: findings?.map((one) => ({ ...one, vex: null })) ?? null,
      sbom,
    }),
    ...(tests === null ? [factOf('tests', { kind: 'tests', tests: counts })] : []),
    ...(coverage === null
      ? [factOf('coverage', { kind: 'coverage', coverage: { lines: { covered: 9, total: 10 }, branches: null, files: 1 } })]
      : []),
    ...(findings === null ? [factOf('scan', { kind: 'findings', findings: [] })] : []),
  ];
  const resolved = { name: 'p', version: 1, tier, kind: 'production' as const, rules };
  const { verdict, reasons } = evaluateGates(resolved, [{ digest: digestOf('x'), reports, testsBefore: null }], [], NOW);
  return { verdict, because: reasons.map((reason) => reason.text).join('\n') };
}

test.each(STACKS)('the gates of %s for every tier are a file that is right, with examples that hold', (stack) => {
  for (const tier of [1, 2, 3] as const) {
    const read = readRequirements(stringify(stackGates(stack, tier)), 'policy.yaml', null);
    expect(read.ok ? [] : read.diagnostics.map((one) => one.message)).toEqual([]);
    if (!read.ok) continue;
    const asks = askedBy([{ level: 'repository', of: null, version: null, asks: read.asks }], tier, 'production');
    expect(asks.checks.length).toBe(Object.keys(stackGates(stack, tier).checks ?? {}).length);
  }
});

const ownFolder = join(import.meta.dirname, '../../testing/stack-reports');
const isOwn = (file: string): boolean => file.startsWith(`${OWN_FOLDER}/`);
const read = (file: string): Promise<Reading> =>
  readReport('auto', bytesOf(readFileSync(isOwn(file) ? join(ownFolder, file.slice(OWN_FOLDER.length + 1)) : join(corpus, file))));

/** What `src/testing/stack-counts.py` counted in each report, which shares nothing with the readers. */
const COUNTED = JSON.parse(readFileSync(join(import.meta.dirname, '../../testing/stack-counts.json'), 'utf8')) as Record<string, string>;

/** The same sentence of what a reader made of it. */
function said(reading: Reading): string {
  if (reading.state !== 'ok') return 'no answer';
  const { tests, coverage, findings } = reading.contents;
  if (tests !== undefined) return `${tests.passed} of ${tests.total} tests passed, ${tests.failed} failed, ${tests.errored} errored`;
  if (coverage !== undefined) return `${coverage.lines.covered} of ${coverage.lines.total} lines covered`;
  const of = (severity: string): number => findings?.filter((one) => one.severity === severity).length ?? 0;
  return `${of('critical')} critical, ${of('high')} high, ${of('medium')} medium`;
}

test.each(STACKS)('what real reports of %s are answered, and what another program counted in them', async (stack) => {
  const cases = STACK_CASES[stack];
  for (const [file, tier, verdict, because] of cases) {
    expect(COUNTED[file], `${file} was not counted: python3 src/testing/stack-counts.py`).toBeDefined();
    // The expectation is the other program's: no verdict stands on what our readers say.
    if (verdict === 'unknown') expect(COUNTED[file], file).toMatch(/^no answer: /);
    else expect(COUNTED[file], file).toBe(because);
    if (!isOwn(file) && !existsSync(corpus)) continue;
    const reading = await read(file);
    expect(said(reading), file).toBe(COUNTED[file]?.replace(/^(no answer):.*$/s, '$1'));
    const answer = answerTo(stack, tier, reading);
    expect(`${file} for tier ${tier}: ${answer.verdict}`, `${because}\n${answer.because}`).toBe(`${file} for tier ${tier}: ${verdict}`);
  }
  const passing = cases.filter(([, , verdict]) => verdict === 'allow').length;
  expect([passing, cases.length - passing]).toEqual([10, 10]);
});

const junit = (total: number, failed: number, announced = total): string =>
  `<testsuites tests="${announced}" failures="${failed}"><testsuite name="example.org/shop" tests="${announced}" failures="${failed}" time="0.1">${Array.from(
    { length: total },
    (_, index) =>
      `<testcase classname="example.org/shop" name="Test${index}" time="0.01">${index < failed ? '<failure message="Failed">x_test.go:1</failure>' : ''}</testcase>`,
  ).join('')}</testsuite></testsuites>`;
const cover = (covered: number, total: number): string =>
  `mode: set\n${Array.from({ length: total }, (_, line) => `example.org/shop/a.go:${line + 1}.1,${line + 1}.9 1 ${line < covered ? 1 : 0}`).join('\n')}\n`;

/** Small reports of our own, in the form that each tool writes. */
const OWN: readonly [stack: Stack, what: string, tier: 1 | 2 | 3, verdict: Verdict, text: string][] = [
  ['go', 'all tests pass', 1, 'allow', junit(5, 0)],
  ['go', 'a test fails', 3, 'deny', junit(5, 1)],
  ['go', 'every test fails', 2, 'deny', junit(2, 2)],
  ['go', 'no test ran', 3, 'unknown', junit(0, 0)],
  ['go', 'a test is missing from the file', 2, 'unknown', junit(4, 0, 5)],
  ['go', 'four fifths are covered', 1, 'allow', cover(80, 100)],
  ['go', 'a line less than that', 1, 'deny', cover(79, 100)],
  ['go', 'three fifths are covered', 2, 'allow', cover(60, 100)],
  ['go', 'a line less than those', 2, 'deny', cover(59, 100)],
  ['go', 'tier 3 asks for no coverage', 3, 'allow', cover(1, 100)],
  ['node', 'half a report', 3, 'unknown', junit(5, 0).slice(0, 300)],
  ['container', 'a finding that nobody rates', 1, 'unknown', '{"what": "is this"}'],
];

test.each(OWN)('%s: %s, tier %i is %s', async (stack, _, tier, verdict, text) => {
  const answer = answerTo(stack, tier, await readReport('auto', bytesOf(text)));
  expect(answer.verdict, answer.because).toBe(verdict);
});
