import type { ByteStream } from '../model.ts';
import { secondsToMs, wholeNumber } from '../text.ts';
import { child, childrenOf, readRecords } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/** UnitTest++ (`<unittest-results>`): each `<test>`, failed where it holds a failure. */
export async function readUnitTestPp(bytes: ByteStream, tally: TestTally): Promise<void> {
  let announced: number | null = null;
  await readRecords(bytes, {
    isRecord: (name) => name === 'test',
    open(_, attributes, path) {
      if (path.length > 0) return;
      tally.suite();
      tally.duration(secondsToMs(attributes['time']));
      announced = wholeNumber(attributes['tests']);
    },
    record(node) {
      const failures = childrenOf(node, 'failure').map((one) => one.attributes['message'] ?? '');
      tally.case({
        outcome: failures.length > 0 ? 'failed' : child(node, 'ignored') !== null ? 'skipped' : 'passed',
        name: node.attributes['name'] ?? '',
        suite: node.attributes['suite'] ?? '',
        message: failures.join('\n'),
        ms: secondsToMs(node.attributes['time']),
      });
    },
  });
  tally.announced('the summary', announced);
}
