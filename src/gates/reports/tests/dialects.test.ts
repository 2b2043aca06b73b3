import { expect, test } from 'vitest';
import { readReport } from '../read.ts';

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

type Case = readonly [format: string, text: string, totals: string];

const CASES: readonly Case[] = [
  ['junit', '<testsuite name="s"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>', '2 1 1 0 0'],
  ['nunit3', '<test-run total="3"><test-suite><test-case result="Passed"/><test-case result="Failed" label="Error"/><test-case result="Skipped"/></test-suite></test-run>', '3 1 1 0 1'],
  ['nunit2', '<test-results><test-suite><results><test-case executed="True" success="True"/><test-case executed="False"/></results></test-suite></test-results>', '2 1 0 0 1'],
  ['xunit', '<assemblies><assembly total="2"><collection><test result="Pass"/><test result="Fail"/></collection></assembly></assemblies>', '2 1 1 0 0'],
  ['trx', '<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results><UnitTestResult outcome="Passed"/><UnitTestResult outcome="Timeout"/></Results></TestRun>', '2 1 0 1 0'],
  ['cppunit', '<TestRun><FailedTests><FailedTest><Name>A::b</Name><FailureType>Error</FailureType></FailedTest></FailedTests><SuccessfulTests><Test><Name>A::c</Name></Test></SuccessfulTests></TestRun>', '2 1 0 1 0'],
  ['check', '<testsuites xmlns="http://check.sourceforge.net/ns"><suite><title>t</title><test result="success"/><test result="error"/></suite></testsuites>', '2 1 0 1 0'],
  ['ctest', '<Site><Testing><TestList><Test>a</Test></TestList><Test Status="failed"><Name>a</Name></Test></Testing></Site>', '1 0 1 0 0'],
  ['boost', '<TestLog><TestSuite name="m"><TestCase name="a"/><TestCase name="b"><FatalError/></TestCase></TestSuite></TestLog>', '2 1 0 1 0'],
  ['qtest', '<TestCase name="q"><TestFunction name="a"><Incident type="pass"/><Incident type="fail"/></TestFunction></TestCase>', '1 0 1 0 0'],
  ['gtester', '<gtester><testbinary><testcase path="/a"><status result="success"/></testcase><testcase path="/b"/></testbinary></gtester>', '2 1 0 1 0'],
  ['valgrind', '<valgrindoutput><status><state>FINISHED</state></status><error><what>leak</what></error></valgrindoutput>', '1 0 1 0 0'],
  ['mocha', '{"stats":{"tests":2,"duration":5},"tests":[{"fullTitle":"a","err":{}},{"fullTitle":"b","err":{"message":"no"}}],"pending":[],"failures":[{"fullTitle":"b"}],"passes":[{"fullTitle":"a"}]}', '2 1 1 0 0'],
  ['jest', '{"numTotalTests":2,"testResults":[{"name":"f","assertionResults":[{"status":"passed"},{"status":"todo"}]}]}', '2 1 0 0 1'],
  ['dart', '{"type":"start","protocolVersion":"0.1.1"}\n{"type":"testStart","test":{"id":1,"name":"a"}}\n{"type":"testDone","testID":1,"result":"error"}\n{"type":"done"}', '1 0 0 1 0'],
  ['go-test', '{"Action":"run","Package":"p","Test":"T"}\n{"Action":"pass","Package":"p","Test":"T","Elapsed":0.1}\n{"Action":"pass","Package":"p"}', '1 1 0 0 0'],
  ['cucumber', '[{"keyword":"Feature","uri":"a","elements":[{"type":"scenario","steps":[{"result":{"status":"undefined"}}]}]}]', '1 0 0 1 0'],
  ['pytest-json', '{"exitcode":1,"summary":{"total":1},"tests":[{"nodeid":"a::b","outcome":"error"}]}', '1 0 0 1 0'],
  ['gtest-json', '{"tests":3,"failures":1,"disabled":1,"errors":0,"time":"0.5s","testsuites":[{"name":"S","tests":3,"testsuite":[{"name":"a","status":"RUN","result":"COMPLETED","time":"0.1s"},{"name":"b","status":"RUN","failures":[{"failure":"no"}]},{"name":"c","status":"NOTRUN","result":"SUPPRESSED"}]}]}', '3 1 1 0 1'],
  ['mochawesome', '{"stats":{"tests":3,"testsRegistered":3,"duration":9},"results":[{"file":"a.js","suites":[{"title":"s","tests":[{"state":"passed"},{"state":"failed","err":{"message":"no"}},{"state":null,"skipped":true}],"beforeHooks":[{"fail":true}]}],"tests":[]}]}', '4 1 1 1 1'],
  ['rspec', '{"version":"3.9","examples":[{"status":"passed","file_path":"a"},{"status":"failed","file_path":"a"},{"status":"pending","file_path":"b"}],"summary":{"duration":0.1,"example_count":3,"errors_outside_of_examples_count":1}}', '4 1 1 1 1'],
  ['playwright', '{"suites":[{"title":"a.spec.ts","specs":[],"suites":[{"title":"s","specs":[{"title":"t","tests":[{"status":"flaky","results":[{"status":"failed"},{"status":"passed"}]},{"status":"unexpected","results":[{"status":"timedOut"}]},{"status":"skipped","results":[]}]}]}]}],"errors":[],"stats":{"expected":0,"unexpected":1,"flaky":1,"skipped":1,"duration":5}}', '3 1 1 0 1'],
  ['ctrf', '{"results":{"tool":{"name":"x"},"summary":{"tests":3,"start":1,"stop":5},"tests":[{"name":"a","status":"passed"},{"name":"b","status":"pending"},{"name":"c","status":"other"}]}}', '3 1 0 1 1'],
  ['testng', '<testng-results total="4" ignored="1"><suite duration-ms="7"><test><class name="C"><test-method status="PASS" is-config="true" name="setUp"/><test-method status="FAIL" retried="true" signature="a"/><test-method status="PASS" signature="a"/><test-method status="SKIP" signature="b"/></class></test></suite></testng-results>', '2 1 0 0 1'],
  ['robot', '<robot><suite name="s"><test name="a"><kw><status status="FAIL"/></kw><status status="PASS" elapsed="0.1"/></test><test name="b"><status status="FAIL">no</status></test></suite><statistics><suite><stat pass="1">s</stat></suite></statistics></robot>', '2 1 1 0 0'],
  ['open-test', '<e:events xmlns="https://schemas.opentest4j.org/reporting/core/0.2.0" xmlns:e="https://schemas.opentest4j.org/reporting/events/0.2.0"><e:started id="1" name="C" time="2026-01-01T00:00:00Z"/><e:started id="2" parentId="1" name="a" time="2026-01-01T00:00:00Z"/><e:finished id="2" time="2026-01-01T00:00:01Z"><result status="SUCCESSFUL"/></e:finished><e:started id="3" parentId="1" name="b"/><e:finished id="3"><result status="FAILED"><reason>no</reason></result></e:finished><e:finished id="1"><result status="FAILED"/></e:finished></e:events>', '2 1 1 0 0'],
  ['open-test', '<h:execution xmlns="https://schemas.opentest4j.org/reporting/core/0.2.0" xmlns:h="https://schemas.opentest4j.org/reporting/hierarchy/0.2.0"><h:root name="C"><result status="FAILED"/><h:child name="g"><result status="SUCCESSFUL"/><h:child name="a" duration="PT0.1S"><result status="SUCCESSFUL"/></h:child></h:child><h:child name="b"><result status="ERRORED"/></h:child></h:root><h:root name="E"><result status="SUCCESSFUL"/></h:root></h:execution>', '2 1 0 1 0'],
  ['tap', 'TAP version 14\n1..3\nok 1 - a\nnot ok 2 - b\nnot ok 3 - c # TODO later', '3 1 1 0 1'],
]; // prettier-ignore

