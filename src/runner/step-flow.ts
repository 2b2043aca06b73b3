import type { StepPlan } from '../contract/runner.ts';

/** How a step ended. */
export type StepEnd = 'succeeded' | 'failed' | 'timed-out' | 'cancelled';
/** How a job stands while its steps run: `sound` until something went wrong that counts. */
export type Standing = 'sound' | 'failed' | 'timed-out' | 'cancelled' | 'abandoned';
export type JobResult = 'succeeded' | 'failed' | 'timed-out' | 'cancelled';

/** How long an `always` step may still take once its job's time is over or it was cancelled. */
const CLEAN_UP_MS = 60_000;

/** How long `step` may run now, or null where it is skipped. `leftMs`: what is left of the job's time. */
export function timeFor(step: Pick<StepPlan, 'always' | 'timeoutMs'>, standing: Standing, leftMs: number): number | null {
  if (standing === 'abandoned') return null;
  if (standing === 'sound') return Math.max(1, Math.min(step.timeoutMs, leftMs));
  if (!step.always) return null;
  const late = standing === 'cancelled' || standing === 'timed-out';
  return late ? Math.min(step.timeoutMs, CLEAN_UP_MS) : Math.max(1, Math.min(step.timeoutMs, Math.max(leftMs, CLEAN_UP_MS)));
}

/** How the job stands after a step ended. The first thing that went wrong stays the job's reason. */
export function standingAfter(standing: Standing, step: Pick<StepPlan, 'continueOnError'>, end: StepEnd, jobTimeOver: boolean): Standing {
  if (standing !== 'sound' || end === 'succeeded') return standing;
  if (end === 'cancelled') return 'cancelled';
  if (end === 'timed-out' && jobTimeOver) return 'timed-out';
  if (step.continueOnError) return 'sound';
  return end;
}

/** The job's result from where it stands after its last step. */
export function resultOf(standing: Standing): JobResult {
  return standing === 'sound' ? 'succeeded' : standing === 'abandoned' ? 'cancelled' : standing;
}
