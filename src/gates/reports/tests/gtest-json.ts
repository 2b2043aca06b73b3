import type { JsonObject } from '../json.ts';
import { member, numberAt, objectsAt, textAt } from '../json.ts';
import { secondsToMs } from '../text.ts';
import type { TestTally } from './tally.ts';

/** Whether this is what GoogleTest writes with `--gtest_output=json`. */
export function isGtestJson(root: JsonObject): boolean {
  const suites = member(root, 'testsuites');
  return numberAt(root, 'tests') !== null && Array.isArray(suites) && numberAt(root, 'failures') !== null;
}

/** GoogleTest's JSON: a test that did not run (disabled, filtered) or skipped itself is skipped. */
export function readGtestJson(root: JsonObject, tally: TestTally): void {
  for (const suite of objectsAt(root, 'testsuites') ?? []) {
    tally.suite();
    const name = textAt(suite, 'name') ?? '';
    const tests = objectsAt(suite, 'testsuite') ?? [];
    for (const test of tests) {
      const failures = (objectsAt(test, 'failures') ?? []).map((one) => textAt(one, 'failure') ?? '');
      const ran = textAt(test, 'status') !== 'NOTRUN' && !['SKIPPED', 'SUPPRESSED'].includes(textAt(test, 'result') ?? '');
      tally.case({
        outcome: failures.length > 0 ? 'failed' : ran ? 'passed' : 'skipped',
        name: textAt(test, 'name') ?? '',
        suite: textAt(test, 'classname') ?? name,
        file: textAt(test, 'file'),
        message: failures[0] ?? null,
        text: failures.join('\n'),
        ms: seconds(textAt(test, 'time')),
      });
    }
    const hidden = (objectsAt(suite, 'failures') ?? []).length;
    // What failed while a whole suite was set up or taken down is of none of its tests.
    for (let each = 0; each < hidden; each++) tally.case({ outcome: 'errored', name, suite: name, ms: null });
    tally.announced(`suite ${JSON.stringify(name.slice(0, 80))}`, numberAt(suite, 'tests'), tests.length);
  }
  tally.duration(seconds(textAt(root, 'time')));
  tally.announced('the summary', numberAt(root, 'tests'));
}

/** `0.25s` in milliseconds. */
function seconds(text: string | null): number | null {
  return secondsToMs(/^(\d{1,9}(?:\.\d{1,12})?)s$/.exec(text ?? '')?.[1]);
}
