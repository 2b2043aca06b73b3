import { isTerminal } from '../../kernel/machine.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { findAttempt, type AttemptRow } from '../engine/attempt.store.ts';
import { findJob } from '../engine/job.store.ts';
import { noSuchJob } from '../pipelines.problems.ts';
import { jobMachine } from '../states.ts';
import { wholeCharacters } from './append.ts';
import { openLog } from './log-source.views.ts';
import { readParts } from './log.store.ts';

export type LogQuestion = { readonly job: string; readonly attempt?: number | undefined; readonly offset: number; readonly waitMs: number };
export type LogAnswer = {
  readonly attempt: number;
  readonly offset: number;
  readonly text: string;
  readonly next: number;
  readonly end: boolean;
};

const AT_ONCE = 256 * 1024;

/**
 * The log of a job from a byte offset, in whole UTF-8 characters, a quarter of a MiB at once; waits up to `waitMs` for
 * more. `end`: this attempt's log will not grow, and all of it has been read.
 */
export async function followLog(floor: Floor, org: string, question: LogQuestion, signal?: AbortSignal): Promise<LogAnswer> {
  const watch = floor.bus.watch([`log:${question.job}`, `job:${question.job}`], signal);
  const deadline = performance.now() + question.waitMs;
  try {
    for (;;) {
      const answer = await readLog(floor, org, question);
      const left = deadline - performance.now();
      if (answer.text !== '' || answer.end || left <= 0 || signal?.aborted === true) return answer;
      await watch.next(left);
    }
  } finally {
    watch.close();
  }
}

async function readLog(floor: Floor, org: string, { job: id, attempt: wanted, offset }: LogQuestion): Promise<LogAnswer> {
  const found = await floor.db.read(org, async (tx) => {
    const job = await findJob(tx, id);
    if (job === null) throw noSuchJob({ job: id });
    const number = wanted ?? job.attempt;
    const attempt = await findAttempt(tx, id, number);
    if (attempt === null && wanted !== undefined) throw noSuchJob({ job: id });
    return {
      number,
      attempt,
      over: isTerminal(jobMachine, job.state),
      bytes: attempt === null ? Buffer.alloc(0) : await rowsOf(tx, attempt, offset),
    };
  });
  const { attempt, number } = found;
  if (attempt === null) return { attempt: number, offset, text: '', next: offset, end: found.over };
  const bytes = attempt.log_digest === null ? found.bytes : await sealedBytes(floor, org, id, number, offset);
  const ended = attempt.finished_at !== null;
  const last = offset + bytes.length >= attempt.log_stored;
  // The last bytes of an ended log are shown whatever they are; elsewhere a cut character waits for its rest.
  const shown = ended && last ? bytes : wholeCharacters(bytes);
  const next = offset + shown.length;
  return { attempt: number, offset, text: Buffer.from(shown).toString('utf8'), next, end: ended && next >= attempt.log_stored };
}

/** From the sealed log, verified block by block. */
async function sealedBytes(floor: Floor, org: string, job: string, attempt: number, offset: number): Promise<Buffer> {
  const source = await openLog(floor, org, job, attempt);
  const first = await source.read(offset);
  const more = first.length < AT_ONCE ? await source.read(offset + first.length) : Buffer.alloc(0);
  return Buffer.concat([first, more]).subarray(0, AT_ONCE);
}

async function rowsOf(tx: Tx, attempt: AttemptRow, offset: number): Promise<Buffer> {
  if (attempt.log_digest !== null) return Buffer.alloc(0);
  return (await readParts(tx, { job: attempt.job_id, attempt: attempt.attempt }, offset, AT_ONCE)).subarray(0, AT_ONCE);
}
