import type { ByteStream } from '../model.ts';
import { secondsToMs } from '../text.ts';
import { childrenOf, child, readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/**
 * CTest's `Test.xml` (`<Site><Testing>`): each `<Test Status>`; what is listed in `<TestList>` and not there was cut off.
 * A test that is not found (`Unable to find executable`) did not run and has failed.
 */
export async function readCtest(bytes: ByteStream, tally: TestTally): Promise<void> {
  let listed = 0;
  let shown = 0;
  await readRecords(bytes, {
    isRecord: (name) => name === 'Test' || name === 'ElapsedMinutes',
    open(name) {
      if (name === 'Testing') tally.suite();
    },
    record(node, path) {
      if (node.name === 'ElapsedMinutes') return tally.duration((secondsToMs(node.text.trim()) ?? 0) * 60);
      if (path.at(-1) === 'TestList') return void listed++;
      shown++;
      const results = child(node, 'Results');
      const measured = new Map(childrenOf(results, 'NamedMeasurement').map((one) => [one.attributes['name'], textOf(one, 'Value') ?? '']));
      const status = node.attributes['Status']?.toLowerCase();
      const lost = /unable to find|failed to start|not found/i.test(measured.get('Completion Status') ?? '');
      tally.case({
        outcome: status === 'passed' ? 'passed' : (status === 'notrun' || status === 'disabled') && !lost ? 'skipped' : 'failed',
        name: textOf(node, 'Name') ?? '',
        suite: textOf(node, 'Path') ?? '',
        message: [measured.get('Exit Code'), measured.get('Exit Value')].filter((one) => one !== undefined).join(' '),
        text: textOf(results, 'Measurement', 'Value'),
        ms: secondsToMs(measured.get('Execution Time')),
      });
    },
  });
  tally.announced('its list', listed, shown);
}
