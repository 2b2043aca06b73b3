import type { ByteStream } from '../model.ts';
import { secondsToMs, wholeNumber } from '../text.ts';
import { child, readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/**
 * CppUnit and what writes like it: AUnit (`<TestRun elapsed>`, all tests are `<Test>`), embUnit (suites between). A
 * failure of the type `Assertion` (or without one) failed, any other errored. `Statistics` says how many there were.
 */
export async function readCppUnit(bytes: ByteStream, tally: TestTally): Promise<void> {
  let announced: number | null = null;
  await readRecords(bytes, {
    isRecord: (name, path) => name === 'Test' || name === 'FailedTest' || (name === 'Statistics' && path.length > 0),
    open(_, attributes, path) {
      if (path.length === 0) tally.suite();
      if (path.length === 0) tally.duration(secondsToMs(attributes['elapsed']));
    },
    record(node, path) {
      if (node.name === 'Statistics') {
        announced = (announced ?? 0) + (wholeNumber(textOf(node, 'Tests') ?? undefined) ?? 0);
        return;
      }
      const bad = node.name === 'FailedTest' || path.at(-1) === 'FailedTests' || child(node, 'FailureType') !== null;
      const kind = textOf(node, 'FailureType') ?? '';
      const name = textOf(node, 'Name') ?? node.attributes['name'] ?? '';
      const [suite, own] = /^(.*?)(?:::|\.)(.*)$/s.exec(name)?.slice(1) ?? ['', name];
      tally.case({
        outcome:
          path.at(-1) === 'SkippedTests' || path.at(-1) === 'IgnoredTests'
            ? 'skipped'
            : bad
              ? kind === '' || /^(?:assertion|fail(?:ure|ed)?)$/i.test(kind)
                ? 'failed'
                : 'errored'
              : 'passed',
        name: own ?? name,
        suite: suite ?? '',
        file: textOf(node, 'Location', 'File'),
        message: textOf(node, 'Message'),
        ms: secondsToMs(textOf(node, 'Time') ?? node.attributes['elapsed']),
      });
    },
  });
  tally.announced('the summary', announced);
}
