import type { JsonObject } from '../json.ts';
import { member, numberAt, objectAt, objectsAt, textAt } from '../json.ts';
import type { TestTally } from './tally.ts';

/** Whether this is what RSpec's JSON formatter writes. */
export function isRspec(root: JsonObject): boolean {
  return Array.isArray(member(root, 'examples')) && numberAt(objectAt(root, 'summary'), 'example_count') !== null;
}

/** RSpec's JSON: each example; a suite is a file. What went wrong outside of examples (loading a file) is an error. */
export function readRspec(root: JsonObject, tally: TestTally): void {
  const files = new Set<string>();
  for (const one of objectsAt(root, 'examples') ?? []) {
    const file = textAt(one, 'file_path') ?? '';
    if (!files.has(file)) tally.suite();
    files.add(file);
    const status = textAt(one, 'status');
    const exception = objectAt(one, 'exception');
    const seconds = numberAt(one, 'run_time');
    tally.case({
      outcome: status === 'passed' ? 'passed' : status === 'pending' ? 'skipped' : status === 'failed' ? 'failed' : 'errored',
      name: textAt(one, 'full_description') ?? textAt(one, 'description') ?? '',
      suite: file,
      file,
      message: textAt(exception, 'message'),
      ms: seconds === null ? null : Math.round(seconds * 1000),
    });
  }
  const summary = objectAt(root, 'summary');
  const outside = Math.min(numberAt(summary, 'errors_outside_of_examples_count') ?? 0, 1000);
  for (let each = 0; each < outside; each++) tally.case({ outcome: 'errored', name: 'outside of examples', suite: '', ms: null });
  const seconds = numberAt(summary, 'duration');
  tally.duration(seconds === null ? null : Math.round(seconds * 1000));
  tally.announced('the summary', numberAt(summary, 'example_count'), tally.total - outside);
}
