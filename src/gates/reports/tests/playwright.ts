import type { JsonObject } from '../json.ts';
import { member, numberAt, objectAt, objectsAt, textAt } from '../json.ts';
import { ReportFault } from '../model.ts';
import type { Outcome, TestTally } from './tally.ts';

const DEEP = 200;

/** Whether this is what Playwright's JSON reporter writes. */
export function isPlaywright(root: JsonObject): boolean {
  return Array.isArray(member(root, 'suites')) && numberAt(objectAt(root, 'stats'), 'expected') !== null;
}

const OUTCOMES: Readonly<Record<string, Outcome>> = { expected: 'passed', flaky: 'passed', unexpected: 'failed', skipped: 'skipped' };

/**
 * Playwright's JSON: each test of each project. A test that passed after a retry is flaky. Errors outside of tests (a
 * file that can't be loaded) are errors, and a test that was interrupted makes the report incomplete.
 */
export function readPlaywright(root: JsonObject, tally: TestTally): void {
  const read = (suite: JsonObject, path: string, depth: number): void => {
    if (depth > DEEP) throw new ReportFault(`its suites are nested deeper than ${DEEP}`);
    const title = [path, textAt(suite, 'title') ?? ''].filter((one) => one !== '').join(' › ');
    const specs = objectsAt(suite, 'specs') ?? [];
    if (specs.length > 0) tally.suite();
    for (const spec of specs) for (const test of objectsAt(spec, 'tests') ?? []) add(tally, spec, test, title);
    for (const inner of objectsAt(suite, 'suites') ?? []) read(inner, title, depth + 1);
  };
  for (const suite of objectsAt(root, 'suites') ?? []) read(suite, '', 0);
  const stats = objectAt(root, 'stats');
  const announced = ['expected', 'unexpected', 'flaky', 'skipped'].reduce((sum, key) => sum + (numberAt(stats, key) ?? 0), 0);
  tally.duration(numberAt(stats, 'duration'));
  tally.announced('its stats', announced);
  for (const error of objectsAt(root, 'errors') ?? [])
    tally.case({ outcome: 'errored', name: 'outside of tests', suite: '', message: textAt(error, 'message'), ms: null });
}

function add(tally: TestTally, spec: JsonObject, test: JsonObject, suite: string): void {
  const results = objectsAt(test, 'results') ?? [];
  const last = results.at(-1);
  const status = textAt(test, 'status') ?? '';
  const name = textAt(spec, 'title') ?? '';
  const project = textAt(test, 'projectName') ?? '';
  if (textAt(last, 'status') === 'interrupted') tally.lacks(`the test ${JSON.stringify(name.slice(0, 100))} was interrupted`);
  const error = objectAt(last, 'error');
  tally.case({
    outcome: OUTCOMES[status] ?? 'errored',
    name: project === '' ? name : `[${project}] ${name}`,
    suite,
    file: textAt(spec, 'file'),
    message: textAt(error, 'message'),
    text: textAt(error, 'stack'),
    ms: numberAt(last, 'duration'),
    flaky: status === 'flaky',
  });
}
