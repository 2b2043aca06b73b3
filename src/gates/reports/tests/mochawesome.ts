import type { JsonObject } from '../json.ts';
import { member, numberAt, objectAt, objectsAt, textAt } from '../json.ts';
import { ReportFault } from '../model.ts';
import type { Outcome, TestTally } from './tally.ts';

const DEEP = 200;

/** Whether this is what Mochawesome (Mocha, Cypress) writes. */
export function isMochawesome(root: JsonObject): boolean {
  const results = member(root, 'results');
  return (
    numberAt(objectAt(root, 'stats'), 'tests') !== null && Array.isArray(results) && objectAt(root, 'stats') !== null && !('tests' in root)
  );
}

/** Mochawesome's JSON: suites inside suites. A hook that failed is an error; a test that a hook kept from running is skipped. */
export function readMochawesome(root: JsonObject, tally: TestTally): void {
  let shown = 0;
  const read = (suite: JsonObject, path: string, file: string | null, depth: number): void => {
    if (depth > DEEP) throw new ReportFault(`its suites are nested deeper than ${DEEP}`);
    const title = [path, textAt(suite, 'title') ?? ''].filter((one) => one !== '').join(' ');
    const own = textAt(suite, 'file') || file;
    const tests = objectsAt(suite, 'tests') ?? [];
    if (tests.length > 0) tally.suite();
    for (const test of tests) add(tally, test, title, own);
    shown += tests.length;
    for (const hook of ['beforeHooks', 'afterHooks'].flatMap((key) => objectsAt(suite, key) ?? []))
      if (member(hook, 'fail') === true) add(tally, hook, title, own, 'errored');
    for (const inner of objectsAt(suite, 'suites') ?? []) read(inner, title, own, depth + 1);
  };
  for (const result of objectsAt(root, 'results') ?? []) read(result, '', null, 0);
  const stats = objectAt(root, 'stats');
  tally.duration(numberAt(stats, 'duration'));
  tally.announced('its stats', numberAt(stats, 'testsRegistered') ?? numberAt(stats, 'tests'), shown);
}

function add(tally: TestTally, test: JsonObject, suite: string, file: string | null, given?: Outcome): void {
  const state = textAt(test, 'state');
  const failed = state === 'failed' || member(test, 'fail') === true;
  const passed = state === 'passed' || member(test, 'pass') === true;
  const error = objectAt(test, 'err');
  tally.case({
    outcome: given ?? (failed ? 'failed' : passed ? 'passed' : 'skipped'),
    name: textAt(test, 'fullTitle') ?? textAt(test, 'title') ?? '',
    suite,
    file,
    message: textAt(error, 'message'),
    text: textAt(error, 'estack'),
    ms: numberAt(test, 'duration'),
  });
}
