import type { JobPlan } from '../../contract/runner.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { JobOutcome } from '../definition/contexts.ts';
import { resolveJob, type Resolution, type ResolvedJob } from '../definition/resolve.ts';
import { isTerminal } from '../../kernel/machine.ts';
import { jobMachine, type JobState } from '../states.ts';
import type { SealedJob } from './plan-seal.ts';
import type { Wanted } from './schedule.ts';

/** What an attempt reads of the other jobs of its run. */
export type Neighbour = { readonly name: string; readonly state: JobState; readonly outputs: Readonly<Record<string, string>> };

/** How the jobs that have ended did, by their name in the run. */
export function outcomesOf(jobs: readonly Neighbour[]): Record<string, JobOutcome> {
  const ended = jobs.filter((job) => isTerminal(jobMachine, job.state));
  return Object.fromEntries(ended.map((job) => [job.name, { result: job.state as JobOutcome['result'], outputs: job.outputs }]));
}

/** The job with its values, as its definition and the ended jobs have it; `executors`: what may run it. */
export function resolveSealed(sealed: SealedJob, jobs: readonly Neighbour[], executors: readonly ('host' | 'sandbox')[]): Resolution {
  return resolveJob(sealed.planned, { run: sealed.run, outcomes: outcomesOf(jobs), executors, files: sealed.files });
}

/** A resolution as the scheduler's answer. */
export function wantedOf(resolution: Resolution): Wanted {
  if (resolution.kind === 'run') return { kind: 'run' };
  if (resolution.kind === 'skip') return { kind: 'skip', why: resolution.why };
  return { kind: 'unknown', why: resolution.kind === 'refuse' ? resolution.why : `it waits for ${resolution.for.join(', ')}` };
}

/** Artifacts that the run's jobs have made so far. */
export type Made = { readonly jobName: string; readonly name: string; readonly digest: Digest };

export type InputsFound = { readonly ok: true; readonly inputs: JobPlan['inputs'] } | { readonly ok: false; readonly why: string };

/** The digests of the artifacts that a job takes. One that was never made is an error, not an empty folder. */
export function findInputs(wanted: ResolvedJob['inputs'], made: readonly Made[]): InputsFound {
  const inputs: JobPlan['inputs'] = [];
  for (const input of wanted) {
    const found = made.find((one) => one.jobName === input.from && one.name === input.artifact);
    if (found === undefined) return { ok: false, why: `the artifact "${input.artifact}" of "${input.from}" was not made` };
    inputs.push({ name: input.artifact, digest: found.digest, path: input.path });
  }
  return { ok: true, inputs };
}

/** How long after its job's own time a plan may still be begun: the way to the runner and its downloads. */
const PLAN_GRACE_MS = 10 * 60_000;

/** The plan of one attempt: what its runner gets signed, and all that it may do. */
export function attemptPlan(
  sealed: SealedJob,
  job: ResolvedJob,
  given: { readonly attempt: number; readonly inputs: JobPlan['inputs']; readonly secrets: readonly string[]; readonly now: Instant },
): JobPlan {
  return {
    v: 1,
    org: sealed.org,
    run: sealed.run.id,
    job: sealed.job,
    attempt: given.attempt,
    name: job.name,
    trust: sealed.run.trust,
    pool: job.pool,
    executor: job.executor,
    service: sealed.run.service,
    source: sealed.source,
    env: job.env,
    steps: job.steps,
    timeoutMs: job.timeoutMs,
    inputs: given.inputs,
    caches: job.caches,
    artifacts: job.artifacts,
    reports: job.reports,
    outputs: job.outputs,
    secrets: [...given.secrets],
    network: job.network,
    notAfter: plus(given.now, job.timeoutMs + PLAN_GRACE_MS),
  };
}
