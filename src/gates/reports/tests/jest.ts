import type { JsonObject } from '../json.ts';
import { member, numberAt, objectsAt, textAt } from '../json.ts';
import type { Outcome, TestTally } from './tally.ts';

/** Whether this is what `jest --json` (and Vitest's json reporter) writes. */
export function isJest(root: JsonObject): boolean {
  return numberAt(root, 'numTotalTests') !== null && Array.isArray(member(root, 'testResults'));
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  passed: 'passed', failed: 'failed', pending: 'skipped', skipped: 'skipped', todo: 'skipped', disabled: 'skipped', focused: 'passed',
}; // prettier-ignore

/** `jest --json`: a suite is a file. A file that could not be run is an error, whatever the tests say. */
export function readJest(root: JsonObject, tally: TestTally): void {
  let ms = 0;
  for (const file of objectsAt(root, 'testResults') ?? []) {
    tally.suite();
    const path = textAt(file, 'name') ?? textAt(file, 'testFilePath') ?? '';
    const tests = objectsAt(file, 'assertionResults') ?? objectsAt(file, 'testResults') ?? [];
    const [start, end] = [numberAt(file, 'startTime'), numberAt(file, 'endTime')];
    if (start !== null && end !== null && end > start) ms += end - start;
    if (tests.length === 0 && textAt(file, 'status') === 'failed')
      tally.case({ outcome: 'errored', name: path, suite: path, file: path, message: textAt(file, 'message'), ms: null });
    for (const test of tests) {
      const said = member(test, 'failureMessages');
      tally.case({
        outcome: OUTCOMES[textAt(test, 'status') ?? ''] ?? 'errored',
        name: textAt(test, 'fullName') ?? textAt(test, 'title') ?? '',
        suite: path,
        file: path,
        message: Array.isArray(said) ? said.filter((one) => typeof one === 'string').join('\n') : null,
        ms: numberAt(test, 'duration'),
        flaky: (numberAt(test, 'invocations') ?? 1) > 1,
      });
    }
  }
  tally.duration(Math.round(ms));
  tally.announced('the summary', numberAt(root, 'numTotalTests'));
  if (member(root, 'wasInterrupted') === true) tally.lacks('the run was interrupted');
  else if (member(root, 'success') === false) tally.mustBeBad('the summary');
}