test.each(CASES)('%s is recognised by what it holds, and each of its tests counts once', async (format, text, totals) => {
  const reading = await readReport('auto', bytes(text));
  expect(reading).toMatchObject({ state: 'ok', format });
  const { total, passed, failed, errored, skipped } = reading.contents?.tests ?? {};
  expect([total, passed, failed, errored, skipped].join(' ')).toBe(totals);
  // A topic leaves room for it, another topic and another format don't.
  expect((await readReport('tests', bytes(text))).state).toBe('ok');
  expect((await readReport('coverage', bytes(text))).state).toBe('unreadable');
  if (format !== 'junit') expect((await readReport('junit', bytes(text))).state).toBe('unreadable');
});

test.each<Case>([
  ['junit', '<testsuite tests="3" failures="1"><testcase/></testsuite>', '3 2 1 0 0'],
  ['xunit', '<assembly total="3" passed="1" failed="1" skipped="1"><class><test result="Pass"/></class></assembly>', '3 1 1 0 1'],
  ['trx', '<TestRun xmlns="http://microsoft.com/x"><Results><UnitTestResult outcome="Aborted"/></Results></TestRun>', '1 0 0 0 1'],
  ['tap', 'ok 1 - a\nok 2 - b', '2 2 0 0 0'],
  ['tap', '1..9\nok 1 - a', '1 1 0 0 0'],
  ['dart', '{"type":"start","protocolVersion":"0.1.1"}\n{"type":"testDone","testID":1,"result":"success"}', '1 1 0 0 0'],
  ['go-test', '{"Action":"pass","Package":"p","Test":"T"}\n{"Action":"run","Package":"p","Test":"U"}', '1 1 0 0 0'],
  ['mocha', '{"stats":{"tests":4},"tests":[{"fullTitle":"a","err":{}}],"passes":[{"fullTitle":"a"}]}', '1 1 0 0 0'],
  ['valgrind', '<valgrindoutput><status><state>RUNNING</state></status></valgrindoutput>', '1 1 0 0 0'],
  ['junit', '<testsuites tests="0"/>', '0 0 0 0 0'],
  ['junit', '<testsuites tests="3"><testsuite tests="1"><testcase name="a"/></testsuite></testsuites>', '1 1 0 0 0'],
  [
    'trx',
    '<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results><UnitTestResult outcome="Passed"/></Results><ResultSummary outcome="Failed"><Counters total="1"/></ResultSummary></TestRun>',
    '1 1 0 0 0',
  ],
  [
    'trx',
    '<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results><UnitTestResult outcome="Failed"/></Results><ResultSummary outcome="Failed"><RunInfos><RunInfo outcome="Error"><Text>The active test run was aborted. Reason: Test host process crashed</Text></RunInfo></RunInfos></ResultSummary></TestRun>',
    '1 0 1 0 0',
  ],
  [
    'trx',
    '<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results><UnitTestResult outcome="Passed"/></Results><ResultSummary outcome="Aborted"/></TestRun>',
    '1 1 0 0 0',
  ],
  [
    'nunit3',
    '<test-run result="Failed" total="1" passed="1" failed="0"><test-suite result="Failed" site="TearDown"><test-case result="Passed"/></test-suite></test-run>',
    '1 1 0 0 0',
  ],
  [
    'nunit2',
    '<test-results total="1" errors="1" failures="0"><test-suite><results><test-case executed="True" success="True"/></results></test-suite></test-results>',
    '1 1 0 0 0',
  ],
  [
    'xunit',
    '<assemblies><assembly total="1" failed="1"><collection><test result="Pass"/></collection></assembly></assemblies>',
    '1 1 0 0 0',
  ],
  ['jest', '{"success":false,"numTotalTests":1,"testResults":[{"name":"f","assertionResults":[{"status":"passed"}]}]}', '1 1 0 0 0'],
  ['jest', '{"wasInterrupted":true,"numTotalTests":1,"testResults":[{"name":"f","assertionResults":[{"status":"passed"}]}]}', '1 1 0 0 0'],
  [
    'dart',
    '{"type":"start","protocolVersion":"0.1.1"}\n{"type":"testStart","test":{"id":1,"name":"a"}}\n{"type":"testDone","testID":1,"result":"success"}\n{"type":"done","success":null}',
    '1 1 0 0 0',
  ],
  [
    'dart',
    '{"type":"start","protocolVersion":"0.1.1"}\n{"type":"testStart","test":{"id":1,"name":"a"}}\n{"type":"testDone","testID":1,"result":"success"}\n{"type":"done","success":false}',
    '1 1 0 0 0',
  ],
  ['pytest-json', '{"exitcode":2,"summary":{"total":1},"tests":[{"nodeid":"a::b","outcome":"passed"}]}', '1 1 0 0 0'],
  ['gtest-json', '{"tests":2,"failures":0,"testsuites":[{"name":"S","tests":2,"testsuite":[{"name":"a","status":"RUN"}]}]}', '1 1 0 0 0'],
  ['mochawesome', '{"stats":{"tests":2},"results":[{"suites":[],"tests":[{"pass":true}]}]}', '1 1 0 0 0'],
  ['rspec', '{"examples":[{"status":"passed"}],"summary":{"example_count":2}}', '1 1 0 0 0'],
  [
    'playwright',
    '{"suites":[{"specs":[{"title":"t","tests":[{"status":"unexpected","results":[{"status":"interrupted"}]}]}]}],"stats":{"expected":0,"unexpected":1}}',
    '1 0 1 0 0',
  ],
  ['playwright', '{"suites":[],"stats":{"expected":1}}', '0 0 0 0 0'],
  ['ctrf', '{"results":{"summary":{"tests":2},"tests":[{"status":"passed"}]}}', '1 1 0 0 0'],
  [
    'testng',
    '<testng-results total="2"><suite><test><class name="C"><test-method status="PASS" name="a"/></class></test></suite></testng-results>',
    '1 1 0 0 0',
  ],
  [
    'open-test',
    '<e:events xmlns:e="https://schemas.opentest4j.org/reporting/events/0.2.0"><e:started id="1"/><e:finished id="1"><result status="SUCCESSFUL"/></e:finished><e:started id="2"/></e:events>',
    '1 1 0 0 0',
  ],
  [
    'open-test',
    '<h:execution xmlns:h="https://schemas.opentest4j.org/reporting/hierarchy/0.2.0"><h:root name="C"><result status="FAILED"/><h:child name="a"><result status="SUCCESSFUL"/></h:child></h:root></h:execution>',
    '1 1 0 0 0',
  ],
  ['robot', '<robot><suite name="s"><test name="a"><status status="PASS"/></test></suite></robot>', '1 1 0 0 0'],
])('%s that is not whole, or shows no test, has totals and is no pass', async (format, text, totals) => {
  const reading = await readReport('auto', bytes(text));
  expect(reading.format).toBe(format);
  expect(reading.state).not.toBe('ok');
  const { total, passed, failed, errored, skipped } = reading.contents?.tests ?? {};
  expect([total, passed, failed, errored, skipped].join(' ')).toBe(totals);
});
