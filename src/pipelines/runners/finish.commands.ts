import type { z } from 'zod';
import type { finishJob, JobPlan } from '../../contract/runner.ts';
import type { Actor } from '../../kernel/actor.ts';
import { digestOfValue, type Digest } from '../../kernel/digest.ts';
import { openEnvelope, type Envelope } from '../../kernel/dsse.ts';
import { JOB_PLAN_TYPE } from '../../contract/runner.ts';
import type { Instant } from '../../kernel/time.ts';
import { Refused } from '../../platform/http/handler.ts';
import type { Tx } from '../../platform/floor.ts';
import type { ArtifactPort } from '../artifact.port.ts';
import { advance, stopJobs } from '../engine/advance.commands.ts';
import { blobsOf, insertArtifact } from '../engine/artifact.store.ts';
import { endAttempt, findAttempt, type AttemptRow } from '../engine/attempt.store.ts';
import { jobsOf, moveJob, type JobRow } from '../engine/job.store.ts';
import { openJob } from '../engine/plan-seal.ts';
import { lockRunOfJob, type RunRow } from '../engine/run.store.ts';
import { sealLogTask } from '../logs/seal.reactions.ts';
import { causeDigest, jobFinished } from '../pipelines.events.ts';
import { foreignBlob } from '../pipelines.problems.ts';
import type { ReportPort } from '../report.port.ts';
import { holdJob, refuseWrite, type Holder } from './lease.commands.ts';
import { endingOf, retries, type Ending } from './outcome.ts';

export type FinishPorts = { readonly artifacts: ArtifactPort; readonly reports: ReportPort };
export type Finish = Omit<z.infer<(typeof finishJob)['body']>, 'token'>;
type Accepted = { readonly accepted: true };

/**
 * Ends an attempt: its result, and everything that it made, bound to its run in one transaction. The same words twice
 * are accepted twice and count once; other words, or a lost lease, are refused and recorded.
 */
export async function finishAttempt(tx: Tx, actor: Actor, holder: Holder, finish: Finish, ports: FinishPorts): Promise<Accepted | Refused> {
  const run = await lockRunOfJob(tx, holder.job);
  const job = run === null ? null : await holdJob(tx, holder);
  const words = digestOfValue(finish);
  const attempt = await findAttempt(tx, holder.job, holder.attempt);
  if (run === null || job === null || attempt === null) {
    const repeated =
      attempt !== null && attempt.token === holder.token && attempt.runner_id === holder.runner && attempt.finish_digest === words;
    return repeated ? { accepted: true } : refuseWrite(tx, actor, holder, 'finish');
  }
  const plan = planOf(attempt, tx);
  await refuseForeign(tx, holder, finish);
  const now = await tx.now();
  const ending =
    plan === null
      ? { result: 'refused' as const, cause: 'the stored plan of this attempt was changed' }
      : endingOf(finish, plan, job.cancel_requested);
  const again = retries(ending, job.attempt, job.max_attempts, job.cancel_requested || run.state === 'cancelling');
  const { executor, isolation, log } = finish;
  await endAttempt(tx, job.id, job.attempt, { ...ending, at: now, finishDigest: words, executor, isolation, logBytes: log.bytes });
  await moveJob(tx, job, again ? 'queued' : ending.result, {
    cause: ending.cause,
    lease_until: null,
    outputs: ending.result === 'succeeded' && plan !== null ? promised(finish.outputs, plan) : {},
    ...(again ? { queued_at: now } : { finished_at: now }),
  });
  const made = ending.result === 'succeeded' ? finish.artifacts : [];
  if (!again && plan !== null) await bind(tx, { run, job, attempt, plan, finish, made, now, actor }, ports);
  await tx.record(jobFinished, {
    subject: job.id,
    actor,
    service: job.service_id,
    body: {
      run: run.id,
      name: job.name,
      attempt: job.attempt,
      runner: holder.runner,
      outcome: ending.result,
      causeDigest: causeDigest(ending.cause),
      executor,
      isolation,
      artifacts: made.map(({ name, digest }) => ({ name, digest })),
      retried: again,
    },
  });
  await settle(tx, actor, run, job, ending, again);
  return { accepted: true };
}

