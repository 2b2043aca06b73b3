import type { JobPlan } from '../../contract/runner.ts';
import type { JobState } from '../states.ts';

/** How a runner says that an attempt ended. */
export type Result = 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'refused';
export type Ending = { readonly result: Result; readonly cause: string | null };

type Told = {
  readonly result: Result;
  readonly cause: string | null;
  readonly artifacts: readonly { readonly name: string }[];
};

/**
 * What an attempt's end counts as. A success without everything that the plan promised is a failure; a job that was
 * told to stop and did not succeed was cancelled.
 */
export function endingOf(told: Told, plan: Pick<JobPlan, 'artifacts'>, cancelRequested: boolean): Ending {
  if (told.result !== 'succeeded')
    return cancelRequested ? { result: 'cancelled', cause: told.cause } : { result: told.result, cause: told.cause };
  const missing = plan.artifacts.filter((promised) => !told.artifacts.some((made) => made.name === promised.name));
  if (missing.length === 0) return { result: 'succeeded', cause: null };
  return { result: 'failed', cause: `it promised and did not deliver: ${missing.map((artifact) => artifact.name).join(', ')}` };
}

/** What an attempt is tried again for: a failure or a time-out, as often as its pipeline says, unless somebody stops it. */
export function retries(ending: Ending, attempt: number, maxAttempts: number, stopping: boolean): boolean {
  return !stopping && attempt < maxAttempts && (ending.result === 'failed' || ending.result === 'timed-out');
}

/**
 * What becomes of a job whose runner was lost. The attempt may have done anything, but a job only builds: it is given
 * to another runner once even where its pipeline asks for no retry, and as often as it asks beyond that.
 */
export function afterLoss(attempt: number, maxAttempts: number, stopping: boolean): Extract<JobState, 'queued' | 'failed' | 'cancelled'> {
  if (stopping) return 'cancelled';
  return attempt < Math.max(maxAttempts, 2) ? 'queued' : 'failed';
}
