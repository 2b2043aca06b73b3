import type { RunSummary, RunView } from '../contract/pipelines.ts';
import { digestOfValue } from '../kernel/digest.ts';
import type { Word } from './recorded/recorded.ts';
import { wordsOf } from './recorded/recorded.store.ts';
import { serviceById } from '../catalog/catalog.queries.ts';
import { between, type Instant } from '../kernel/time.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { artifactsOf, type ArtifactRow } from './engine/artifact.store.ts';
import { jobsOf, type JobRow } from './engine/job.store.ts';
import { findRun, type RunRow } from './engine/run.store.ts';
import { noSuchRun } from './pipelines.problems.ts';

type StepRow = {
  job_id: string;
  position: number;
  name: string;
  state: RunView['jobs'][number]['steps'][number]['state'];
  exit_code: number | null;
  duration_ms: number | null;
  started_at: Instant | null;
  finished_at: Instant | null;
};
/** What people want to read beside a run: who asked, and what the commit says of itself. */
type Told = { readonly person_name: string | null; readonly bot_name: string | null; readonly subject: string | null };
const TOLD = `(select name from person where person.id = run.requested_person) as person_name,
  (select name from bot where run.requested_by = 'bot:' || bot.id) as bot_name,
  (select subject from source_commit c where c.source_id = run.source_id and c.id = run.commit_id) as subject`;
type AttemptInfo = { job_id: string; executor: 'host' | 'sandbox' | null; isolation: string[]; logged: boolean };

/** One run with everything below it; null where there is none. Its version grows with every change in it. */
export async function viewRun(tx: Tx, id: string): Promise<RunView | null> {
  const run = await findRun(tx, id);
  if (run === null) return null;
  const jobs = await jobsOf(tx, id);
  const steps = await tx.query<StepRow>(
    `select s.* from job_step s join job j on j.id = s.job_id and j.attempt = s.attempt where j.run_id = $1 order by s.job_id, s.position`,
    [id],
  );
  const attempts = await tx.query<AttemptInfo>(
    `select a.job_id, a.executor, a.isolation, a.log_digest is not null and a.log_removed_at is null as logged from job_attempt a join job j on j.id = a.job_id and j.attempt = a.attempt where j.run_id = $1`,
    [id],
  );
  const artifacts = await artifactsOf(tx, id);
  const service = (await serviceById(tx, run.service_id))?.name ?? run.service_id;
  const told = await tx.one<Told>(`select ${TOLD} from run where run.id = $1`, [id]);
  const stepsOf = Map.groupBy(steps, (step) => step.job_id);
  const artifactsOfJob = Map.groupBy(artifacts, (artifact) => artifact.jobId);
  const attemptOf = new Map(attempts.map((attempt) => [attempt.job_id, attempt]));
  const moved =
    jobs.reduce((sum, job) => sum + job.version, 0) +
    steps.reduce((sum, step) => sum + (step.state === 'waiting' ? 0 : step.state === 'running' ? 1 : 2), 0);
  return {
    ...summary({ ...run, ...told }, service),
    repository: run.repository,
    told: run.origin === 'recorded' ? tellersOf(await wordsOf(tx, id)) : [],
    version: run.version + moved,
    inputs: run.inputs,
    jobs: jobs.map((job) => viewJob(job, stepsOf.get(job.id) ?? [], attemptOf.get(job.id), artifactsOfJob.get(job.id) ?? [])),
    timings: timingsOf(run, steps),
  };
}

/** The run, waiting up to `waitMs` for it to differ from `version`. */
export async function followRun(
  floor: Floor,
  org: string,
  id: string,
  question: { readonly version: number | undefined; readonly waitMs: number },
  signal?: AbortSignal,
): Promise<RunView> {
  const watch = floor.bus.watch([`run:${id}`], signal);
  const deadline = performance.now() + question.waitMs;
  try {
    for (;;) {
      const view = await floor.db.read(org, (tx) => viewRun(tx, id));
      if (view === null) throw noSuchRun({ run: id });
      const left = deadline - performance.now();
      if (view.version !== question.version || left <= 0 || signal?.aborted === true) return view;
      await watch.next(left);
    }
  } finally {
    watch.close();
  }
}

export type RunFilter = {
  readonly service?: string | undefined;
  readonly commit?: string | undefined;
  readonly state?: string | undefined;
  /** A whole ref, or the short name of a branch or tag. */
  readonly ref?: string | undefined;
  readonly trigger?: string | undefined;
  readonly person?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly visible: 'all' | ReadonlySet<string>;
};

