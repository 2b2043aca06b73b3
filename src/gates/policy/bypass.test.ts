import { expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import type { ReportKind } from '../reports/model.ts';
import { readReport } from '../reports/read.ts';
import { summaryOf } from '../report.store.ts';
import { policyDocumentSchema, policyFrom } from './document.ts';
import { evaluateGates } from './evaluate.ts';
import type { ReportFact } from './facts.ts';
import { resolvePolicy } from './policy.ts';
import { PRESETS } from './presets.ts';

/** Ways to get past a gate without passing it. The policy is the shipped `regulated` one, in front of production. */
type Given = {
  readonly kind: ReportKind;
  readonly name: string;
  readonly content: string | null;
  readonly trust?: ReportFact['trust'];
  readonly at?: string;
};

const NOW = '2026-03-01T12:00:00.000Z';
const document = PRESETS.find(({ name }) => name === 'regulated');
if (document === undefined) throw new Error('no regulated preset');
const resolved = resolvePolicy(policyFrom(policyDocumentSchema.parse(document), 1), 1, 'production');

const cases = (count: number, inner = '') =>
  Array.from({ length: count }, (_, index) => `<testcase name="t${index}">${inner}</testcase>`).join('');
const suite = (body: string, attributes = '') => `<testsuite name="s" ${attributes}>${body}</testsuite>`;
const results = (list: unknown[], run: object = {}) =>
  JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'scan' } }, results: list, ...run }] });
const severe = { ruleId: 'R', level: 'error', message: { text: 'bad' } };

const TESTS: Given = { kind: 'junit', name: 'unit', content: suite(cases(20), 'tests="20"') };
const COVERAGE: Given = { kind: 'lcov', name: 'cov', content: 'SF:a\nDA:1,1\nDA:2,1\nend_of_record\n' };
const SCAN: Given = { kind: 'sarif', name: 'scan', content: results([]) };
const GOOD = [TESTS, COVERAGE, SCAN];

