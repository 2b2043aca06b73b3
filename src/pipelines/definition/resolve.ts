import type { JobPlan, StepPlan } from '../../contract/runner.ts';
import { digestOfValue, hexOf } from '../../kernel/digest.ts';
import { needOf, type JobOutcome, type NeedContext, type RunContext } from './contexts.ts';
import type { PlannedJob } from './plan.ts';
import type { Cache, Step, Templates } from './pipeline.ts';
import { evaluateExpression, evaluateTemplate, type Evaluated } from './template.ts';

/** What is known when a job is claimed. */
export type ResolveContext = {
  readonly run: RunContext;
  /** How the jobs that have ended did, by planned key. */
  readonly outcomes: Readonly<Record<string, JobOutcome>>;
  /** What the claiming runner can do. */
  readonly executors: readonly ('host' | 'sandbox')[];
  /** Digest of each file that caches name (see {@link cacheFilesOf}), null: not in the repository. Left out: not known. */
  readonly files?: Readonly<Record<string, string | null>>;
};

/** The parts of the contract's job plan that the definition decides; the engine adds ids, source, trust and digests. */
export type ResolvedJob = Pick<
  JobPlan,
  'name' | 'pool' | 'executor' | 'env' | 'steps' | 'timeoutMs' | 'caches' | 'artifacts' | 'reports' | 'outputs' | 'secrets' | 'network'
> & {
  readonly inputs: PlannedJob['inputs'];
  readonly environment: string | null;
  /** Steps whose condition is false. */
  readonly skippedSteps: readonly string[];
};

/** `wait`: a needed job has not ended. `refuse`: something can't be evaluated, so the job fails and says why; it is never run on a guess. */
export type Resolution =
  | { readonly kind: 'run'; readonly job: ResolvedJob }
  | { readonly kind: 'wait'; readonly for: readonly string[] }
  | { readonly kind: 'skip'; readonly why: string }
  | { readonly kind: 'refuse'; readonly why: string };

/** The files whose digests the cache keys of `job` cover. */
export function cacheFilesOf(job: PlannedJob): readonly string[] {
  return [...new Set(job.caches.flatMap((cache) => cache.files))];
}

/** Whether a planned job runs now, and with which values. Pure: the same job and context give the same plan. */
export function resolveJob(job: PlannedJob, context: ResolveContext): Resolution {
  const open = Object.values(job.needs)
    .flat()
    .filter((key) => !Object.hasOwn(context.outcomes, key));
  if (open.length > 0) return { kind: 'wait', for: open };
  const needs = needsOf(job, context.outcomes);
  const held = heldBy(job, needs);
  if (held !== null) return { kind: 'skip', why: held };
  const executor = executorOf(job, context.executors);
  if (executor === null) return { kind: 'refuse', why: `no executor "${job.executor}" on this runner` };
  const env = envOf(job, context.run, needs);
  if (!env.ok) return { kind: 'refuse', why: env.why };
  const variables = { run: context.run, needs, matrix: job.matrix, env: env.value };
  const goes = conditionOf(job.condition, variables);
  if (!goes.ok) return { kind: 'refuse', why: `if: ${goes.why}` };
  if (!goes.value) return { kind: 'skip', why: 'its condition is false' };
  return resolveRest(job, context, executor, variables);
}

type Variables = {
  readonly run: RunContext;
  readonly needs: Readonly<Record<string, NeedContext>>;
  readonly matrix: PlannedJob['matrix'];
  readonly env: Readonly<Record<string, string>>;
};

function resolveRest(job: PlannedJob, context: ResolveContext, executor: 'host' | 'sandbox', variables: Variables): Resolution {
  const steps: StepPlan[] = [];
  const skippedSteps: string[] = [];
  for (const step of job.steps) {
    const resolved = resolveStep(step, job, variables);
    if (!resolved.ok) return { kind: 'refuse', why: `step "${step.name}": ${resolved.why}` };
    if (resolved.value === null) skippedSteps.push(step.name);
    else steps.push(resolved.value);
  }
  if (steps.length === 0) return { kind: 'skip', why: 'the condition of every step is false' };
  const caches: JobPlan['caches'] = [];
  for (const cache of job.caches) {
    const resolved = resolveCache(cache, context, variables);
    if (!resolved.ok) return { kind: 'refuse', why: `cache: ${resolved.why}` };
    if (resolved.value !== null) caches.push(resolved.value);
  }
  const { pool, timeoutMs, environment, inputs, network } = job;
  return {
    kind: 'run',
    job: {
      name: job.key,
      pool,
      executor,
      environment,
      env: variables.env,
      steps,
      timeoutMs,
      inputs,
      caches,
      artifacts: [...job.artifacts],
      reports: [...job.reports],
      outputs: [...job.outputs],
      secrets: [...job.secrets],
      network,
      skippedSteps,
    },
  };
}