/** Runs, newest first, a page at a time; only of services that the asker sees. */
export async function listRuns(tx: Tx, filter: RunFilter): Promise<{ items: RunSummary[]; next: string | null }> {
  const [at, after] = filter.cursor?.split(' ', 2) ?? [null, null];
  const rows = await tx.query<RunRow & Told & { service: string | null }>(
    `select run.*, service.name as service, ${TOLD} from run left join service on service.id = run.service_id
     where ($1::text is null or service.name = $1) and ($2::text is null or run.commit_id = $2) and ($3::text is null or run.state = $3)
       and ($4::timestamptz is null or (run.queued_at, run.id) < ($4::timestamptz, $5)) and ($6::text[] is null or run.service_id = any($6))
       and ($8::text[] is null or run.ref = any($8)) and ($9::text is null or run.trigger = $9) and ($10::text is null or run.requested_person = $10)
     order by run.queued_at desc, run.id desc limit $7`,
    [
      filter.service ?? null,
      filter.commit ?? null,
      filter.state ?? null,
      isInstant(at) ? at : null,
      after ?? '',
      filter.visible === 'all' ? null : [...filter.visible],
      filter.limit + 1,
      filter.ref === undefined ? null : [filter.ref, `refs/heads/${filter.ref}`, `refs/tags/${filter.ref}`],
      filter.trigger ?? null,
      filter.person ?? null,
    ],
  );
  const items = rows.slice(0, filter.limit);
  const last = items.at(-1);
  return {
    items: items.map((row) => summary(row, row.service ?? row.service_id)),
    next: rows.length > filter.limit && last !== undefined ? `${last.queued_at} ${last.id}` : null,
  };
}

function isInstant(text: string | null | undefined): boolean {
  return typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);
}

function summary(run: RunRow & Told, service: string): RunSummary {
  const name = run.bot_name ?? run.person_name;
  return {
    id: run.id,
    service,
    ref: run.ref,
    commit: run.commit_id,
    trigger: run.trigger,
    trust: run.trust,
    state: run.state,
    cause: run.cause,
    requestedBy: run.requested_by,
    requester: name === null ? null : { id: run.requested_by.split(':')[1] ?? '', name },
    subject: run.subject,
    recorded: recordedOf(run),
    read: readOf(run),
    heardAt: run.heard_at,
    queuedAt: run.queued_at,
    startedAt: run.started_at,
    finishedAt: run.finished_at,
    version: run.version,
  };
}

function recordedOf(run: RunRow): RunSummary['recorded'] {
  const { origin, external_system: system, external_id: id, external_attempt: attempt, external_url: url } = run;
  return origin === 'own' ? null : { system: system ?? '', id: id ?? '', attempt: attempt ?? 1, url };
}

function readOf({ seen, seen_whole: whole }: RunRow): RunSummary['read'] {
  if (seen === null) return null;
  const { pipeline, title, trigger, actor } = seen;
  return { pipeline, title, trigger, actor, whole: whole === true };
}

/** Each who told something of the run, once. */
function tellersOf(words: readonly Word[]): RunView['told'] {
  return [...new Map(words.map(({ told }) => [digestOfValue(told), told])).values()];
}

function viewJob(
  job: JobRow,
  steps: readonly StepRow[],
  attempt: AttemptInfo | undefined,
  artifacts: readonly ArtifactRow[],
): RunView['jobs'][number] {
  return {
    id: job.id,
    name: job.name,
    declared: job.declared,
    state: job.state,
    cause: job.cause,
    attempt: job.attempt,
    needs: job.needs,
    pool: job.pool,
    executor: attempt?.executor ?? job.executor,
    runner: job.seen?.runner ?? job.runner_id,
    isolation: attempt?.isolation ?? [],
    queuedAt: job.queued_at,
    startedAt: job.started_at,
    finishedAt: job.finished_at,
    outputs: job.outputs,
    artifacts: artifacts.map(({ name, digest, size }) => ({ name, digest, size })),
    foreign: job.seen === null ? null : { url: job.seen.url, log: attempt?.logged === true ? 'here' : job.seen.log ? 'there' : 'none' },
    steps: steps.map((step) => ({
      name: step.name,
      state: step.state,
      exitCode: step.exit_code,
      durationMs: step.duration_ms,
      startedAt: step.started_at,
      finishedAt: step.finished_at,
    })),
  };
}

function timingsOf(run: RunRow, steps: readonly StepRow[]): RunView['timings'] {
  const first = steps.reduce<Instant | null>(
    (least, step) => (step.started_at !== null && (least === null || step.started_at < least) ? step.started_at : least),
    null,
  );
  return {
    toQueuedMs: between(run.heard_at, run.queued_at),
    toFirstStepMs: first === null ? null : between(run.heard_at, first),
    totalMs: run.finished_at === null ? null : between(run.heard_at, run.finished_at),
  };
}
