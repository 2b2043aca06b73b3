import type { RunContext } from './contexts.ts';
import { inOrderOfNeed } from '../../kernel/graph.ts';
import { cellsOf, type Cell } from './matrix.ts';
import type { Cache, ExecutorChoice, Job, Pipeline, ReportKind, Step, Templates, When } from './pipeline.ts';
import { MAX_PLANNED } from './pipeline.ts';

/**
 * One job of a run, for one cell of its matrix. Plain JSON: it is stored with the run and resolved (env, conditions,
 * cache keys) when a runner claims it, because only then the outputs of the jobs that it needs are known.
 */
export type PlannedJob = {
  /** Unique in the run and for people: `test`, `test (22, linux)`. */
  readonly key: string;
  /** The name in the file; several cells share it. */
  readonly job: string;
  readonly matrix: Cell;
  /** Names of needed jobs, and behind each the keys of its cells. It is ready when all of them have ended. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
  readonly when: When;
  readonly condition: string | null;
  readonly failFast: boolean;
  readonly pool: string;
  readonly executor: ExecutorChoice;
  readonly environment: string | null;
  readonly timeoutMs: number;
  readonly retries: number;
  /** Pipeline's variables, then the job's: both templates, evaluated in this order. */
  readonly env: { readonly pipeline: Templates; readonly job: Templates };
  readonly steps: readonly Step[];
  readonly caches: readonly Cache[];
  readonly artifacts: readonly { readonly name: string; readonly path: string }[];
  /** `from` is the key of the planned job that makes it. */
  readonly inputs: readonly { readonly artifact: string; readonly from: string; readonly path: string }[];
  readonly reports: readonly { readonly name: string; readonly kind: ReportKind; readonly path: string }[];
  readonly outputs: readonly string[];
  readonly secrets: readonly string[];
  readonly network: boolean;
};

/** A run, planned: its jobs, each behind those it needs. */
export type PlannedRun = { readonly name: string; readonly jobs: readonly PlannedJob[] };
export type Planning = { readonly ok: true; readonly run: PlannedRun } | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Expands a pipeline into the jobs of one run. Fails only where a matrix is computed and can't be, or where the whole
 * is too large; everything else was checked when the file was read.
 */
export function planRun(pipeline: Pipeline, run: RunContext): Planning {
  const errors: string[] = [];
  const cells = new Map<string, readonly { readonly key: string; readonly cell: Cell }[]>();
  let count = 0;
  const jobs = inOrderOfNeed(pipeline.jobs);
  for (const job of jobs) {
    const expanded = job.matrix === null ? { ok: true as const, cells: [{}] } : cellsOf(job.matrix, { run });
    if (!expanded.ok) errors.push(`job ${job.name}: ${expanded.why}`);
    else cells.set(job.name, keysOf(job.name, expanded.cells, cells));
    count += expanded.ok ? expanded.cells.length : 0;
  }
  if (count > MAX_PLANNED) errors.push(`the run would have ${count} jobs, and ${MAX_PLANNED} are the most`);
  if (errors.length > 0) return { ok: false, errors };
  const keys = (name: string): readonly string[] => (cells.get(name) ?? []).map((one) => one.key);
  const planned = jobs.flatMap((job) => (cells.get(job.name) ?? []).map(({ key, cell }) => planJob(pipeline, job, key, cell, keys)));
  return { ok: true, run: { name: pipeline.name, jobs: planned } };
}

function planJob(pipeline: Pipeline, job: Job, key: string, matrix: Cell, keys: (name: string) => readonly string[]): PlannedJob {
  const { pool, executor, environment, timeoutMs, retries, steps, caches, artifacts, reports, outputs, secrets, network, when, condition } =
    job;
  return {
    key,
    job: job.name,
    matrix,
    needs: Object.fromEntries(job.needs.map((need) => [need, keys(need)])),
    when,
    condition,
    failFast: job.matrix?.failFast ?? false,
    pool,
    executor,
    environment,
    timeoutMs,
    retries,
    env: { pipeline: pipeline.env, job: job.env },
    steps,
    caches,
    artifacts,
    inputs: job.inputs.flatMap((input) => inputsOf(input, keys(input.from))),
    reports,
    outputs,
    secrets,
    network,
  };
}

function inputsOf(input: { readonly artifact: string; readonly path: string }, from: readonly string[]): PlannedJob['inputs'] {
  return from.map((key, index) => ({
    artifact: input.artifact,
    from: key,
    path: from.length === 1 ? input.path : `${input.path}/${index + 1}`,
  }));
}

const MAX_KEY = 200;

// Keys name jobs to people and in `needs`; two cells that read the same (1 and "1") get a number.
function keysOf(
  job: string,
  cells: readonly Cell[],
  others: ReadonlyMap<string, readonly { readonly key: string }[]>,
): readonly { key: string; cell: Cell }[] {
  const taken = new Set([...others.values()].flat().map((one) => one.key));
  return cells.map((cell) => {
    const values = Object.values(cell).map((value) => String(value).replaceAll(/[\0-\x1f\x7f]/g, ' '));
    const base = values.length === 0 ? job : `${job} (${values.join(', ').slice(0, MAX_KEY)})`;
    let key = base;
    for (let number = 2; taken.has(key); number++) key = `${base} #${number}`;
    taken.add(key);
    return { key, cell };
  });
}