function needsOf(job: PlannedJob, outcomes: ResolveContext['outcomes']): Readonly<Record<string, NeedContext>> {
  return Object.fromEntries(Object.entries(job.needs).map(([name, keys]) => [name, needOf(keys.flatMap((key) => outcomes[key] ?? []))]));
}

function heldBy(job: PlannedJob, needs: Readonly<Record<string, NeedContext>>): string | null {
  const results = Object.entries(needs);
  if (job.when === 'always') return null;
  if (job.when === 'failed')
    return results.some(([, need]) => need.result !== 'succeeded' && need.result !== 'skipped') ? null : 'no job that it needs failed';
  const bad = results.find(([, need]) => need.result !== 'succeeded');
  return bad === undefined ? null : `it needs "${bad[0]}", which ended ${bad[1].result}`;
}

function executorOf(job: PlannedJob, offered: ResolveContext['executors']): 'host' | 'sandbox' | null {
  if (job.executor !== 'any') return offered.includes(job.executor) ? job.executor : null;
  return offered.includes('sandbox') ? 'sandbox' : offered.includes('host') ? 'host' : null;
}

function envOf(job: PlannedJob, run: RunContext, needs: Readonly<Record<string, NeedContext>>): Evaluated<Record<string, string>> {
  const outer = evaluateAll(job.env.pipeline, { run });
  if (!outer.ok) return outer;
  const inner = evaluateAll(job.env.job, { run, needs, matrix: job.matrix, env: outer.value });
  return inner.ok ? { ok: true, value: { ...outer.value, ...inner.value } } : inner;
}

function evaluateAll(templates: Templates, variables: Readonly<Record<string, unknown>>): Evaluated<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, template] of Object.entries(templates)) {
    const value = evaluateTemplate(template, variables);
    if (!value.ok) return { ok: false, why: `env ${name}: ${value.why}` };
    // The kernel ends every variable at NUL: what follows would be lost without a word.
    if (value.value.includes('\0')) return { ok: false, why: `env ${name} holds a NUL character` };
    values[name] = value.value;
  }
  return { ok: true, value: values };
}

function conditionOf(source: string | null, variables: Readonly<Record<string, unknown>>): Evaluated<boolean> {
  if (source === null) return { ok: true, value: true };
  const answer = evaluateExpression(source, variables);
  if (!answer.ok) return answer;
  return typeof answer.value === 'boolean'
    ? { ok: true, value: answer.value }
    : { ok: false, why: `${source.trim()} is neither true nor false` };
}

function resolveStep(step: Step, job: PlannedJob, variables: Variables): Evaluated<StepPlan | null> {
  const env = evaluateAll(step.env, variables);
  if (!env.ok) return env;
  const goes = conditionOf(step.condition, { ...variables, env: { ...variables.env, ...env.value } });
  if (!goes.ok) return { ok: false, why: `if: ${goes.why}` };
  if (!goes.value) return { ok: true, value: null };
  const { name, script, shell, directory, continueOnError, always } = step;
  return {
    ok: true,
    value: { name, script, shell, env: env.value, directory, timeoutMs: step.timeoutMs ?? job.timeoutMs, continueOnError, always },
  };
}

const MAX_KEY = 200;

// Without the digests of its files a key would name another content: then there is no cache, which is always right.
function resolveCache(cache: Cache, context: ResolveContext, variables: Variables): Evaluated<JobPlan['caches'][number] | null> {
  if (cache.files.length > 0 && context.files === undefined) return { ok: true, value: null };
  const key = evaluateTemplate(cache.key, variables);
  if (!key.ok) return key;
  const restoreKeys: string[] = [];
  for (const template of cache.restoreKeys) {
    const restore = evaluateTemplate(template, variables);
    if (!restore.ok) return restore;
    restoreKeys.push(restore.value);
  }
  const digests = Object.fromEntries(cache.files.map((file) => [file, context.files?.[file] ?? null]));
  const suffix = cache.files.length === 0 ? '' : `-${hexOf(digestOfValue(digests)).slice(0, 20)}`;
  const long = [key.value + suffix, ...restoreKeys].find((text) => text.length > MAX_KEY);
  if (long !== undefined) return { ok: false, why: `a key has more than ${MAX_KEY} characters` };
  return { ok: true, value: { key: key.value + suffix, restoreKeys, paths: [...cache.paths] } };
}
