import type { ByteStream } from '../model.ts';
import { wholeNumber } from '../text.ts';
import { readRecords } from '../xml-records.ts';
import type { TestTally } from './tally.ts';
import { spanToMs } from './trx.ts';

/**
 * Parasoft C/C++test (`<ResultsSession>`). Newer versions list each `<Test>` with `pass` and `fail`; older ones only the
 * violations, of which each names its test and each test counts once: it failed where one says how bad (`sev` below 3) it was.
 */
export async function readParasoft(bytes: ByteStream, tally: TestTally): Promise<void> {
  const violated = new Map<string, { failed: boolean; message: string }>();
  let listed = false;
  let announced: number | null = null;
  await readRecords(bytes, {
    isRecord: (name) => name === 'Test' || name === 'ExecViol',
    open(name, attributes, path) {
      if (name === 'Exec') tally.duration(spanToMs(attributes['time']));
      if (name === 'TestSuite') tally.suite();
      if (name === 'Total' && path.at(-1) === 'ExecutedTestsDetails' && attributes['pass'] !== undefined)
        announced = (wholeNumber(attributes['pass']) ?? 0) + (wholeNumber(attributes['fail']) ?? 0);
    },
    record({ name: kind, attributes }) {
      if (kind === 'ExecViol') {
        const name = attributes['testName'];
        if (name === undefined) return;
        const failed = attributes['sev'] === '1' || attributes['sev'] === '2';
        const before = violated.get(name);
        violated.set(name, { failed: failed || before?.failed === true, message: before?.message ?? attributes['msg'] ?? '' });
      } else if (kind === 'Test') {
        listed = true;
        const failed = wholeNumber(attributes['fail']) !== 0;
        const [suite = '', name] = (attributes['name'] ?? '').split('::', 2);
        tally.case({ outcome: failed ? 'failed' : 'passed', name: name ?? suite, suite, ms: spanToMs(attributes['time']) });
      }
    },
  });
  if (listed) return tally.announced('the summary', announced);
  if (violated.size > 0) tally.suite();
  for (const [full, { failed, message }] of violated) {
    const [suite = '', name] = full.split('::', 2);
    tally.case({ outcome: failed ? 'failed' : 'passed', name: name ?? suite, suite, message, ms: null });
  }
}
