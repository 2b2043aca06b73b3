import { expect, test } from 'vitest';
import { readReport } from '../read.ts';

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
const read = (value: unknown) => readReport('auto', bytes(typeof value === 'string' ? value : JSON.stringify(value)));
const found = async (value: unknown) => {
  const reading = await read(value);
  return { format: reading.format, findings: reading.state === 'ok' ? (reading.contents.findings ?? []) : null };
};

test('Semgrep’s supply chain: one finding for a place in a repository, whatever number of usages', async () => {
  const one = (line: string, repository: string, status = 'NEW') => ({
    title: 'Assertion in left',
    repositoryId: repository,
    advisory: { ruleId: 'ssc-1', severity: 'HIGH', references: { cveIds: ['CVE-2026-1234'], cweIds: ['CWE-617: Assertion'] } },
    matchedDependency: { name: 'left', versionSpecifier: '1.0.0' },
    dependencyFileLocation: { path: 'requirements.txt', startLine: line },
    closestSafeDependency: { versionSpecifier: '1.1.0' },
    triage: { status },
  });
  const { format, findings } = await found({ vulns: [one('3', 'a'), one('3', 'a'), one('4', 'a'), one('3', 'b', 'DISMISSED')] });
  expect(format).toBe('semgrep-supply-chain');
  expect(findings).toHaveLength(3);
  expect(findings?.[0]).toMatchObject({
    severity: 'high',
    cve: 'CVE-2026-1234',
    cwe: [617],
    location: 'requirements.txt:3',
    component: 'left@1.0.0',
    fixedIn: '1.1.0',
  });
  expect(findings?.map((each) => each.suppressed)).toEqual([false, false, true]);
});

test('Snyk’s infrastructure as code, one file or several', async () => {
  const file = {
    targetFile: 'main.tf',
    infrastructureAsCodeIssues: [{ id: 'SNYK-CC-1', severity: 'low', title: 't', lineNumber: 7, path: ['resource', 'x'] }],
  };
  expect((await found(file)).findings).toMatchObject([{ rule: 'SNYK-CC-1', severity: 'low', location: 'main.tf:7' }]);
  expect((await found([file, file])).findings).toHaveLength(2);
});

test('SonarQube’s risks of dependencies: what was accepted there is suppressed and counts', async () => {
  const risk = {
    riskTitle: 'CVE-2026-1 - words',
    riskType: 'VULNERABILITY',
    riskSeverity: 'BLOCKER',
    riskStatus: 'OPEN',
    vulnerabilityId: 'CVE-2026-11111',
    packageUrl: 'pkg:maven/a/left@1.0',
    cweIds: ['CWE-502'],
  };
  const licence = {
    riskTitle: 'No such licence',
    riskType: 'PROHIBITED_LICENSE',
    riskSeverity: 'INFO',
    riskStatus: 'ACCEPT',
    vulnerabilityId: '-',
    packageUrl: 'pkg:maven/a/right@2?x=y',
  };
  expect((await found([risk, licence])).findings).toMatchObject([
    {
      rule: 'CVE-2026-11111',
      severity: 'critical',
      cve: 'CVE-2026-11111',
      purl: 'pkg:maven/a/left@1.0',
      component: 'left@1.0',
      cwe: [502],
      suppressed: false,
    },
    { rule: 'PROHIBITED_LICENSE', severity: 'info', cve: null, component: 'right@2', suppressed: true },
  ]);
});

test('bun audit, by package', async () => {
  const advisory = {
    id: 1,
    url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
    title: 't',
    severity: 'moderate',
    vulnerable_versions: '<1',
    cwe: ['CWE-79'],
  };
  expect((await found({ left: [advisory, { ...advisory, severity: 'high' }] })).findings).toMatchObject([
    { rule: 'GHSA-aaaa-bbbb-cccc', severity: 'medium', component: 'left <1', cwe: [79] },
    { severity: 'high' },
  ]);
  expect((await read({})).state).toBe('unreadable');
});

test('an empty list of results is a report without findings; more beside it is not', async () => {
  expect(await found({ results: [] })).toEqual({ format: 'empty-list', findings: [] });
  expect(await found({ results: null })).toEqual({ format: 'empty-list', findings: [] });
  expect((await read({ results: [], error: 'no rights' })).state).toBe('unreadable');
  expect((await read({ results: {} })).state).toBe('unreadable');
});

