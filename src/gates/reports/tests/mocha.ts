import type { JsonObject } from '../json.ts';
import { asObject, member, numberAt, objectAt, objectsAt, textAt } from '../json.ts';
import { ReportFault } from '../model.ts';
import type { TestTally } from './tally.ts';

/** Whether this is what Mocha's JSON reporter writes. */
export function isMocha(root: JsonObject): boolean {
  return (
    numberAt(objectAt(root, 'stats'), 'tests') !== null && Array.isArray(member(root, 'tests')) && Array.isArray(member(root, 'passes'))
  );
}

/**
 * Mocha's JSON reporter. The file is one suite; describe blocks live on in the full titles. A test whose error is of a
 * class of its own, other than an assertion's, errored; any other that did not pass failed.
 */
export function readMocha(root: JsonObject, tally: TestTally): void {
  const key = (test: JsonObject): string => JSON.stringify([textAt(test, 'file'), textAt(test, 'fullTitle')]);
  const keys = (list: string): Map<string, number> => {
    const found = new Map<string, number>();
    for (const test of objectsAt(root, list) ?? []) found.set(key(test), (found.get(key(test)) ?? 0) + 1);
    return found;
  };
  const lists = { pending: keys('pending'), failures: keys('failures'), passes: keys('passes') };
  const taken = (list: Map<string, number>, of: string): boolean => {
    const left = list.get(of) ?? 0;
    if (left > 0) list.set(of, left - 1);
    return left > 0;
  };
  tally.suite();
  for (const test of objectsAt(root, 'tests') ?? []) {
    const error = objectAt(test, 'err');
    const name = key(test);
    const bad = error !== null && Object.keys(error).length > 0;
    const failed = taken(lists.failures, name) || (bad && !taken(lists.passes, name));
    tally.case({
      outcome: failed ? (isError(error) ? 'errored' : 'failed') : taken(lists.pending, name) ? 'skipped' : 'passed',
      name: textAt(test, 'fullTitle') ?? textAt(test, 'title') ?? '',
      suite: '',
      file: textAt(test, 'file'),
      message: textAt(error, 'message'),
      text: textAt(error, 'stack'),
      ms: numberAt(test, 'duration'),
      flaky: (numberAt(test, 'currentRetry') ?? 0) > 0,
    });
  }
  // A hook that failed is no test, and it is listed among the failures.
  for (const test of objectsAt(root, 'failures') ?? []) {
    if (!taken(lists.failures, key(test))) continue;
    const error = objectAt(test, 'err');
    tally.case({ outcome: 'errored', name: textAt(test, 'fullTitle') ?? '', suite: '', message: textAt(error, 'message'), ms: null });
  }
  const stats = asObject(member(root, 'stats'));
  if (stats === null) throw new ReportFault('it has no stats');
  tally.duration(numberAt(stats, 'duration'));
  tally.announced('its stats', numberAt(stats, 'tests'));
}

function isError(error: JsonObject | null): boolean {
  const name = textAt(error, 'name');
  return name !== null && !/assert|^Error$/i.test(name);
}
