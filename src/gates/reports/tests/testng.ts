import type { ByteStream } from '../model.ts';
import { wholeNumber } from '../text.ts';
import { child, readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/**
 * TestNG's `testng-results.xml`: each `<test-method>`; a suite is a class of a `<test>`. Methods that set up or take down
 * are no tests, but one that failed is an error. What a retry analyser ran again (`retried`) is an attempt, not a test.
 */
export async function readTestNg(bytes: ByteStream, tally: TestTally): Promise<void> {
  let suite = '';
  let announced: number | null = null;
  let ignored = 0;
  let shown = 0;
  let took: number | null = null;
  const retried = new Set<string>();
  await readRecords(bytes, {
    isRecord: (name) => name === 'test-method',
    open(name, attributes, path) {
      if (path.length === 0) {
        announced = wholeNumber(attributes['total']);
        ignored = wholeNumber(attributes['ignored']) ?? 0;
      } else if (name === 'suite') took = (took ?? 0) + (wholeNumber(attributes['duration-ms']) ?? 0);
      else if (name === 'class') {
        suite = attributes['name'] ?? '';
        tally.suite();
      }
    },
    record(node) {
      const { attributes } = node;
      const status = (attributes['status'] ?? '').toUpperCase();
      const key = JSON.stringify([suite, attributes['signature'] ?? attributes['name']]);
      const set = attributes['is-config'] === 'true';
      if (!set) shown++;
      if (attributes['retried'] === 'true') return void retried.add(key);
      if (set && status !== 'FAIL') return;
      const error = child(node, 'exception');
      tally.case({
        outcome: set ? 'errored' : status === 'PASS' ? 'passed' : status === 'SKIP' ? 'skipped' : status === 'FAIL' ? 'failed' : 'errored',
        name: attributes['name'] ?? '',
        suite,
        message: textOf(error, 'message'),
        text: textOf(error, 'full-stacktrace') ?? textOf(error, 'short-stacktrace'),
        ms: wholeNumber(attributes['duration-ms']),
        flaky: status === 'PASS' && retried.has(key),
      });
    },
  });
  tally.duration(took);
  // Ignored tests are counted in the total and have no method.
  tally.announced('the summary', announced === null ? null : announced - ignored, shown);
}
