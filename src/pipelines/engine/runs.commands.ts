import { actorLabel, personBehind, type Actor } from '../../kernel/actor.ts';
import { isTerminal } from '../../kernel/machine.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Trust } from '../../contract/runner.ts';
import type { Tx } from '../../platform/floor.ts';
import type { RunContext } from '../definition/contexts.ts';
import type { PlannedJob, PlannedRun } from '../definition/plan.ts';
import { causeDigest, runFinished, runQueued } from '../pipelines.events.ts';
import { isRecorded, noSuchRun, runOver } from '../pipelines.problems.ts';
import { runMachine } from '../states.ts';
import { advance, stopJobs } from './advance.commands.ts';
import { insertJobs, jobsOf, type NewJob } from './job.store.ts';
import { sealJob } from './plan-seal.ts';
import { findRunByKey, insertRun, lockRun, moveRun, type RunRow } from './run.store.ts';

/** What a run is made of. `planned` null: its pipeline could not be read, and the run is a failed one that says why. */
export type RunOrder = {
  readonly id: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly source: {
    readonly id: string | null;
    readonly repository: string | null;
    readonly commit: string | null;
    readonly ref: string | null;
    readonly archive: string | null;
  };
  readonly trigger: 'push' | 'manual';
  readonly trust: Trust;
  readonly inputs: Readonly<Record<string, string>>;
  readonly pipelineDigest: string | null;
  readonly planned: PlannedRun | { readonly failed: string };
  readonly context: RunContext;
  readonly files: Readonly<Record<string, string | null>>;
  readonly heardAt: Instant;
  readonly requestKey: string | null;
  /** Runners that its jobs are not given to; absent: all may take them. */
  readonly notOn?: readonly string[];
};

/**
 * Makes a run with all its jobs, each signed as planned, and queues those that need nothing. The same `requestKey`
 * again answers the run it made before.
 */
export async function createRun(tx: Tx, actor: Actor, order: RunOrder): Promise<RunRow> {
  const { source, service } = order;
  const run = await insertRun(tx, {
    id: order.id,
    service_id: service.id,
    source_id: source.id,
    repository: source.repository,
    ref: source.ref,
    commit_id: source.commit,
    archive: source.archive,
    trigger: order.trigger,
    trust: order.trust,
    inputs: order.inputs,
    pipeline_digest: order.pipelineDigest,
    requested_by: actorLabel(actor),
    requested_person: personBehind(actor),
    request_key: order.requestKey,
    heard_at: order.heardAt,
    queued_at: await tx.now(),
  });
  if (run === null) return sameRequest(tx, order);
  const jobs = 'jobs' in order.planned ? order.planned.jobs : [];
  const body = {
    commit: source.commit,
    ref: source.ref,
    trust: order.trust,
    trigger: order.trigger,
    person: personBehind(actor),
    pipeline: order.pipelineDigest,
    jobs: jobs.length,
  };
  await tx.record(runQueued, { subject: run.id, actor, service: service.id, body });
  if ('failed' in order.planned) return failRun(tx, actor, run, order.planned.failed);
  await insertJobs(
    tx,
    jobs.map((planned, position) => newJob(tx, order, planned, position)),
  );
  return advance(tx, run, actor);
}

function newJob(tx: Tx, order: RunOrder, planned: PlannedJob, position: number): NewJob {
  const id = tx.floor.newId('job');
  const source = planSource(order);
  const sealed = {
    v: 1 as const,
    org: tx.org,
    job: id,
    service: order.service.id,
    run: order.context,
    source,
    files: order.files,
    planned,
  };
  return {
    id,
    run_id: order.id,
    service_id: order.service.id,
    position,
    name: planned.key,
    declared: planned.job,
    needs: Object.keys(planned.needs),
    planned: sealJob(sealed, tx.floor.keys),
    timeout_ms: planned.timeoutMs,
    pool: planned.pool,
    executor: planned.executor,
    trust: order.trust,
    not_on: [...(order.notOn ?? [])],
    max_attempts: planned.retries + 1,
  };
}

function planSource({ source }: RunOrder): {
  repository: string | null;
  commit: string | null;
  ref: string | null;
  archive: string | null;
} {
  return { repository: source.repository, commit: source.commit, ref: source.ref, archive: source.archive };
}

async function sameRequest(tx: Tx, order: RunOrder): Promise<RunRow> {
  const before = order.requestKey === null ? null : await findRunByKey(tx, order.requestKey);
  if (before === null) throw new Error(`the run ${order.id} was not stored, and no run has its request key`);
  return before;
}

async function failRun(tx: Tx, actor: Actor, run: RunRow, cause: string): Promise<RunRow> {
  const short = cause.slice(0, 20_000);
  const failed = await moveRun(tx, run, 'failed', { cause: short, finished_at: await tx.now() });
  const body = {
    outcome: 'failed',
    commit: run.commit_id,
    ref: run.ref,
    trust: run.trust,
    causeDigest: causeDigest(short),
    artifacts: [],
    durationMs: 0,
  };
  await tx.record(runFinished, { subject: run.id, actor, service: run.service_id, body });
  return failed;
}

/** Cancels a run: nothing more starts; it ends at once where nothing runs, else when its running jobs have stopped. */
export async function cancelRun(tx: Tx, actor: Actor, input: { readonly run: string; readonly reason: string | null }): Promise<RunRow> {
  const run = await lockRun(tx, input.run);
  if (run === null) throw noSuchRun({ run: input.run });
  if (run.origin !== 'own') throw isRecorded({ run: run.id, system: run.external_system ?? '' });
  if (isTerminal(runMachine, run.state)) throw runOver({ run: run.id, state: run.state });
  if (run.state === 'cancelling') return run;
  const cause = input.reason ?? 'cancelled on request';
  const cancelling = await moveRun(tx, run, 'cancelling', { cause });
  await stopJobs(tx, await jobsOf(tx, run.id), cause);
  return advance(tx, cancelling, actor);
}
