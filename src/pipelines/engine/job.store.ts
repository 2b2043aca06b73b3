import type { Trust } from '../../contract/runner.ts';
import type { Instant } from '../../kernel/time.ts';
import { assertStep } from '../../kernel/machine.ts';
import type { Tx } from '../../platform/floor.ts';
import { jobMachine, type JobState } from '../states.ts';

export type JobRow = {
  readonly id: string;
  readonly org_id: string;
  readonly run_id: string;
  readonly service_id: string;
  readonly position: number;
  readonly name: string;
  /** Its name in the file, shared by the cells of a matrix; `name` is its own. */
  readonly declared: string;
  readonly needs: string[];
  /** DSSE envelope as JSON; see plan-seal.ts. */
  readonly planned: string;
  readonly timeout_ms: number;
  readonly pool: string;
  readonly executor: 'host' | 'sandbox' | 'any';
  readonly trust: Trust;
  /** Runners that it is not given to. */
  readonly not_on: string[];
  readonly state: JobState;
  readonly cause: string | null;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly cancel_requested: boolean;
  readonly runner_id: string | null;
  readonly token: number;
  readonly lease_until: Instant | null;
  readonly outputs: Record<string, string>;
  readonly queued_at: Instant | null;
  readonly started_at: Instant | null;
  readonly finished_at: Instant | null;
  /** Of a job that was read from a CI server: how it is asked for there. */
  readonly seen: { readonly id: string; readonly url: string | null; readonly runner: string | null; readonly log: boolean } | null;
  readonly version: number;
};

export type NewJob = Pick<
  JobRow,
  | 'id'
  | 'run_id'
  | 'service_id'
  | 'position'
  | 'name'
  | 'declared'
  | 'needs'
  | 'planned'
  | 'timeout_ms'
  | 'pool'
  | 'executor'
  | 'trust'
  | 'not_on'
  | 'max_attempts'
>;

/** Inserts the jobs of a fresh run, all of them waiting. */
export async function insertJobs(tx: Tx, jobs: readonly NewJob[]): Promise<void> {
  await tx.query(
    `insert into job (id, org_id, run_id, service_id, position, name, declared, needs, planned, timeout_ms, pool, executor, trust, not_on, state, max_attempts)
     select j.id, $1, j.run_id, j.service_id, j.position, j.name, j.declared, array(select jsonb_array_elements_text(j.needs)), j.planned, j.timeout_ms, j.pool, j.executor, j.trust, array(select jsonb_array_elements_text(j.not_on)), 'waiting', j.max_attempts
     from jsonb_to_recordset($2::jsonb) as j(id text, run_id text, service_id text, position int, name text, declared text, needs jsonb, planned text, timeout_ms bigint, pool text, executor text, trust text, not_on jsonb, max_attempts int)`,
    [tx.org, JSON.stringify(jobs)],
  );
}

/** All jobs of a run in the order of its plan. The caller holds the run's lock. */
export function jobsOf(tx: Tx, run: string): Promise<JobRow[]> {
  return tx.query<JobRow>(`select * from job where run_id = $1 order by position`, [run]);
}

/** One job, locked. Lock its run first (every writer does, so that they never wait for each other in a circle). */
export function lockJob(tx: Tx, job: string): Promise<JobRow | null> {
  return tx.maybe<JobRow>(`select * from job where id = $1 for update`, [job]);
}

export function findJob(tx: Tx, job: string): Promise<JobRow | null> {
  return tx.maybe<JobRow>(`select * from job where id = $1`, [job]);
}

/** What a step of the machine may change besides the state. */
export type JobChange = {
  readonly cause?: string | null;
  readonly attempt?: number;
  readonly runner_id?: string | null;
  readonly token?: number;
  readonly lease_until?: Instant | null;
  readonly cancel_requested?: boolean;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly queued_at?: Instant;
  readonly started_at?: Instant | null;
  readonly finished_at?: Instant | null;
};

/** Moves a job to `state`, conditional on the version that was read; throws where its machine has no such step or somebody was faster. */
export async function moveJob(tx: Tx, job: JobRow, state: JobState, change: JobChange = {}): Promise<JobRow> {
  assertStep(jobMachine, job.state, state);
  return saveJob(tx, { ...job, ...change, outputs: change.outputs ?? job.outputs, state } as JobRow);
}

/** Saves what changed without a step: the lease, a request to cancel. */
export async function saveJob(tx: Tx, job: JobRow): Promise<JobRow> {
  const touched = await tx.write(
    `update job set state = $3, cause = $4, attempt = $5, runner_id = $6, token = $7, lease_until = $8, cancel_requested = $9, outputs = $10::jsonb,
       queued_at = $11, started_at = $12, finished_at = $13, version = version + 1
     where id = $1 and version = $2`,
    [
      job.id,
      job.version,
      job.state,
      job.cause,
      job.attempt,
      job.runner_id,
      job.token,
      job.lease_until,
      job.cancel_requested,
      JSON.stringify(job.outputs),
      job.queued_at,
      job.started_at,
      job.finished_at,
    ],
  );
  if (touched !== 1) throw new Error(`job ${job.id} was changed by another while its lock was held`);
  return { ...job, version: job.version + 1 };
}

/** Jobs that may be late in some way: their lease is over, they run past their time limit, or wait since long. */
export function lateJobs(
  tx: Tx,
  edges: { readonly now: Instant; readonly startedBefore: Instant; readonly queuedBefore: Instant },
): Promise<{ id: string; org: string }[]> {
  return tx.query(
    `select id, org_id as org from job
     where (state = 'running' and (lease_until < $1 or started_at + timeout_ms * interval '1 millisecond' < $2)) or (state = 'queued' and queued_at < $3)
     limit 200`,
    [edges.now, edges.startedBefore, edges.queuedBefore],
  );
}
