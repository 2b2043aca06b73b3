import type { JsonFormat, TextFormat, Wanted, XmlFormat, XmlHead } from '../format.ts';
import { objectsIn } from '../json.ts';
import type { ByteStream, Contents } from '../model.ts';
import { readBoost } from './boost.ts';
import { readCheck } from './check.ts';
import { readCppUnit } from './cppunit.ts';
import { readCtest } from './ctest.ts';
import { isCtrf, readCtrf } from './ctrf.ts';
import { isCucumber, readCucumber } from './cucumber.ts';
import { readCunit } from './cunit.ts';
import { isDart, readDart } from './dart.ts';
import { readFpcUnit } from './fpcunit.ts';
import { isGoTest, readGoTest } from './go-test.ts';
import { isGtestJson, readGtestJson } from './gtest-json.ts';
import { readGtester } from './gtester.ts';
import { isJest, readJest } from './jest.ts';
import { readJunit } from './junit.ts';
import { readMbUnit } from './mbunit.ts';
import { isMocha, readMocha } from './mocha.ts';
import { isMochawesome, readMochawesome } from './mochawesome.ts';
import { readNunit } from './nunit.ts';
import { readOpenTestEvents, readOpenTestTree } from './open-test.ts';
import { readParasoft } from './parasoft.ts';
import { isPlaywright, readPlaywright } from './playwright.ts';
import { isPytestJson, readPytestJson } from './pytest-json.ts';
import { readQtest } from './qtest.ts';
import { readRobot } from './robot.ts';
import { isRspec, readRspec } from './rspec.ts';
import { TestTally } from './tally.ts';
import { readTap } from './tap.ts';
import { readTestNg } from './testng.ts';
import { readTrx } from './trx.ts';
import { readUnitTestPp } from './unittestpp.ts';
import { readValgrind } from './valgrind.ts';
import { readXunitNet } from './xunit-net.ts';

const topics = ['tests'] as const;
type Read = (bytes: ByteStream, tally: TestTally) => Promise<void>;

const tallied =
  (read: Read) =>
  async (bytes: ByteStream, wanted: Wanted): Promise<Contents> => {
    const tally = new TestTally(wanted.failures);
    await read(bytes, tally);
    return { tests: tally.counts(), failures: tally.failures };
  };
const xml = (id: string, is: (head: XmlHead) => boolean, read: Read): XmlFormat => ({ id, topics, is, read: tallied(read) });
const rooted = (id: string, roots: readonly string[], read: Read): XmlFormat => xml(id, ({ root }) => roots.includes(root), read);

/** Test reports in XML. The order counts: what stands before is asked first. */
export const testXml: readonly XmlFormat[] = [
  xml(
    'check',
    ({ root, namespace, inside }) => root === 'testsuites' && (namespace.includes('check.sourceforge.net') || inside[0] === 'datetime'),
    readCheck,
  ),
  rooted('junit', ['testsuites', 'testsuite', 'tusar'], readJunit),
  rooted('nunit3', ['test-run', 'test-suite'], readNunit),
  rooted('nunit2', ['test-results'], readNunit),
  rooted('xunit', ['assemblies', 'assembly'], readXunitNet),
  xml('trx', ({ root, namespace }) => root === 'TestRun' && namespace.includes('microsoft.com'), readTrx),
  xml(
    'aunit',
    ({ root, attributes, inside }) => root === 'TestRun' && (attributes['elapsed'] !== undefined || inside[0] === 'Statistics'),
    readCppUnit,
  ),
  rooted('cppunit', ['TestRun'], readCppUnit),
  rooted('parasoft', ['ResultsSession'], readParasoft),
  rooted('ctest', ['Site', 'Testing'], readCtest),
  rooted('cunit', ['CUNIT_TEST_RUN_REPORT'], readCunit),
  rooted('boost', ['TestLog'], readBoost),
  rooted('fpcunit', ['TestResults'], readFpcUnit),
  rooted('gtester', ['gtester'], readGtester),
  rooted('mbunit', ['report-result'], readMbUnit),
  rooted('qtest', ['TestCase'], readQtest),
  rooted('unittest++', ['unittest-results'], readUnitTestPp),
  rooted('valgrind', ['valgrindoutput'], readValgrind),
  rooted('testng', ['testng-results'], readTestNg),
  rooted('robot', ['robot'], readRobot),
  xml('open-test', ({ root, namespace }) => root === 'events' && namespace.includes('opentest4j'), readOpenTestEvents),
  xml('open-test', ({ root, namespace }) => root === 'execution' && namespace.includes('opentest4j'), readOpenTestTree),
];

const json = (
  id: string,
  is: JsonFormat['is'],
  read: (document: Parameters<JsonFormat['read']>[0], tally: TestTally) => void,
): JsonFormat => ({
  id,
  topics,
  is,
  read: (document, wanted) => {
    const tally = new TestTally(wanted.failures);
    read(document, tally);
    return { tests: tally.counts(), failures: tally.failures };
  },
});

export const testJson: readonly JsonFormat[] = [
  json(
    'mocha',
    ({ root, list }) => list === null && isMocha(root),
    ({ root }, tally) => readMocha(root, tally),
  ),
  json(
    'jest',
    ({ root, list }) => list === null && isJest(root),
    ({ root }, tally) => readJest(root, tally),
  ),
  json(
    'dart',
    ({ root }) => isDart(root),
    ({ values, list }, tally) => readDart(list ?? values, tally),
  ),
  json(
    'go-test',
    ({ root }) => isGoTest(root),
    ({ values }, tally) => readGoTest(values, tally),
  ),
  json(
    'pytest-json',
    ({ root, list }) => list === null && isPytestJson(root),
    ({ root }, tally) => readPytestJson(root, tally),
  ),
  json(
    'gtest-json',
    ({ root, list }) => list === null && isGtestJson(root),
    ({ root }, tally) => readGtestJson(root, tally),
  ),
  json(
    'mochawesome',
    ({ root, list }) => list === null && isMochawesome(root),
    ({ root }, tally) => readMochawesome(root, tally),
  ),
  json(
    'rspec',
    ({ root, list }) => list === null && isRspec(root),
    ({ root }, tally) => readRspec(root, tally),
  ),
  json(
    'playwright',
    ({ root, list }) => list === null && isPlaywright(root),
    ({ root }, tally) => readPlaywright(root, tally),
  ),
  json(
    'ctrf',
    ({ root, list }) => list === null && isCtrf(root),
    ({ root }, tally) => readCtrf(root, tally),
  ),
  json(
    'cucumber',
    ({ root, list }) => list !== null && isCucumber(root),
    ({ list }, tally) => readCucumber(objectsIn(list), tally),
  ),
];

export const testText: readonly TextFormat[] = [
  {
    id: 'tap',
    topics,
    is: ({ lines }) => lines.some((line) => /^(?:TAP version 1[2-4]|1\.\.\d+|(?:not )?ok \d+\b)/.test(line)),
    read: tallied(readTap),
  },
];
