import type { ByteStream } from '../model.ts';
import { decodeText, linesOf } from '../text.ts';
import { ReportFault } from '../model.ts';
import type { TestTally } from './tally.ts';

const POINT = /^(ok|not ok)\b(?:\s+\d{1,9})?\s*(?:-\s*)?([^#]*)(?:#\s*(skip|todo)\b.*)?/i;

/**
 * TAP 12 to 14 (testanything.org). The points of the outermost level count; those of a subtest are part of theirs. A
 * failing point with the directive TODO is expected and skipped. Without a plan, with fewer points than it, or with
 * `Bail out!` the report is not complete.
 */
export async function readTap(bytes: ByteStream, tally: TestTally): Promise<void> {
  let plan: number | null = null;
  tally.suite();
  for await (const line of linesOf(decodeText(bytes))) {
    const [, last] = /^1\.\.(\d{1,9})\b/.exec(line) ?? [];
    if (last !== undefined) {
      if (plan !== null) throw new ReportFault('the report has two plans');
      plan = Number(last);
    } else if (/^Bail out!/i.test(line)) tally.lacks(`it gave up: ${line.slice(0, 200)}`);
    const [, how, name, directive] = POINT.exec(line) ?? [];
    if (how === undefined) continue;
    const skipped = directive?.toLowerCase() === 'skip' || (directive?.toLowerCase() === 'todo' && how.toLowerCase() !== 'ok');
    tally.case({
      outcome: skipped ? 'skipped' : how.toLowerCase() === 'ok' ? 'passed' : 'failed',
      name: (name ?? '').trim(),
      suite: '',
      ms: null,
    });
  }
  if (plan === null) tally.lacks('it has no plan: it is not complete');
  else tally.announced('its plan', plan);
}