/** After a job's end: its siblings where it fails fast, its log, whoever follows it, and everything that waited for it. */
export async function settle(tx: Tx, actor: Actor, run: RunRow, job: JobRow, ending: Ending, again: boolean): Promise<void> {
  const failed = !again && ending.result !== 'succeeded' && ending.result !== 'cancelled';
  if (failed && failsFast(tx, job)) {
    const cells = (await jobsOf(tx, run.id)).filter((other) => other.declared === job.declared && other.id !== job.id);
    await stopJobs(tx, cells, `${job.name} failed first`);
  }
  await tx.wake(sealLogTask.name, `${job.id}:${job.attempt}`, { job: job.id, attempt: job.attempt });
  await tx.notify('job', job.id);
  if (again) await tx.notify('jobs', job.pool);
  await advance(tx, run, actor);
}

function failsFast(tx: Tx, job: JobRow): boolean {
  const opened = openJob(job.planned, job, tx.floor.keys.all);
  return opened.ok && opened.sealed.planned.failFast;
}

/** The plan as it was signed, or null where the stored one no longer verifies. */
function planOf(attempt: AttemptRow, tx: Tx): JobPlan | null {
  const opened = openEnvelope(JSON.parse(attempt.plan) as Envelope, JOB_PLAN_TYPE, tx.floor.keys.all);
  return opened.ok ? (JSON.parse(Buffer.from(opened.payload).toString('utf8')) as JobPlan) : null;
}

/** A job can name only bytes that this attempt uploaded itself. */
async function refuseForeign(tx: Tx, holder: Holder, finish: Finish): Promise<void> {
  const mine = await blobsOf(tx, holder.job, holder.attempt);
  const named = [...finish.artifacts, ...finish.materials, ...finish.reports].flatMap(({ digest }) => (digest === null ? [] : [digest]));
  const foreign =
    named.find((digest) => !mine.has(digest)) ?? finish.artifacts.find((artifact) => mine.get(artifact.digest) !== artifact.size)?.digest;
  if (foreign !== undefined) throw foreignBlob({ digest: foreign, job: holder.job });
}

function promised(outputs: Readonly<Record<string, string>>, plan: JobPlan): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => plan.outputs.includes(name)));
}

type Bound = {
  readonly run: RunRow;
  readonly job: JobRow;
  readonly attempt: AttemptRow;
  readonly plan: JobPlan;
  readonly finish: Finish;
  readonly made: Finish['artifacts'];
  readonly now: Instant;
  readonly actor: Actor;
};

async function bind(tx: Tx, { run, job, attempt, plan, finish, made, now, actor }: Bound, ports: FinishPorts): Promise<void> {
  const common = {
    run: run.id,
    job: job.id,
    attempt: job.attempt,
    service: job.service_id,
    commit: run.commit_id,
    trust: run.trust,
    actor,
  };
  const inputs = plan.inputs.map(({ name, digest }) => ({ name, digest: digest as Digest }));
  const kept = plan.artifacts.flatMap((promise) => made.find((one) => one.name === promise.name) ?? []);
  for (const { name, digest, size } of kept) {
    await insertArtifact(tx, { job: job.id, run: run.id, name, digest: digest as Digest, size });
    await ports.artifacts.accept(tx, {
      ...common,
      repository: run.repository,
      ref: run.ref,
      name,
      digest: digest as Digest,
      size,
      executor: finish.executor,
      isolation: finish.isolation,
      startedAt: attempt.started_at,
      finishedAt: now,
      planDigest: attempt.plan_digest,
      materials: finish.materials.map((material) => ({ path: material.path, digest: material.digest as Digest })),
      inputs,
    });
  }
  const speaksFor = [...kept.map((one) => one.digest as Digest), ...inputs.map((one) => one.digest)];
  // By the plan and not by what the runner tells: a report that it leaves out is a missing one.
  for (const { name, kind, path } of plan.reports) {
    const digest = finish.reports.find((report) => report.name === name && report.kind === kind)?.digest ?? null;
    await ports.reports.accept(tx, { ...common, name, kind, path, digest: digest as Digest | null, artifacts: speaksFor });
  }
}
