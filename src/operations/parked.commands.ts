import type { z } from 'zod';
import type { parkedSchema } from '../contract/admin.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { keepReason } from '../platform/reason.store.ts';
import { noSuchWork } from './parked.problems.ts';
import { factsOfJobs, failedJobs, removeJob, rescheduleJobs, type FailedJob } from './parked.store.ts';
import { workDropped, workRetried } from './work.events.ts';

export type Parked = z.infer<typeof parkedSchema>;
const MOST = 500;
const ID = /^[a-z]{2,5}_[0-9a-f]{32}$/;

/** Work that failed, with what it is about. */
export async function parkedWork(tx: Tx): Promise<Parked[]> {
  const jobs = await failedJobs(tx, null, MOST);
  const facts = await factsOfJobs(
    tx,
    jobs.flatMap(({ payload }) => (typeof payload['fact'] === 'string' ? [payload['fact']] : [])),
  );
  return jobs.map((job) => {
    const parked = job.attempts >= job.maxAttempts;
    return {
      id: job.id,
      state: parked ? 'parked' : 'failing',
      task: taskOf(job),
      fact: facts.find(({ id }) => id === job.payload['fact']) ?? null,
      about: aboutOf(job),
      attempts: job.attempts,
      maxAttempts: job.maxAttempts,
      error: job.error,
      firstAt: job.firstAt,
      lastAt: job.lastAt,
      nextAt: parked ? null : job.nextAt,
    };
  });
}

/** Runs failed work again now: one piece, or all that is parked. */
export async function retryWork(tx: Tx, actor: Actor, id: string | null): Promise<number> {
  const jobs = (await failedJobs(tx, id, MOST)).filter((job) => id !== null || job.attempts >= job.maxAttempts);
  if (id !== null && jobs.length === 0) throw noSuchWork({ id });
  if (jobs.length === 0) return 0;
  const retried = await rescheduleJobs(
    tx,
    jobs.map((job) => job.id),
    await tx.now(),
  );
  await tx.record(workRetried, { subject: tx.org, actor, body: { works: jobs.map(told) } });
  return retried;
}

/** Gives a piece of parked work up. The rows that it would have moved stay as they are; sweepers may ask for it again. */
export async function dropWork(tx: Tx, actor: Actor, id: string, reason: string): Promise<void> {
  const [job] = await failedJobs(tx, id, 1);
  if (job === undefined || !(await removeJob(tx, id))) throw noSuchWork({ id });
  const fact = await tx.record(workDropped, { subject: tx.org, actor, body: { ...told(job), reasonDigest: digestOf(reason) } });
  await keepReason(tx, fact, reason, await tx.now());
}

function told(job: FailedJob): { task: string; about: string[]; attempts: number; errorDigest: string } {
  return { task: taskOf(job), about: aboutOf(job), attempts: job.attempts, errorDigest: digestOf(job.error) };
}

function taskOf({ task, payload }: FailedJob): string {
  return typeof payload['reaction'] === 'string' ? payload['reaction'] : task;
}

function aboutOf({ payload }: FailedJob): string[] {
  return Object.entries(payload).flatMap(([name, value]) => (name !== 'org' && typeof value === 'string' && ID.test(value) ? [value] : []));
}
