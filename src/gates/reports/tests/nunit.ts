import type { ByteStream } from '../model.ts';
import { secondsToMs, wholeNumber } from '../text.ts';
import type { XmlNode } from '../xml-records.ts';
import { readRecords, textOf } from '../xml-records.ts';
import type { Outcome, TestTally } from './tally.ts';

type Suite = { readonly name: string; holds: boolean; inner: boolean };

/**
 * NUnit 2 (`<test-results>`) and NUnit 3 (`<test-run>`, or one of its suites alone). What counts is each `<test-case>`; a
 * suite is what holds cases directly, or no other suite. Ignored and explicit tests are skipped, and so are those that
 * NUnit 2 calls inconclusive; NUnit 3's inconclusive ones errored. What could not be run or was cancelled counts as
 * skipped and makes the report no pass: nobody knows how it would have ended.
 */
export async function readNunit(bytes: ByteStream, tally: TestTally): Promise<void> {
  const suites: Suite[] = [];
  let three = false;
  let bad = 0;
  await readRecords(bytes, {
    isRecord: (name) => name === 'test-case',
    open(name, attributes, path) {
      if (path.length === 0) {
        three = name !== 'test-results';
        // A fixture that fails while it is taken down fails the run, and none of its tests.
        const failed = three && /^fail/i.test(attributes['result'] ?? '') ? 1 : 0;
        bad = Math.max(failed, (wholeNumber(attributes['failures']) ?? 0) + (wholeNumber(attributes['errors']) ?? 0));
      }
      if (name !== 'test-suite') return;
      const outer = suites.at(-1);
      if (outer !== undefined) outer.inner = true;
      suites.push({ name: attributes['fullname'] ?? attributes['name'] ?? '', holds: false, inner: false });
    },
    close(name) {
      const suite = name === 'test-suite' ? suites.pop() : undefined;
      if (suite !== undefined && (suite.holds || !suite.inner)) tally.suite();
    },
    record(node) {
      const suite = suites.at(-1);
      if (suite !== undefined) suite.holds = true;
      const { attributes } = node;
      const outcome = outcomeOf(node, three);
      if (outcome === 'unknown')
        tally.lacks(`the test ${JSON.stringify((attributes['name'] ?? '').slice(0, 100))} could not be run, or not to its end`);
      const said = node.children.find((one) => one.name === 'failure' || one.name === 'reason');
      tally.case({
        outcome: outcome === 'unknown' ? 'skipped' : outcome,
        name: attributes['name'] ?? '',
        suite: attributes['classname'] ?? suite?.name ?? '',
        message: textOf(said, 'message'),
        text: textOf(said, 'stack-trace'),
        ms: secondsToMs(attributes['duration'] ?? attributes['time']),
      });
    },
  });
  tally.mustBeBad('the run', bad);
}

/** Before NUnit 2.5 there is no result: a test that was executed failed where it holds a failure or says so. */
function outcomeOf({ attributes, children }: XmlNode, three: boolean): Outcome | 'unknown' {
  const result = attributes['result']?.toLowerCase();
  if (result === undefined) {
    if (attributes['executed']?.toLowerCase() === 'false') return 'skipped';
    const failed = attributes['success']?.toLowerCase() === 'false' || children.some((one) => one.name === 'failure');
    return failed ? 'failed' : attributes['executed'] === undefined && attributes['success'] === undefined ? 'errored' : 'passed';
  }
  if (result === 'passed' || result === 'success' || result === 'warning') return 'passed';
  if (result === 'failed' || result === 'failure') return 'failed';
  if (result === 'inconclusive') return three ? 'errored' : 'skipped';
  if (result === 'notrunnable' || result === 'invalid' || result === 'cancelled') return 'unknown';
  return result === 'ignored' || result === 'skipped' || result === 'explicit' ? 'skipped' : 'errored';
}
