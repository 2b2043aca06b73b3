import type { Actor } from '../../kernel/actor.ts';
import { between } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { causeDigest, runFinished } from '../pipelines.events.ts';
import { resolveSealed, wantedOf } from './attempt-plan.ts';
import { artifactsOf } from './artifact.store.ts';
import { jobsOf, moveJob, saveJob, type JobRow } from './job.store.ts';
import { openJob } from './plan-seal.ts';
import { moveRun, type RunRow } from './run.store.ts';
import { endOf, movesOf } from './schedule.ts';

/**
 * Moves everything in a run that can move: jobs whose needs have ended become queued, skipped or failed, and the run
 * ends when all of them have. The caller holds the run's lock. Called inside the transaction of whatever changed.
 */
export async function advance(tx: Tx, run: RunRow, actor: Actor): Promise<RunRow> {
  const jobs = await jobsOf(tx, run.id);
  const keys = tx.floor.keys.all;
  const moves =
    run.state === 'cancelling'
      ? []
      : movesOf(jobs, (job, all) => {
          const opened = openJob(job.planned, job, keys);
          return opened.ok ? wantedOf(resolveSealed(opened.sealed, all, ['sandbox', 'host'])) : { kind: 'unknown', why: opened.why };
        });
  const now = await tx.now();
  let after: readonly JobRow[] = jobs;
  for (const move of moves) {
    const job = after.find((one) => one.id === move.job);
    if (job === undefined) throw new Error(`a move of ${move.job}, which is no job of ${run.id}`);
    const moved = await moveJob(tx, job, move.to, {
      cause: move.why,
      ...(move.to === 'queued' ? { queued_at: now } : { finished_at: now }),
    });
    after = after.map((one) => (one.id === moved.id ? moved : one));
  }
  for (const pool of new Set(
    moves.filter((move) => move.to === 'queued').map((move) => after.find((job) => job.id === move.job)?.pool ?? ''),
  )) {
    await tx.notify('jobs', pool);
  }
  await tx.notify('run', run.id);
  const end = endOf(run.state, after);
  return end === null ? run : endRun(tx, run, actor, end, after);
}

async function endRun(
  tx: Tx,
  run: RunRow,
  actor: Actor,
  end: 'succeeded' | 'failed' | 'cancelled',
  jobs: readonly JobRow[],
): Promise<RunRow> {
  const now = await tx.now();
  const failed = jobs.find((job) => job.state === 'failed' || job.state === 'timed-out' || job.state === 'refused');
  const cause = run.cause ?? (end === 'failed' && failed !== undefined ? `${failed.name}: ${failed.cause ?? failed.state}` : null);
  const ended = await moveRun(tx, run, end, { cause, finished_at: now });
  const artifacts = (await artifactsOf(tx, run.id)).map(({ name, digest }) => ({ name, digest }));
  await tx.record(runFinished, {
    subject: run.id,
    actor,
    service: run.service_id,
    body: {
      outcome: end,
      commit: run.commit_id,
      ref: run.ref,
      trust: run.trust,
      causeDigest: causeDigest(cause),
      artifacts,
      durationMs: between(run.queued_at, now),
    },
  });
  return ended;
}

/** Stops what need not run any more: waiting and queued jobs end, running ones are told at their next word. True: none runs. */
export async function stopJobs(tx: Tx, jobs: readonly JobRow[], cause: string): Promise<boolean> {
  const now = await tx.now();
  for (const job of jobs) {
    if (job.state === 'waiting' || job.state === 'queued') await moveJob(tx, job, 'cancelled', { cause, finished_at: now });
    else if (job.state === 'running' && !job.cancel_requested) await saveJob(tx, { ...job, cancel_requested: true });
    if (job.state === 'running') await tx.notify('job', job.id);
  }
  return jobs.every((job) => job.state !== 'running');
}
