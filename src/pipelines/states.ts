import { defineMachine } from '../kernel/machine.ts';

/** The machines of runs, jobs and steps. Data of a state lives in the rows; these say what may follow what. */

export type RunState = 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';

export const runMachine = defineMachine<RunState>('run', 'queued', {
  queued: ['running', 'cancelling', 'cancelled', 'succeeded', 'failed'],
  running: ['cancelling', 'cancelled', 'succeeded', 'failed'],
  cancelling: ['cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
});

export type JobState = 'waiting' | 'queued' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'skipped' | 'refused';

/**
 * waiting: for the jobs it needs. queued: for a runner. running: a runner holds its lease. From running back to queued:
 * a retry, or a runner that was lost. refused: the runner would not run the plan (its signature, or its machine).
 */
export const jobMachine = defineMachine<JobState>('job', 'waiting', {
  waiting: ['queued', 'skipped', 'cancelled', 'failed'],
  queued: ['running', 'cancelled', 'failed'],
  running: ['queued', 'succeeded', 'failed', 'timed-out', 'cancelled', 'refused'],
  succeeded: [],
  failed: [],
  'timed-out': [],
  cancelled: [],
  skipped: [],
  refused: [],
});

export type StepState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'skipped';

export const stepMachine = defineMachine<StepState>('step', 'waiting', {
  waiting: ['running', 'succeeded', 'failed', 'timed-out', 'cancelled', 'skipped'],
  running: ['succeeded', 'failed', 'timed-out', 'cancelled'],
  succeeded: [],
  failed: [],
  'timed-out': [],
  cancelled: [],
  skipped: [],
});

/** The machines of this slice, for docs/flow.md. */
export const pipelineMachines = [runMachine, jobMachine, stepMachine];
