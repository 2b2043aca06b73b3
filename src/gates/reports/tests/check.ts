import type { ByteStream } from '../model.ts';
import { secondsToMs } from '../text.ts';
import { readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/** Check, the unit tests of C (`<testsuites xmlns="http://check.sourceforge.net/ns">`): `error` is a test that died. */
export async function readCheck(bytes: ByteStream, tally: TestTally): Promise<void> {
  let suite = '';
  await readRecords(bytes, {
    isRecord: (name) => name === 'test' || name === 'title' || name === 'duration',
    open(name) {
      if (name === 'suite') tally.suite();
    },
    record(node, path) {
      if (node.name === 'title') suite = node.text.trim();
      else if (node.name === 'duration') {
        if (path.length === 1) tally.duration(secondsToMs(node.text.trim()));
      } else {
        const result = node.attributes['result'];
        tally.case({
          outcome: result === 'success' ? 'passed' : result === 'failure' ? 'failed' : 'errored',
          name: textOf(node, 'id') ?? '',
          suite,
          file: textOf(node, 'fn'),
          message: textOf(node, 'message'),
          ms: secondsToMs(textOf(node, 'duration')?.replace(/^-1(?:\.0+)?$/, '') || undefined),
        });
      }
    },
  });
}