async function* bytes(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

async function factOf({ kind, name, content, trust = 'protected', at = NOW }: Given, index: number): Promise<ReportFact> {
  const common = { id: `rep_${index}`, kind, name, run: 'run_1', trust, at } as const;
  const nothing = { tests: null, coverage: null, findings: null, sbom: null };
  if (content === null) return { ...common, ...nothing, digest: null, state: 'missing', reason: 'not there' };
  const reading = await readReport(kind, bytes(content));
  const digest = digestOf(content);
  if (reading.state !== 'ok') return { ...common, ...nothing, digest, state: reading.state, reason: reading.reason };
  const { tests = null, coverage = null, sbom = null } = summaryOf(reading.contents);
  return { ...common, digest, state: 'ok', reason: null, tests, coverage, sbom, findings: reading.contents.findings ?? null };
}

const contents = { parts: [], incomplete: [] };

async function verdict(given: readonly Given[], testsBefore: number | null = 20): Promise<string> {
  const reports = await Promise.all(given.map(factOf));
  return evaluateGates(resolved, [{ digest: digestOf('artifact'), reports, testsBefore, contents }], [], NOW).verdict;
}

test('the honest reports pass', async () => {
  expect(await verdict(GOOD)).toBe('allow');
});

const tests = (content: string | null, over: Partial<Given> = {}): Given[] => [{ ...TESTS, content, ...over }, COVERAGE, SCAN];
const coverage = (content: string | null, kind: ReportKind = 'lcov'): Given[] => [TESTS, { kind, name: 'cov', content }, SCAN];
const scan = (content: string | null): Given[] => [TESTS, COVERAGE, { ...SCAN, content }];

const WAYS: readonly (readonly [string, readonly Given[]])[] = [
  ['no report at all', []],
  ['no test report', [COVERAGE, SCAN]],
  ['a test report promised and not there', tests(null)],
  ['an empty test report', tests('')],
  ['blanks only', tests(' \n ')],
  ['no test in it', tests(suite(''))],
  ['an empty list of suites', tests('<testsuites tests="20"/>')],
  ['totals in attributes without a case', tests(suite('', 'tests="20" failures="0"'))],
  ['cut in the middle', tests(suite(cases(20)).slice(0, 300))],
  ['closed by hand after a cut: fewer cases than announced', tests(suite(cases(5), 'tests="20"'))],
  ['all tests skipped', tests(suite(cases(20, '<skipped/>')))],
  ['all tests disabled by an attribute', tests(suite(cases(20).replaceAll('<testcase ', '<testcase status="notrun" ')))],
  ['one failure', tests(suite(cases(19) + cases(1, '<failure/>')))],
  ['one error', tests(suite(cases(19) + cases(1, '<error/>')))],
  ['a failure beside a skip', tests(suite(cases(19) + cases(1, '<skipped/><failure/>')))],
  ['a failure known only to the suite', tests(suite(cases(20), 'tests="20" failures="1"'))],
  ['a failure known only to the root', tests(`<testsuites failures="3">${suite(cases(20))}</testsuites>`)],
  ['an error outside every case', tests(suite(`${cases(20)}<error>the process died</error>`))],
  [
    'failures in another namespace prefix',
    tests(`<x:testsuite xmlns:x="u">${'<x:testcase><x:failure/></x:testcase>'.repeat(20)}</x:testsuite>`),
  ],
  ['most tests removed', tests(suite(cases(3)))],
  ['a test report that is no XML', tests('all 20 tests passed')],
  ['another root element', tests('<results><testcase/></results>')],
  ['a coverage file declared as tests', tests(COVERAGE.content)],
  ['a test file declared as coverage', coverage(TESTS.content)],
  ['entities that hide a failure', tests('<!DOCTYPE testsuite [<!ENTITY f "">]>' + suite(cases(20, '&f;')))],
  ['two documents in one file', tests(suite(cases(20)) + suite(cases(1, '<failure/>')))],
  ['one good and one unreadable test report', [...GOOD, { ...TESTS, name: 'more', content: '<testsuite>' }]],
  ['one good and one missing test report', [...GOOD, { ...TESTS, name: 'more', content: null }]],
  [
    "a stranger's green run of the same bytes over a red one",
    [...tests(suite(cases(19) + cases(1, '<failure/>'))), { ...TESTS, trust: 'untrusted', at: '2026-03-02T00:00:00.000Z' }],
  ],
  [
    'a green report under another name beside a red one',
    [...tests(suite(cases(19) + cases(1, '<failure/>'))), { ...TESTS, name: 'unit-2', at: '2026-03-02T00:00:00.000Z' }],
  ],
  ['no coverage', [TESTS, SCAN]],
  ['coverage without a line', coverage('SF:a\nend_of_record\n')],
  ['coverage summaries without lines', coverage('SF:a\nLF:100\nLH:100\nend_of_record\n')],
  ['coverage cut inside a record', coverage('SF:a\nDA:1,1\n')],
  [
    'coverage just under the line',
    coverage(`SF:a\n${Array.from({ length: 10_000 }, (_, i) => `DA:${i + 1},${i < 7999 ? 1 : 0}`).join('\n')}\nend_of_record\n`),
  ],
  ['coverage rates without lines', coverage('<coverage line-rate="1" lines-valid="9" lines-covered="9"/>', 'cobertura')],
  ['good coverage beside a missing one', [...GOOD, { ...COVERAGE, name: 'more', content: null }]],
  ['a clean scan beside an unreadable one', [...GOOD, { ...SCAN, name: 'more', content: '{' }]],
  ['no scan', [TESTS, COVERAGE]],
  ['a scan without results', scan(JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'scan' } } }] }))],
  ['a scan without runs', scan('{"version":"2.1.0","runs":[]}')],
  ['a scan that failed', scan(results([], { invocations: [{ executionSuccessful: false }] }))],
  ['a severe finding', scan(results([severe]))],
  ['a severe finding suppressed in the source', scan(results([{ ...severe, suppressions: [{ kind: 'inSource', status: 'accepted' }] }]))],
  ['a severe finding called unchanged', scan(results([{ ...severe, baselineState: 'unchanged' }]))],
  ['an unknown level', scan(results([{ ...severe, level: 'critical' }]))],
  ['a severity that is no number', scan(results([{ ...severe, properties: { 'security-severity': 'n/a' } }]))],
  [
    'a bill of materials in place of a scan',
    [TESTS, COVERAGE, { kind: 'cyclonedx', name: 'scan', content: '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}' }],
  ],
];

test(`there are more than thirty ways`, () => {
  expect(WAYS.length).toBeGreaterThan(30);
});

test.each(WAYS)('%s does not pass', async (_, given) => {
  expect(['deny', 'unknown']).toContain(await verdict(given));
});
