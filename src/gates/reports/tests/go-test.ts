import type { JsonObject } from '../json.ts';
import { asObject, numberAt, textAt } from '../json.ts';
import type { Outcome, TestTally } from './tally.ts';

/** Whether this is an event of `go test -json` (test2json). */
export function isGoTest(first: JsonObject): boolean {
  return textAt(first, 'Action') !== null && (textAt(first, 'Package') !== null || textAt(first, 'ImportPath') !== null);
}

const ENDS: Readonly<Record<string, Outcome>> = { pass: 'passed', fail: 'failed', skip: 'skipped' };

/**
 * `go test -json`: each test and subtest that ended counts; a package that failed without a failed test did not build or
 * panicked, and is an error. A test that began and did not end makes the report incomplete, but where its package failed.
 */
export function readGoTest(events: readonly unknown[], tally: TestTally): void {
  const open = new Map<string, { suite: string; name: string; output: string }>();
  const failed = new Set<string>();
  const packages = new Set<string>();
  let ms = 0;
  for (const value of events) {
    const event = asObject(value);
    const suite = textAt(event, 'Package') ?? '';
    const name = textAt(event, 'Test');
    const action = textAt(event, 'Action') ?? '';
    const key = JSON.stringify([suite, name]);
    const seconds = numberAt(event, 'Elapsed');
    if (name === null) {
      const end = ENDS[action];
      if (end === undefined || suite === '') continue;
      packages.add(suite);
      tally.suite();
      ms += (seconds ?? 0) * 1000;
      if (end !== 'failed') continue;
      for (const [own, test] of open) {
        if (test.suite !== suite) continue;
        open.delete(own);
        failed.add(suite);
        tally.case({ outcome: 'errored', name: test.name, suite, message: 'it did not end', text: test.output, ms: null });
      }
      if (!failed.has(suite)) tally.case({ outcome: 'errored', name: suite, suite, message: 'the package failed', ms: null });
    } else if (action === 'run') open.set(key, { suite, name, output: '' });
    else if (action === 'output') {
      const test = open.get(key);
      if (test !== undefined && test.output.length < 4000) test.output += textAt(event, 'Output') ?? '';
    } else if (ENDS[action] !== undefined) {
      if (action === 'fail') failed.add(suite);
      const text = open.get(key)?.output ?? null;
      open.delete(key);
      tally.case({ outcome: ENDS[action] ?? 'errored', name, suite, text, ms: seconds === null ? null : Math.round(seconds * 1000) });
    }
  }
  tally.duration(Math.round(ms));
  if (open.size > 0) tally.lacks(`${open.size} tests began and did not end: it is not complete`);
}
