import type { Actor } from '../../kernel/actor.ts';
import { plus } from '../../kernel/time.ts';
import { Refused } from '../../platform/http/handler.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { findJob, lockJob, saveJob, type JobRow } from '../engine/job.store.ts';
import { moveStep, type StepChange } from '../engine/attempt.store.ts';
import { insertStaleWrite } from './stale-write.store.ts';
import { leaseLost } from '../pipelines.problems.ts';
import { writeRefused } from '../pipelines.events.ts';
import { mayFollow } from '../../kernel/machine.ts';
import { stepMachine, type StepState } from '../states.ts';

/** By what a runner says that a job is its own. */
export type Holder = { readonly runner: string; readonly job: string; readonly attempt: number; readonly token: number };
export type Go = { readonly until: string; readonly cancel: boolean };

/** Distinct refused writes that are kept of one runner for one job; a runner that lies on gets the same answer, unrecorded. */
const KEPT_REFUSALS = 20;

/**
 * The job, locked, where `holder` holds its lease; else null. A lease whose time is over but whose job was given to
 * nobody else still holds: what fences is the token, and a server that was away must not cost a build.
 */
export async function holdJob(tx: Tx, holder: Holder): Promise<JobRow | null> {
  const job = await lockJob(tx, holder.job);
  return job !== null && holds(job, holder) ? job : null;
}

/** Whether the lease of `job` is this holder's. */
export function holds(job: Pick<JobRow, 'state' | 'runner_id' | 'attempt' | 'token'>, holder: Holder): boolean {
  return job.state === 'running' && job.runner_id === holder.runner && job.attempt === holder.attempt && job.token === holder.token;
}

/** Refuses a write of a lost lease, and records that it was tried; once for each (job, attempt, token, runner, what). */
export async function refuseWrite(tx: Tx, actor: Actor, holder: Holder, what: string): Promise<Refused> {
  const job = await findJob(tx, holder.job);
  if (job !== null) {
    const fresh = await insertStaleWrite(tx, holder, what, KEPT_REFUSALS);
    if (fresh) {
      const body = { run: job.run_id, attempt: holder.attempt, token: holder.token, what };
      await tx.record(writeRefused, { subject: holder.job, actor, service: job.service_id, body });
    }
  }
  return new Refused(leaseLost({ job: holder.job, attempt: holder.attempt }));
}

/** The same for routes that run without a transaction: records in one of its own and throws. */
export async function refuseAndThrow(floor: Floor, actor: Actor, holder: Holder, what: string): Promise<never> {
  const refused = await floor.db.tx(actor.org, (tx) => refuseWrite(tx, actor, holder, what));
  throw refused.problem;
}

/** Renews the lease. */
export async function heartbeat(tx: Tx, actor: Actor, holder: Holder): Promise<Go | Refused> {
  const job = await holdJob(tx, holder);
  if (job === null) return refuseWrite(tx, actor, holder, 'heartbeat');
  const until = plus(await tx.now(), tx.floor.config.leaseMs);
  await saveJob(tx, { ...job, lease_until: until });
  return { until, cancel: job.cancel_requested };
}

/** A step began or ended. Repeated and late messages change nothing; the lease is renewed with it. */
export async function stepChanged(tx: Tx, actor: Actor, holder: Holder, change: StepChange): Promise<Go | Refused> {
  const job = await holdJob(tx, holder);
  if (job === null) return refuseWrite(tx, actor, holder, 'step');
  const now = await tx.now();
  const from = (Object.keys(stepMachine.steps) as StepState[]).filter((state) => mayFollow(stepMachine, state, change.state));
  const moved = await moveStep(tx, holder.job, holder.attempt, change, from, now);
  const until = plus(now, tx.floor.config.leaseMs);
  await saveJob(tx, { ...job, lease_until: until });
  if (moved) await tx.notify('run', job.run_id);
  return { until, cancel: job.cancel_requested };
}
