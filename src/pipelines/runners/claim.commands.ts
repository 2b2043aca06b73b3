import type { Envelope, Executor, JobPlan } from '../../contract/runner.ts';
import type { Actor } from '../../kernel/actor.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { advance } from '../engine/advance.commands.ts';
import { artifactsOf } from '../engine/artifact.store.ts';
import { attemptPlan, findInputs, resolveSealed } from '../engine/attempt-plan.ts';
import { insertAttempt } from '../engine/attempt.store.ts';
import { jobsOf, moveJob, type JobRow } from '../engine/job.store.ts';
import { openJob, sealPlan } from '../engine/plan-seal.ts';
import { findRun, moveRun } from '../engine/run.store.ts';
import { jobStarted, runStarted } from '../pipelines.events.ts';
import type { SecretReleasePort } from '../secret-release.port.ts';
import { takes } from '../trust.ts';
import { candidate, runnerById, waitingFor, type RunnerRow } from './runner.store.ts';

export type ClaimParts = { readonly secrets: SecretReleasePort };
export type Claim = { readonly executors: readonly Executor[]; readonly waitMs: number };
export type Claimed = {
  readonly plan: Envelope;
  readonly lease: { readonly token: number; readonly until: Instant };
  readonly secrets: Readonly<Record<string, string>>;
};

/** Another claim holds the run of the only job there is for some milliseconds: look again this much later. */
const BUSY_MS = 10;
/** A lost notification costs this much at most. */
const LOOK_AGAIN_MS = 5000;

/** Waits up to `waitMs` for a job that this runner may take, and takes it. Null: there was none. */
export async function claimJob(floor: Floor, actor: Actor, claim: Claim, parts: ClaimParts, signal?: AbortSignal): Promise<Claimed | null> {
  const runner = await floor.db.read(actor.org, (tx) => runnerById(tx, actor.id));
  if (runner === null) return null;
  const watch = floor.bus.watch([`jobs:${runner.pool}`], signal);
  const deadline = performance.now() + claim.waitMs;
  try {
    for (;;) {
      const found = await floor.db.tx(actor.org, (tx) => claimOnce(tx, actor, runner, claim, parts));
      if (found.kind === 'claimed') return found.job;
      const left = deadline - performance.now();
      if (found.kind === 'again') continue;
      if (left <= 0 || signal?.aborted === true) return null;
      await watch.next(Math.min(left, found.kind === 'busy' ? BUSY_MS : LOOK_AGAIN_MS));
    }
  } finally {
    watch.close();
  }
}

type Found = { readonly kind: 'claimed'; readonly job: Claimed } | { readonly kind: 'none' | 'busy' | 'again' };

/** One look: locks one queued job with its run (skipping what others hold), and makes it an attempt or fails it. */
async function claimOnce(tx: Tx, actor: Actor, runner: RunnerRow, claim: Claim, parts: ClaimParts): Promise<Found> {
  const asked = { runner: runner.id, pool: runner.pool, trust: takes(runner.trust), executors: claim.executors };
  const job = await candidate(tx, asked);
  if (job === null) return { kind: (await waitingFor(tx, asked)) ? 'busy' : 'none' };
  const ready = await prepare(tx, job, claim.executors, parts);
  if (ready.kind === 'fail') {
    const run = await findRun(tx, job.run_id);
    await moveJob(tx, job, 'failed', { cause: ready.why, finished_at: await tx.now() });
    if (run !== null) await advance(tx, run, actor);
    return { kind: 'again' };
  }
  return { kind: 'claimed', job: await start(tx, actor, job, ready, runner) };
}

type Ready = { readonly kind: 'ready'; readonly plan: JobPlan; readonly secrets: Readonly<Record<string, string>>; readonly now: Instant };

/** Everything that the attempt needs, or why it can't be run: an unreadable plan, a lost input, a missing secret. */
async function prepare(
  tx: Tx,
  job: JobRow,
  executors: readonly Executor[],
  parts: ClaimParts,
): Promise<Ready | { kind: 'fail'; why: string }> {
  const opened = openJob(job.planned, job, tx.floor.keys.all);
  if (!opened.ok) return { kind: 'fail', why: opened.why };
  const { sealed } = opened;
  const alone = job.needs.length === 0;
  const resolution = resolveSealed(sealed, alone ? [] : await jobsOf(tx, job.run_id), executors);
  if (resolution.kind !== 'run')
    return { kind: 'fail', why: resolution.kind === 'wait' ? 'it was queued before what it needs' : resolution.why };
  const found = findInputs(resolution.job.inputs, alone ? [] : await artifactsOf(tx, job.run_id));
  if (!found.ok) return { kind: 'fail', why: found.why };
  const { secrets: names, environment } = resolution.job;
  const question = { job: job.id, run: job.run_id, trust: sealed.run.trust, service: sealed.service, environment, names };
  const secrets = names.length === 0 || sealed.run.trust === 'untrusted' ? {} : await parts.secrets.release(tx, question);
  const missing = names.filter((name) => !Object.hasOwn(secrets, name));
  // A stranger's run goes on without: its secrets are none. A run of ours that lacks one would fail later and less clearly.
  if (missing.length > 0 && sealed.run.trust !== 'untrusted')
    return { kind: 'fail', why: `these secrets are not set for it, or not for a run of this trust: ${missing.join(', ')}` };
  const now = await tx.now();
  const plan = attemptPlan(sealed, resolution.job, { attempt: job.attempt + 1, inputs: found.inputs, secrets: Object.keys(secrets), now });
  return { kind: 'ready', plan, secrets, now };
}

async function start(tx: Tx, actor: Actor, job: JobRow, { plan, secrets, now }: Ready, runner: RunnerRow): Promise<Claimed> {
  const { envelope, digest } = sealPlan(plan, tx.floor.keys);
  const token = job.token + 1;
  const until = plus(now, tx.floor.config.leaseMs);
  await moveJob(tx, job, 'running', {
    attempt: plan.attempt,
    token,
    runner_id: runner.id,
    lease_until: until,
    started_at: now,
    cancel_requested: false,
    cause: null,
  });
  const readable = [...(plan.source.archive === null ? [] : [plan.source.archive]), ...plan.inputs.map((input) => input.digest)];
  const row = {
    job_id: job.id,
    attempt: plan.attempt,
    runner_id: runner.id,
    token,
    plan: JSON.stringify(envelope),
    plan_digest: digest,
    readable,
    started_at: now,
  };
  await insertAttempt(
    tx,
    row,
    plan.steps.map((step) => step.name),
  );
  const run = await findRun(tx, job.run_id);
  if (run?.state === 'queued') {
    await moveRun(tx, run, 'running', { started_at: now });
    await tx.record(runStarted, { subject: run.id, actor, service: run.service_id, body: { commit: run.commit_id, trust: run.trust } });
  }
  const body = { run: job.run_id, name: job.name, attempt: plan.attempt, token, runner: runner.id, plan: digest };
  await tx.record(jobStarted, { subject: job.id, actor, service: job.service_id, body });
  await tx.notify('run', job.run_id);
  await tx.notify('job', job.id);
  return { plan: envelope, lease: { token, until }, secrets };
}
