import type { JsonObject } from '../json.ts';
import { member, numberAt, objectAt, objectsAt, textAt } from '../json.ts';
import type { Outcome, TestTally } from './tally.ts';

/** Whether this is what pytest-json-report writes. */
export function isPytestJson(root: JsonObject): boolean {
  return numberAt(root, 'exitcode') !== null && objectAt(root, 'summary') !== null && Array.isArray(member(root, 'tests'));
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  passed: 'passed', failed: 'failed', error: 'errored', skipped: 'skipped', xfailed: 'skipped', xpassed: 'passed', rerun: 'skipped',
}; // prettier-ignore

/** pytest-json-report: each test with the stages that it went through. A collector that failed is an error. */
export function readPytestJson(root: JsonObject, tally: TestTally): void {
  tally.suite();
  for (const collector of objectsAt(root, 'collectors') ?? []) {
    const name = textAt(collector, 'nodeid') ?? '';
    if (textAt(collector, 'outcome') === 'failed')
      tally.case({ outcome: 'errored', name, suite: name, message: textAt(collector, 'longrepr'), ms: null });
  }
  for (const test of objectsAt(root, 'tests') ?? []) {
    const stages = ['setup', 'call', 'teardown'].map((key) => objectAt(test, key));
    const bad = stages.find((stage) => textAt(stage, 'outcome') === 'failed');
    const seconds = stages.reduce((sum, stage) => sum + (numberAt(stage, 'duration') ?? 0), 0);
    const name = textAt(test, 'nodeid') ?? '';
    tally.case({
      outcome: OUTCOMES[textAt(test, 'outcome') ?? ''] ?? 'errored',
      name,
      suite: name.split('::', 1)[0] ?? '',
      message: textAt(objectAt(bad, 'crash'), 'message'),
      text: textAt(bad, 'longrepr'),
      ms: Math.round(seconds * 1000),
    });
  }
  const seconds = numberAt(root, 'duration');
  tally.duration(seconds === null ? null : Math.round(seconds * 1000));
  tally.announced('the summary', numberAt(objectAt(root, 'summary'), 'total'));
  const exit = numberAt(root, 'exitcode') ?? 0;
  // 0 and 1: all ran. 5: none was found, which the count says. The others: stopped, broken, or called wrongly.
  if (exit === 1) tally.mustBeBad('its exit code');
  else if (exit !== 0 && exit !== 5) tally.lacks(`pytest ended with ${exit}: not all was run`);
}
