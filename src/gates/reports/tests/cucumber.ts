import type { JsonObject } from '../json.ts';
import { member, numberAt, objectAt, objectsAt, textAt } from '../json.ts';
import type { Outcome, TestTally } from './tally.ts';

/** Whether this is one feature of Cucumber's JSON formatter, a list of which is the report. */
export function isCucumber(first: JsonObject): boolean {
  return Array.isArray(member(first, 'elements')) && (textAt(first, 'keyword') !== null || textAt(first, 'uri') !== null);
}

/** Cucumber's JSON formatter: a scenario is a test (backgrounds are part of theirs), a feature a suite. Durations are nanoseconds. */
export function readCucumber(features: readonly JsonObject[], tally: TestTally): void {
  for (const feature of features) {
    tally.suite();
    for (const element of objectsAt(feature, 'elements') ?? []) {
      if (textAt(element, 'type') === 'background') continue;
      const steps = ['before', 'steps', 'after'].flatMap((key) => objectsAt(element, key) ?? []);
      const results = steps.map((step) => objectAt(step, 'result'));
      const bad = results.find((result) => textAt(result, 'status') === 'failed');
      const nanos = results.reduce((sum, result) => sum + (numberAt(result, 'duration') ?? 0), 0);
      tally.case({
        outcome: outcomeOf(results),
        name: textAt(element, 'name') ?? '',
        suite: textAt(feature, 'name') ?? '',
        file: textAt(feature, 'uri'),
        message: textAt(bad, 'error_message'),
        ms: Math.round(nanos / 1e6),
      });
    }
  }
}

/** Undefined and ambiguous steps are errors of the suite; pending and skipped ones did not run. */
function outcomeOf(results: readonly (JsonObject | null)[]): Outcome {
  const words = new Set(results.map((result) => textAt(result, 'status')));
  if (words.has('failed')) return 'failed';
  if (words.has('undefined') || words.has('ambiguous')) return 'errored';
  return words.has('pending') || words.has('skipped') ? 'skipped' : words.has('passed') || words.size === 0 ? 'passed' : 'errored';
}
