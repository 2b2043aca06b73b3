import type { JobState, RunState } from '../states.ts';
import { jobMachine, runMachine } from '../states.ts';
import { isTerminal } from '../../kernel/machine.ts';

/** What scheduling reads of a job. `declared` is its name in the file; the cells of a matrix share it. */
export type Scheduled = { readonly id: string; readonly declared: string; readonly needs: readonly string[]; readonly state: JobState };

/** Whether a job whose needs have all ended runs; `unknown` is never yes: the job fails and says why. */
export type Wanted =
  { readonly kind: 'run' } | { readonly kind: 'skip'; readonly why: string } | { readonly kind: 'unknown'; readonly why: string };

/** Decides one job whose needs have all ended, from the jobs as they stand. */
export type Decide<Job extends Scheduled> = (job: Job, jobs: readonly Job[]) => Wanted;

export type Move = { readonly job: string; readonly to: 'queued' | 'skipped' | 'failed'; readonly why: string | null };

/** How the jobs that `job` needs ended, folded over their matrix cells: failed before cancelled before skipped. */
export function resultOf(declared: string, jobs: readonly Scheduled[]): 'succeeded' | 'failed' | 'skipped' | 'cancelled' | null {
  const states = jobs.filter((job) => job.declared === declared).map((job) => job.state);
  if (states.length === 0 || states.some((state) => !isTerminal(jobMachine, state))) return null;
  if (states.some((state) => state === 'failed' || state === 'timed-out' || state === 'refused')) return 'failed';
  if (states.includes('cancelled')) return 'cancelled';
  return states.every((state) => state === 'skipped') ? 'skipped' : 'succeeded';
}

/**
 * Every move that can be made now, in an order in which they can be applied: a skipped job may end what another waits
 * for. Pure: `decide` holds the conditions of the pipeline.
 */
export function movesOf<Job extends Scheduled>(jobs: readonly Job[], decide: Decide<Job>): Move[] {
  const moves: Move[] = [];
  let current = jobs;
  for (let changed = true; changed;) {
    changed = false;
    for (const job of current) {
      if (job.state !== 'waiting' || job.needs.some((need) => resultOf(need, current) === null)) continue;
      const wanted = decide(job, current);
      const to = wanted.kind === 'run' ? 'queued' : wanted.kind === 'skip' ? 'skipped' : 'failed';
      moves.push({ job: job.id, to, why: wanted.kind === 'run' ? null : wanted.why });
      current = current.map((other) => (other.id === job.id ? { ...other, state: to } : other));
      changed = true;
    }
  }
  return moves;
}

/** The end of a run whose jobs have all ended, or null where one has not. A run that is being cancelled ends cancelled. */
export function endOf(state: RunState, jobs: readonly Scheduled[]): Extract<RunState, 'succeeded' | 'failed' | 'cancelled'> | null {
  if (isTerminal(runMachine, state) || jobs.some((job) => !isTerminal(jobMachine, job.state))) return null;
  if (state === 'cancelling') return 'cancelled';
  const results = jobs.map((job) => resultOf(job.declared, jobs));
  if (results.includes('failed')) return 'failed';
  return results.includes('cancelled') ? 'cancelled' : 'succeeded';
}
