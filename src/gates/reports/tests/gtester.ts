import type { ByteStream } from '../model.ts';
import { secondsToMs } from '../text.ts';
import { child, childrenOf, readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/** GLib's gtester (`<gtester><testbinary>`): a case that says nothing of its end died. */
export async function readGtester(bytes: ByteStream, tally: TestTally): Promise<void> {
  let binary = '';
  await readRecords(bytes, {
    isRecord: (name) => name === 'testcase',
    open(name, attributes) {
      if (name !== 'testbinary') return;
      tally.suite();
      binary = attributes['path'] ?? '';
    },
    record(node) {
      const result = child(node, 'status')?.attributes['result'];
      tally.case({
        outcome:
          node.attributes['skipped'] === '1' ? 'skipped' : result === 'success' ? 'passed' : result === 'failed' ? 'failed' : 'errored',
        name: node.attributes['path'] ?? '',
        suite: binary,
        message: childrenOf(node, 'error')
          .map((one) => one.text.trim())
          .join('\n'),
        ms: secondsToMs(textOf(node, 'duration') ?? undefined),
      });
    },
  });
}
