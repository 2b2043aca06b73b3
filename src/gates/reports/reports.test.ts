import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading, ReportKind } from './model.ts';
import { readReport } from './read.ts';

async function* bytes(content: string | Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  const all = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}
const read = (kind: ReportKind, content: string | Uint8Array, size?: number): Promise<Reading> => readReport(kind, bytes(content, size));
const contents = async (kind: ReportKind, content: string | Uint8Array) => {
  const reading = await read(kind, content);
  if (reading.state !== 'ok') throw new Error(`${reading.state}: ${reading.reason}`);
  return reading.contents;
};

const JUNIT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="s" tests="5" failures="1" errors="1" skipped="1" time="1.5">
  <testcase name="a" time="0.5"/><testcase name="b"><failure message="x">trace</failure></testcase>
  <testcase name="c"><error/><failure/></testcase><testcase name="d"><skipped/></testcase>
  <testcase name="e"><flakyFailure/><system-out><![CDATA[<testcase name="no"/>]]></system-out></testcase>
</testsuite></testsuites>`;
const LCOV =
  'TN:one\nSF:a.ts\nDA:1,1\nDA:2,0\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nLF:9\nLH:9\nend_of_record\nTN:two\nSF:a.ts\nDA:2,3\nDA:3,0\nend_of_record\n';
const COBERTURA = `<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="1" lines-covered="9" lines-valid="9"><packages><package><classes><class name="A" filename="a.py">
<methods><method><lines><line number="1" hits="1"/></lines></method></methods>
<lines><line number="1" hits="1" branch="true" condition-coverage="50% (1/2)"/><line number="2" hits="0"/></lines></class></classes></package></packages></coverage>`;
const finding = {
  ruleId: 'R1',
  message: { text: 'bad at line 5' },
  locations: [{ physicalLocation: { artifactLocation: { uri: 'a.ts' }, region: { startLine: 5 } } }],
};
const sarif = (results: unknown, more: object = {}, rules: unknown[] = []) =>
  JSON.stringify({
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'scan', rules } }, ...(results === undefined ? {} : { results }), ...more }],
  });
const bom = (more: object) => JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', ...more });
const COMPONENT = { type: 'library', name: 'left', version: '1.0.0', purl: 'pkg:npm/left@1.0.0', 'bom-ref': 'left' };

test('JUnit: each case counts once, by its worst ending', async () => {
  expect((await contents('junit', JUNIT)).tests).toEqual({
    total: 5,
    passed: 2,
    failed: 1,
    errored: 1,
    skipped: 1,
    flaky: 1,
    durationMs: 1500,
    suites: 1,
  });
});

test('JUnit: a suite that knows of more failures than its cases show is believed', async () => {
  const { tests } = await contents('junit', '<testsuite tests="1" failures="0" errors="2"><testcase name="a"/></testsuite>');
  expect(tests).toMatchObject({ passed: 1, errored: 2, total: 3 });
  expect((await contents('junit', '<testsuite><error>boom</error><testcase/></testsuite>')).tests).toMatchObject({ passed: 1, errored: 1 });
});

test('JUnit: what other dialects say by attributes', async () => {
  const { tests } = await contents(
    'junit',
    '<testsuite><testcase status="run" result="completed"/><testcase status="notrun"/><testcase result="skipped"/><testcase status="failed"/><testcase status="error"/></testsuite>',
  );
  expect(tests).toMatchObject({ total: 5, passed: 1, skipped: 2, failed: 1, errored: 1 });
});

test('LCOV: lines are counted, not believed; sections of one file are one', async () => {
  expect((await contents('lcov', LCOV)).coverage).toEqual({
    lines: { covered: 2, total: 3 },
    branches: { covered: 1, total: 2 },
    files: 1,
  });
});

test('Cobertura: lines under methods repeat those of the class; its DTD is read over', async () => {
  expect((await contents('cobertura', COBERTURA)).coverage).toEqual({
    lines: { covered: 1, total: 2 },
    branches: { covered: 1, total: 2 },
    files: 1,
  });
});

test('SARIF: severity from the score, else the level, else the rule, else warning', async () => {
  const rules = [
    { id: 'R1', defaultConfiguration: { level: 'note' } },
    { id: 'R2', properties: { 'security-severity': '9.8', tags: ['CVE-2026-12345'] } },
  ];
  const results = [
    finding,
    { ...finding, level: 'error' },
    { ...finding, ruleId: 'R2' },
    { ...finding, ruleId: 'R3' },
    { ...finding, kind: 'pass' },
    { ...finding, baselineState: 'absent' },
    { ...finding, ruleId: undefined, ruleIndex: 1 },
  ];
  const found = (await contents('sarif', sarif(results, {}, rules))).findings ?? [];
  expect(found.map(({ rule, severity, cve }) => [rule, severity, cve])).toEqual([
    ['R1', 'info', null],
    ['R1', 'high', null],
    ['R2', 'critical', 'CVE-2026-12345'],
    ['R3', 'medium', null],
    ['R2', 'critical', 'CVE-2026-12345'],
  ]);
});

test('a suppressed finding still counts, and says so', async () => {
  const found = (await contents('sarif', sarif([{ ...finding, suppressions: [{ kind: 'inSource' }] }]))).findings;
  expect(found).toMatchObject([{ suppressed: true, severity: 'medium' }]);
});

test('a fingerprint survives a move of lines, and tells apart what is apart', async () => {
  const at = async (startLine: number, text: string, uri = 'a.ts') => {
    const moved = {
      ...finding,
      message: { text },
      locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine } } }],
    };
    return (await contents('sarif', sarif([moved]))).findings?.[0]?.fingerprint;
  };
  expect(await at(5, 'bad at line 5')).toBe(await at(70, 'bad at line 70'));
  expect(await at(5, 'bad at line 5')).not.toBe(await at(5, 'worse at line 5'));
  expect(await at(5, 'bad at line 5')).not.toBe(await at(5, 'bad at line 5', 'b.ts'));
  const twice = (await contents('sarif', sarif([finding, finding]))).findings ?? [];
  expect(new Set(twice.map(({ fingerprint }) => fingerprint)).size).toBe(2);
});

test('CycloneDX: components of all depths, and vulnerabilities as findings', async () => {
  const vulnerabilities = [
    { id: 'CVE-2026-1111', affects: [{ ref: 'left' }], ratings: [{ severity: 'low' }, { score: 9.1 }] },
    { id: 'GHSA-x', analysis: { state: 'not_affected' } },
  ];
  const { sbom, findings } = await contents(
    'cyclonedx',
    bom({ components: [{ ...COMPONENT, components: [{ type: 'file', name: 'inner' }] }], vulnerabilities }),
  );
  expect(sbom).toEqual({ components: 2, withPurl: 1, specVersion: '1.6' });
  expect(findings).toMatchObject([
    { rule: 'CVE-2026-1111', severity: 'critical', purl: 'pkg:npm/left@1.0.0', cve: 'CVE-2026-1111', suppressed: false },
    { rule: 'GHSA-x', severity: 'high', suppressed: true },
  ]);
  const xml =
    '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><component type="application"><name>me</name></component></metadata><components><component type="library"><name>left</name><purl>pkg:npm/left@1</purl></component></components></bom>';
  expect((await contents('cyclonedx', xml)).sbom).toEqual({ components: 1, withPurl: 1, specVersion: '1.6' });
});

test('a bill of materials that lists no vulnerabilities did not look for any', async () => {
  expect((await contents('cyclonedx', bom({ components: [COMPONENT] }))).findings).toBeUndefined();
  expect((await contents('cyclonedx', bom({ components: [COMPONENT], vulnerabilities: [] }))).findings).toEqual([]);
});

test('encodings: UTF-16 by its mark, Latin-1 by name, and a false claim of UTF-16 is passed over', async () => {
  const xml = '<testsuite name="ä"><testcase/></testsuite>';
  for (const content of [
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, 'utf16le')]),
    Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${xml}`, 'latin1'),
    Buffer.from(`<?xml version="1.0" encoding="utf-16"?>${xml}`),
    Buffer.from(`\uFEFF\n${xml}`),
  ]) {
    expect((await contents('junit', content)).tests).toMatchObject({ total: 1, passed: 1 });
  }
});

