import { system } from '../../kernel/actor.ts';
import { plus } from '../../kernel/time.ts';
import type { Sweeper, Task, Tx } from '../../platform/floor.ts';
import { endAttempt } from '../engine/attempt.store.ts';
import { advance } from '../engine/advance.commands.ts';
import { lateJobs, lockJob, moveJob, type JobRow } from '../engine/job.store.ts';
import { lockRunOfJob, type RunRow } from '../engine/run.store.ts';
import { causeDigest, jobFinished } from '../pipelines.events.ts';
import { settle } from './finish.commands.ts';
import { afterLoss } from './outcome.ts';

/** A runner stops a job at its time limit itself; this much later the server does. */
const OVERTIME_MS = 60_000;
/** A job that no runner takes for so long fails and says so. */
const QUEUE_LIMIT_MS = 24 * 3_600_000;

type Late = 'lost' | 'overtime' | 'unclaimed' | null;

/** Why a job can't stay as it is at `now`; null: it can. */
export function lateness(job: Pick<JobRow, 'state' | 'lease_until' | 'started_at' | 'queued_at' | 'timeout_ms'>, now: string): Late {
  if (job.state === 'queued') return job.queued_at !== null && plus(job.queued_at, QUEUE_LIMIT_MS) < now ? 'unclaimed' : null;
  if (job.state !== 'running') return null;
  if (job.lease_until === null || job.lease_until < now) return 'lost';
  return job.started_at !== null && plus(job.started_at, job.timeout_ms + OVERTIME_MS) < now ? 'overtime' : null;
}

/** Gives a job whose runner was lost to another, or ends it. Looks at the row again under its lock: a wake is no verdict. */
export const lapseTask: Task = {
  name: 'pipelines.lapse',
  async run(floor, payload, org) {
    const id = String(payload['job']);
    await floor.db.tx(org, async (tx) => {
      const run = await lockRunOfJob(tx, id);
      const job = run === null ? null : await lockJob(tx, id);
      if (run === null || job === null) return;
      const late = lateness(job, await tx.now());
      if (late === 'unclaimed') await giveUp(tx, run, job);
      else if (late !== null) await takeAway(tx, run, job, late);
    });
  },
};

async function giveUp(tx: Tx, run: RunRow, job: JobRow): Promise<void> {
  await moveJob(tx, job, 'failed', { cause: `no runner of pool "${job.pool}" took it for a day`, finished_at: await tx.now() });
  await advance(tx, run, system(tx.org, 'lapse'));
}

async function takeAway(tx: Tx, run: RunRow, job: JobRow, late: 'lost' | 'overtime'): Promise<void> {
  const actor = system(tx.org, 'lapse');
  const now = await tx.now();
  const stopping = job.cancel_requested || run.state === 'cancelling';
  const to = late === 'overtime' ? 'timed-out' : afterLoss(job.attempt, job.max_attempts, stopping);
  const cause =
    late === 'lost'
      ? `its runner was lost: no heartbeat since its lease ended at ${job.lease_until ?? 'an unknown time'}`
      : 'it ran past its time limit, and its runner did not stop it';
  const outcome = late === 'lost' ? 'lost' : 'timed-out';
  await endAttempt(tx, job.id, job.attempt, {
    result: outcome,
    cause,
    at: now,
    finishDigest: null,
    executor: null,
    isolation: [],
    logBytes: null,
  });
  const again = to === 'queued';
  await moveJob(tx, job, to, { cause, lease_until: null, ...(again ? { queued_at: now } : { finished_at: now }) });
  const body = {
    run: run.id,
    name: job.name,
    attempt: job.attempt,
    runner: job.runner_id,
    outcome,
    causeDigest: causeDigest(cause),
    executor: null,
    isolation: [],
    artifacts: [],
    retried: again,
  };
  await tx.record(jobFinished, { subject: job.id, actor, service: job.service_id, body });
  await settle(tx, actor, run, job, { result: to === 'cancelled' ? 'cancelled' : 'failed', cause }, again);
}

/** Finds jobs whose lease is over, that run past their time, or that nobody takes. */
export const lapseSweeper: Sweeper = {
  name: 'pipelines.lapse',
  async sweep(tx) {
    const now = await tx.now();
    const late = await lateJobs(tx, { now, startedBefore: plus(now, -OVERTIME_MS), queuedBefore: plus(now, -QUEUE_LIMIT_MS) });
    for (const { id, org } of late) await tx.wake(lapseTask.name, id, { job: id, org });
  },
};
