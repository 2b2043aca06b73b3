import type { ByteStream } from '../model.ts';
import { secondsToMs, wholeNumber } from '../text.ts';
import { child, readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/** MbUnit (`<report-result>`): each `<run>` of a fixture; the counter of the whole says how many there were. */
export async function readMbUnit(bytes: ByteStream, tally: TestTally): Promise<void> {
  let fixture = '';
  let announced: number | null = null;
  await readRecords(bytes, {
    isRecord: (name) => name === 'run',
    open(name, attributes, path) {
      if (name === 'counter' && path.length === 1) {
        announced = wholeNumber(attributes['run-count']);
        tally.duration(secondsToMs(attributes['duration']));
      }
      if (name !== 'fixture') return;
      tally.suite();
      fixture = attributes['type'] ?? attributes['name'] ?? '';
    },
    record(node) {
      const result = node.attributes['result'];
      const said = child(node, 'exception');
      tally.case({
        outcome:
          result === 'success'
            ? 'passed'
            : result === 'failure'
              ? 'failed'
              : result === 'ignore' || result === 'skip'
                ? 'skipped'
                : 'errored',
        name: node.attributes['name'] ?? '',
        suite: fixture,
        message: textOf(said, 'message'),
        text: textOf(said, 'stack-trace'),
        ms: secondsToMs(node.attributes['duration']),
      });
    },
  });
  tally.announced('the summary', announced);
}
