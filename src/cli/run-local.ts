import { mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../host/ids.system.ts';
import { renderDiagnostics } from '../kernel/diagnostic.ts';
import type { JobOutcome, RunContext } from '../pipelines/definition/contexts.ts';
import type { Pipeline } from '../pipelines/definition/pipeline.ts';
import { planRun, type PlannedJob } from '../pipelines/definition/plan.ts';
import { PIPELINE_FILE, readPipeline } from '../pipelines/definition/read.ts';
import { resolveJob } from '../pipelines/definition/resolve.ts';
import { readInputs } from '../pipelines/definition/triggers.ts';
import type { Executor } from '../runner/executor.ts';
import { hostExecutor } from '../runner/host.executor.ts';
import { probeSandbox } from '../runner/sandbox.executor.ts';
import { preferred, runLocalJob, type LocalRun } from './run-local-job.ts';
import { whereWeStand } from './run-local-source.ts';
import { badInputs, brokenPipeline, noPipelineHere, noSandboxHere, noSuchJobHere } from './run-local.problems.ts';

export type RunLocalOptions = {
  /** Folder with `.yardmaster/pipeline.yaml`. */
  readonly directory: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Only this job and what it needs. */
  readonly job?: string;
  /** Insists on one; by default jobs get what they ask for, and those that don't mind get the sandbox where there is one. */
  readonly executor?: 'host' | 'sandbox';
  /** Values by name; a job that asks for another one fails. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where artifacts and reports are left; nowhere by default. */
  readonly out?: string;
  /** Jobs at once; 2 by default. */
  readonly parallel?: number;
};

export type LocalJobSummary = {
  readonly job: string;
  readonly result: JobOutcome['result'];
  readonly cause: string | null;
  readonly durationMs: number;
};
export type LocalSummary = { readonly jobs: readonly LocalJobSummary[]; readonly ok: boolean };

const MAX_FILE = 1024 ** 2;

/**
 * Runs the pipeline of a folder on this machine, without a server, with the executors that runners use. Each job works on
 * a copy of the folder (what git knows or would add), so nothing of the folder changes. `say` gets progress and log lines.
 * Throws a Problem where nothing can be run; a failed job is a result. Caches and retries of other machines don't exist here.
 */
export async function runLocal(options: RunLocalOptions, say: (line: string) => void, signal: AbortSignal): Promise<LocalSummary> {
  const directory = await realpath(options.directory).catch(() => options.directory);
  const pipeline = await read(directory, say);
  const inputs = readInputs(pipeline, options.inputs ?? {});
  if (!inputs.ok) throw badInputs({ errors: inputs.errors.map((error) => error.message) });
  const context: RunContext = {
    id: newId('run'),
    trigger: 'manual',
    trust: 'trusted',
    ...(await whereWeStand(directory)),
    service: pipeline.name,
    inputs: inputs.inputs,
  };
  const planning = planRun(pipeline, context);
  if (!planning.ok) throw badInputs({ errors: planning.errors });
  const jobs = chosen(planning.run.jobs, options.job);
  const executors = await findExecutors(options.executor);
  const scratch = await mkdtemp(join(tmpdir(), 'ym-run-'));
  try {
    if (options.out !== undefined) await mkdir(options.out, { recursive: true });
    const local: LocalRun = {
      directory,
      scratch,
      context,
      executors,
      secrets: options.secrets ?? {},
      out: options.out ?? null,
      say,
      signal,
      artifacts: new Map(),
    };
    return await runAll(jobs, local, options.parallel ?? 2);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function read(directory: string, say: (line: string) => void): Promise<Pipeline> {
  const file = join(directory, PIPELINE_FILE);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) throw noPipelineHere({ file });
  const result = readPipeline(text.slice(0, MAX_FILE + 1), PIPELINE_FILE);
  if (!result.ok) throw brokenPipeline({ text: renderDiagnostics(text, result.diagnostics), count: result.diagnostics.length });
  if (result.warnings.length > 0) say(renderDiagnostics(text, result.warnings));
  return result.pipeline;
}

function chosen(jobs: readonly PlannedJob[], name: string | undefined): readonly PlannedJob[] {
  if (name === undefined) return jobs;
  const names = [...new Set(jobs.map((job) => job.job))];
  if (!names.includes(name)) throw noSuchJobHere({ job: name, known: names });
  const wanted = new Set<string>();
  const want = (one: string): void => {
    if (wanted.has(one)) return;
    wanted.add(one);
    for (const job of jobs.filter((candidate) => candidate.job === one)) Object.keys(job.needs).forEach(want);
  };
  want(name);
  return jobs.filter((job) => wanted.has(job.job));
}

async function findExecutors(wanted: RunLocalOptions['executor']): Promise<ReadonlyMap<string, Executor>> {
  const host: [string, Executor] = ['host', hostExecutor()];
  if (wanted === 'host') return new Map([host]);
  const probe = await probeSandbox();
  if (wanted === 'sandbox') {
    if ('why' in probe) throw noSandboxHere({ why: probe.why });
    return new Map([['sandbox', probe.executor]]);
  }
  return new Map<string, Executor>('executor' in probe ? [host, ['sandbox', probe.executor]] : [host]);
}

async function runAll(jobs: readonly PlannedJob[], local: LocalRun, parallel: number): Promise<LocalSummary> {
  const outcomes: Record<string, JobOutcome> = {};
  const summaries = new Map<string, LocalJobSummary>();
  const waiting = new Set(jobs);
  const running = new Set<Promise<void>>();
  const note = (job: PlannedJob, outcome: JobOutcome, cause: string | null, durationMs: number): void => {
    outcomes[job.key] = outcome;
    summaries.set(job.key, { job: job.key, result: outcome.result, cause, durationMs });
  };
  const begin = async (job: PlannedJob): Promise<void> => {
    const started = performance.now();
    const { outcome, cause } = await runLocalJob(job, outcomes, local);
    note(job, outcome, cause, Math.round(performance.now() - started));
  };
  while (waiting.size > 0 || running.size > 0) {
    for (const job of waiting) {
      if (running.size >= parallel) break;
      const next = resolveJob(job, { run: local.context, outcomes, executors: preferred(local) });
      if (next.kind === 'wait') continue;
      waiting.delete(job);
      if (next.kind === 'run' && !local.signal.aborted) {
        const work: Promise<void> = begin(job).finally(() => running.delete(work));
        running.add(work);
      } else if (next.kind === 'run') note(job, { result: 'cancelled', outputs: {} }, 'The run was cancelled.', 0);
      else {
        note(job, { result: next.kind === 'skip' ? 'skipped' : 'refused', outputs: {} }, next.why, 0);
        local.say(`[${job.key}] ${next.kind === 'skip' ? 'skipped' : 'refused'}: ${next.why}`);
      }
    }
    if (running.size > 0) await Promise.race(running);
  }
  const list = jobs.flatMap((job) => summaries.get(job.key) ?? []);
  return { jobs: list, ok: list.every((one) => one.result === 'succeeded' || one.result === 'skipped') };
}