test('Dependency-Check’s JSON counts what is related, as its XML does', async () => {
  const vulnerability = { name: 'CVE-2026-1234', severity: 'HIGH', cwes: ['CWE-79'] };
  const dependency = {
    fileName: 'a.jar',
    filePath: '/a.jar',
    vulnerabilities: [vulnerability, vulnerability],
    relatedDependencies: [{ fileName: 'b.jar', filePath: '/b.jar', packageIds: [{ id: 'pkg:maven/a/b@1' }] }, { filePath: '/nameless' }],
  };
  expect((await found({ scanInfo: {}, dependencies: [dependency] })).findings).toMatchObject([
    { location: '/a.jar', component: 'a.jar' },
    { location: '/b.jar', purl: 'pkg:maven/a/b@1' },
  ]);
});

test('OSV: weaknesses stand with what is affected, too', async () => {
  const vulnerability = { id: 'MAL-2026-1', affected: [{ database_specific: { cwes: [{ cweId: 'CWE-506' }] } }] };
  const report = {
    results: [
      {
        source: { path: 'yarn.lock' },
        packages: [{ package: { name: 'left', version: '1', ecosystem: 'npm' }, vulnerabilities: [vulnerability] }],
      },
    ],
  };
  expect((await found(report)).findings).toMatchObject([{ rule: 'MAL-2026-1', cwe: [506] }]);
});

const sarif = (rule: object, ...results: object[]) =>
  JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 's', rules: [{ id: 'r', ...rule }] } }, results }] });

test('SARIF: weaknesses by property and by taxonomy, of the rule and of the result', async () => {
  const taxon = (id: string, name = 'CWE') => ({ id, toolComponent: { name } });
  const rule = {
    properties: { cwe: ['CWE-79'], tags: ['external/cwe/cwe-089'] },
    relationships: [{ target: taxon('327') }, { target: taxon('A1', 'OWASP') }],
  };
  const { findings } = await found(
    sarif(rule, { ruleId: 'r', message: { text: 'm' }, taxa: [taxon('CWE-22')], properties: { cwe: 'CWE-20' } }),
  );
  expect(findings?.[0]?.cwe.toSorted((a, b) => a - b)).toEqual([20, 22, 79, 89, 327]);
});

test('SARIF: a word that stands where a fingerprint would tells no findings together', async () => {
  const one = (text: string) => ({ ruleId: 'r', message: { text }, fingerprints: { 'matchBasedId/v1': 'requires login' } });
  const first = (await found(sarif({}, one('left'), one('right')))).findings?.map((each) => each.fingerprint);
  const second = (await found(sarif({}, one('right'), one('left')))).findings?.map((each) => each.fingerprint);
  expect(new Set(first)).toEqual(new Set(second));
});

test('staticcheck and golangci-lint', async () => {
  const one = (severity: string) => ({ code: 'SA6005', severity, location: { file: 'a.go', line: 12, column: 9 }, end: {}, message: 'm' });
  const lines = [one('error'), one('warning'), one('ignored')].map((each) => JSON.stringify(each)).join('\n');
  expect(await found(lines)).toMatchObject({
    format: 'staticcheck',
    findings: [
      { rule: 'SA6005', severity: 'high', location: 'a.go:12' },
      { rule: 'SA6005', severity: 'medium' },
    ],
  });
  const issue = { FromLinter: 'errcheck', Text: 'not checked', Severity: '', Pos: { Filename: 'a.go', Line: 3 }, SourceLines: ['f()'] };
  expect((await found({ Issues: [issue], Report: {} })).findings).toMatchObject([
    { rule: 'errcheck', severity: 'medium', location: 'a.go:3' },
  ]);
  expect((await found({ Issues: null, Report: { Linters: [] } })).findings).toEqual([]);
  expect((await read({ Issues: [], Report: { Error: 'timeout' } })).state).toBe('unreadable');
});

test('SARIF: a run that says it succeeded and lists no results found none; one that says nothing did not look', async () => {
  const log = (run: object) => JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 's' } }, ...run }] });
  expect((await found(log({ invocations: [{ executionSuccessful: true }] }))).findings).toEqual([]);
  expect((await read(log({}))).state).toBe('empty');
  expect((await read(log({ invocations: [] }))).state).toBe('empty');
  // `null` is what a tool writes that could not begin (section 3.14.23).
  expect((await read(log({ results: null, invocations: [{ executionSuccessful: true }] }))).state).toBe('empty');
  expect((await read(log({ invocations: [{ executionSuccessful: false }] }))).state).toBe('unreadable');
});
