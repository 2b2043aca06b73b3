import type { JsonObject } from '../json.ts';
import { member, numberAt, objectAt, objectsAt, textAt } from '../json.ts';
import type { Outcome, TestTally } from './tally.ts';

/** Whether this is a report in the Common Test Report Format (ctrf.io). */
export function isCtrf(root: JsonObject): boolean {
  const results = objectAt(root, 'results');
  return Array.isArray(member(results, 'tests')) && numberAt(objectAt(results, 'summary'), 'tests') !== null;
}

const OUTCOMES: Readonly<Record<string, Outcome>> = { passed: 'passed', failed: 'failed', skipped: 'skipped', pending: 'skipped' };

/** CTRF: each test by its status; `other` is none that is known, and counts as an error. */
export function readCtrf(root: JsonObject, tally: TestTally): void {
  const results = objectAt(root, 'results');
  const suites = new Set<string>();
  for (const test of objectsAt(results, 'tests') ?? []) {
    const said = member(test, 'suite');
    const suite = Array.isArray(said) ? said.filter((one) => typeof one === 'string').join(' > ') : (textAt(test, 'suite') ?? '');
    if (!suites.has(suite)) tally.suite();
    suites.add(suite);
    tally.case({
      outcome: OUTCOMES[textAt(test, 'status') ?? ''] ?? 'errored',
      name: textAt(test, 'name') ?? '',
      suite,
      file: textAt(test, 'filePath'),
      message: textAt(test, 'message'),
      text: textAt(test, 'trace'),
      ms: numberAt(test, 'duration'),
      flaky: member(test, 'flaky') === true,
    });
  }
  const summary = objectAt(results, 'summary');
  const [start, stop] = [numberAt(summary, 'start'), numberAt(summary, 'stop')];
  if (start !== null && stop !== null && stop > start) tally.duration(stop - start);
  tally.announced('the summary', numberAt(summary, 'tests'));
}