test('the size of the pieces that bytes come in means nothing', async () => {
  const all: [ReportKind, string][] = [
    ['junit', JUNIT.replace('"s"', '"\u{1F600}ä"')],
    ['lcov', LCOV],
    ['cobertura', COBERTURA],
    ['sarif', sarif([finding])],
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...all), fc.integer({ min: 1, max: 300 }), async ([kind, text], size) => {
      expect(await read(kind, text, size)).toEqual(await read(kind, text, 1_000_000));
    }),
    { numRuns: 60 },
  );
});

test('a report cut anywhere is refused or says exactly what the whole one says', async () => {
  const all: [ReportKind, string][] = [
    ['junit', JUNIT],
    ['cobertura', COBERTURA],
    ['sarif', sarif([finding, finding])],
    ['cyclonedx', bom({ components: [COMPONENT] })],
  ];
  for (const [kind, text] of all) {
    const whole = await read(kind, text);
    for (let length = 0; length < text.length; length++) {
      const part = await read(kind, text.slice(0, length));
      if (part.state === 'ok') expect(part).toEqual(whole);
    }
  }
  for (let length = 0; length < LCOV.length; length++) {
    const part = await read('lcov', LCOV.slice(0, length));
    // LCOV has no end of file: it can only be seen that a record is not finished.
    if (part.state === 'ok') expect(LCOV.slice(0, length).trimEnd()).toMatch(/end_of_record$/);
  }
});

test('whatever the bytes are, reading answers', async () => {
  const kinds: ReportKind[] = ['junit', 'lcov', 'cobertura', 'sarif', 'cyclonedx'];
  const piece = fc.constantFrom(
    '<',
    '>',
    '{',
    '}',
    '"',
    '[',
    ']',
    ':',
    ',',
    'testsuite',
    'SF:',
    'DA:1,',
    '\n',
    '\0',
    '\ud800',
    '__proto__',
    '&lt;',
    '<!DOCTYPE',
    'version',
    '2.1.0',
    'runs',
    '1e999',
    '\u2028',
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), fc.array(piece, { maxLength: 40 }), async (kind, pieces) => {
      const reading = await read(kind, pieces.join(''));
      expect(reading.state === 'ok' || /^[^\p{Cc}]+$/u.test(reading.reason)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('texts of findings hold nothing that a database or a terminal could choke on', async () => {
  const wild = { ...finding, ruleId: 'R\0\ud800', message: { text: '\u001b[31mred\0\n\ud800' } };
  const [found] = (await contents('sarif', sarif([wild]).replace('"scan"', '"\\u0000s\\ud800"'))).findings ?? [];
  expect(JSON.stringify(found)).not.toMatch(/\\u00|\\ud8|\\n/);
});
