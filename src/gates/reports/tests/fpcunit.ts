import type { ByteStream } from '../model.ts';
import { wholeNumber } from '../text.ts';
import { readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';
import { spanToMs } from './trx.ts';

/** FPCUnit (`<TestResults><TestListing>`): each `<Test Result>`; the run's own number says whether all are shown. */
export async function readFpcUnit(bytes: ByteStream, tally: TestTally): Promise<void> {
  const suites: { name: string; holds: boolean }[] = [];
  let announced: number | null = null;
  await readRecords(bytes, {
    isRecord: (name, path) => name === 'Test' || (path.length === 1 && ['NumberOfRunTests', 'TotalElapsedTime'].includes(name)),
    open(name, attributes) {
      if (name === 'TestSuite') suites.push({ name: attributes['Name'] ?? '', holds: false });
    },
    close(name) {
      if (name === 'TestSuite' && suites.pop()?.holds === true) tally.suite();
    },
    record(node) {
      if (node.name === 'NumberOfRunTests') announced = wholeNumber(node.text.trim());
      else if (node.name === 'TotalElapsedTime') tally.duration(spanToMs(node.text));
      else {
        const suite = suites.at(-1);
        if (suite !== undefined) suite.holds = true;
        const result = (node.attributes['Result'] ?? '').toLowerCase();
        tally.case({
          outcome: result === 'ok' ? 'passed' : result === 'failed' ? 'failed' : result === 'ignored' ? 'skipped' : 'errored',
          name: node.attributes['Name'] ?? '',
          suite: suite?.name ?? '',
          file: textOf(node, 'SourceUnitName'),
          message: textOf(node, 'Message'),
          text: textOf(node, 'ExceptionMessage'),
          ms: spanToMs(node.attributes['ElapsedTime']),
        });
      }
    },
  });
  tally.announced('the summary', announced);
}
