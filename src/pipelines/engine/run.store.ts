import type { Trust } from '../../contract/runner.ts';
import { assertStep } from '../../kernel/machine.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Seen } from '../read/read-run.ts';
import type { Tx } from '../../platform/floor.ts';
import { runMachine, type RunState } from '../states.ts';

export type RunRow = {
  readonly id: string;
  readonly org_id: string;
  readonly service_id: string;
  readonly source_id: string | null;
  readonly repository: string | null;
  readonly ref: string | null;
  readonly commit_id: string | null;
  readonly archive: string | null;
  readonly trigger: 'push' | 'manual' | 'recorded' | 'read';
  readonly trust: Trust;
  readonly state: RunState;
  readonly cause: string | null;
  readonly inputs: Record<string, string>;
  readonly pipeline_digest: string | null;
  readonly requested_by: string;
  readonly requested_person: string | null;
  readonly request_key: string | null;
  readonly heard_at: Instant;
  readonly queued_at: Instant;
  readonly started_at: Instant | null;
  readonly finished_at: Instant | null;
  /** `recorded`: a foreign CI ran it and told us. `read`: we read it from a CI server. The external columns say which run there. */
  readonly origin: 'own' | 'recorded' | 'read';
  readonly external_system: string | null;
  readonly external_id: string | null;
  readonly external_attempt: number | null;
  readonly external_url: string | null;
  /** What a connection read of it; null: none did. */
  readonly seen: Seen | null;
  readonly seen_whole: boolean | null;
  readonly version: number;
};

type Told = 'origin' | 'external_system' | 'external_id' | 'external_attempt' | 'external_url' | 'seen' | 'seen_whole';
export type NewRun = Omit<RunRow, 'org_id' | 'state' | 'cause' | 'started_at' | 'finished_at' | 'version' | Told>;

/** Inserts a queued run; null where the same request made one before. */
export async function insertRun(tx: Tx, run: NewRun): Promise<RunRow | null> {
  return tx.maybe<RunRow>(
    `insert into run (id, org_id, service_id, source_id, repository, ref, commit_id, archive, trigger, trust, state, inputs, pipeline_digest, requested_by, requested_person, request_key, heard_at, queued_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', $11::jsonb, $12, $13, $14, $15, $16, $17)
     on conflict (org_id, request_key) where request_key is not null do nothing returning *`,
    [
      run.id,
      tx.org,
      run.service_id,
      run.source_id,
      run.repository,
      run.ref,
      run.commit_id,
      run.archive,
      run.trigger,
      run.trust,
      JSON.stringify(run.inputs),
      run.pipeline_digest,
      run.requested_by,
      run.requested_person,
      run.request_key,
      run.heard_at,
      run.queued_at,
    ],
  );
}

export function findRun(tx: Tx, run: string): Promise<RunRow | null> {
  return tx.maybe<RunRow>(`select * from run where id = $1`, [run]);
}

export function findRunByKey(tx: Tx, key: string): Promise<RunRow | null> {
  return tx.maybe<RunRow>(`select * from run where org_id = $1 and request_key = $2`, [tx.org, key]);
}

/** The run, locked: the first lock of everything that changes a run or its jobs. */
export function lockRun(tx: Tx, run: string): Promise<RunRow | null> {
  return tx.maybe<RunRow>(`select * from run where id = $1 for update`, [run]);
}

/** The run of a job, locked. */
export function lockRunOfJob(tx: Tx, job: string): Promise<RunRow | null> {
  return tx.maybe<RunRow>(`select run.* from run where id = (select run_id from job where id = $1) for update`, [job]);
}

/** Moves a run to `state`, conditional on the version that was read. */
export async function moveRun(
  tx: Tx,
  run: RunRow,
  state: RunState,
  change: { cause?: string | null; started_at?: Instant; finished_at?: Instant } = {},
): Promise<RunRow> {
  assertStep(runMachine, run.state, state);
  const next = { ...run, ...change, state };
  const touched = await tx.write(
    `update run set state = $3, cause = $4, started_at = $5, finished_at = $6, version = version + 1 where id = $1 and version = $2`,
    [run.id, run.version, next.state, next.cause, next.started_at, next.finished_at],
  );
  if (touched !== 1) throw new Error(`run ${run.id} was changed by another while its lock was held`);
  return { ...next, version: run.version + 1 };
}
