import type { JsonObject } from '../json.ts';
import { asObject, member, numberAt, objectAt, textAt } from '../json.ts';
import type { Outcome, TestTally } from './tally.ts';

/** Whether the first event is that of the JSON reporter of `dart test` or `flutter test`. */
export function isDart(first: JsonObject): boolean {
  return textAt(first, 'protocolVersion') !== null && textAt(first, 'type') === 'start';
}

/**
 * The JSON reporter of Dart's test package: a stream of events. Hidden tests (loading a file) are no tests, but a file
 * that can't be loaded is an error. Without the event `done`, or with a test that began and did not end, it was cut off.
 */
export function readDart(events: readonly unknown[], tally: TestTally): void {
  const names = new Map<number, { name: string; url: string | null; from: number }>();
  const errors = new Map<number, { message: string; text: string }>();
  let done = false;
  for (const value of events) {
    const event = asObject(value);
    const type = textAt(event, 'type');
    const id = numberAt(event, 'testID') ?? -1;
    if (type === 'suite') tally.suite();
    else if (type === 'testStart') {
      const test = objectAt(event, 'test');
      names.set(numberAt(test, 'id') ?? -1, {
        name: textAt(test, 'name') ?? '',
        url: textAt(test, 'url'),
        from: numberAt(event, 'time') ?? 0,
      });
    } else if (type === 'error') {
      errors.set(id, { message: textAt(event, 'error') ?? '', text: textAt(event, 'stackTrace') ?? '' });
    } else if (type === 'testDone') {
      const test = names.get(id);
      names.delete(id);
      const outcome = outcomeOf(event);
      if (member(event, 'hidden') === true && outcome === 'passed') continue;
      const ms = Math.max(0, (numberAt(event, 'time') ?? 0) - (test?.from ?? 0));
      tally.case({ outcome, name: test?.name ?? '', suite: '', file: test?.url ?? null, ...errors.get(id), ms });
      errors.delete(id);
    } else if (type === 'done') {
      done = true;
      // `null`: it was closed before all tests had run.
      if (member(event, 'success') === null) tally.lacks('the run was stopped before its end');
      else if (member(event, 'success') === false) tally.mustBeBad('the last event');
    }
  }
  if (!done) tally.lacks('the events end before the run did: it is not complete');
  else if (names.size > 0) tally.lacks(`${names.size} tests began and did not end: it is not complete`);
}

function outcomeOf(event: JsonObject | null): Outcome {
  if (member(event, 'skipped') === true) return 'skipped';
  const result = textAt(event, 'result');
  return result === 'success' ? 'passed' : result === 'failure' ? 'failed' : 'errored';
}
