import type { Instant } from '../kernel/time.ts';
import type { Row, Tx } from '../platform/floor.ts';

/**
 * Jobs that failed. The job runner keeps them and does the work; this reads its tables, and moves jobs only through its
 * own functions. A job that failed for the last time is left alone by it: other work goes on.
 */
export type FailedJob = {
  readonly id: string;
  readonly task: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly error: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly nextAt: Instant;
};

/** Failures before it is worth telling somebody: the first ones mend themselves. */
const WORTH_TELLING = 3;

const JOB = `j.id::text as id, t.identifier as task, j.payload, j.attempts, j.max_attempts as "maxAttempts",
  left(coalesce(j.last_error, ''), 4000) as error, j.created_at as "firstAt", j.updated_at as "lastAt", j.run_at as "nextAt"`;
const FROM = `graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id`;

/** Failed jobs of the organisation, parked ones first, newest failure first; one by id, or the first `limit`. */
export async function failedJobs(tx: Tx, id: string | null, limit: number): Promise<FailedJob[]> {
  return tx.query<FailedJob & Row>(
    `select ${JOB} from ${FROM}
     where j.payload->>'org' = $1 and (j.attempts >= j.max_attempts or j.attempts >= $2) and j.locked_at is null
       and ($3::bigint is null or j.id = $3)
     order by j.attempts >= j.max_attempts desc, j.updated_at desc limit $4`,
    [tx.org, WORTH_TELLING, id, limit],
  );
}

/** Runs jobs again from `now`, with all their tries; those that a worker has taken meanwhile are left to it. */
export async function rescheduleJobs(tx: Tx, ids: readonly string[], now: Instant): Promise<number> {
  return (
    await tx.query(`select 1 as one from graphile_worker.reschedule_jobs($1::bigint[], run_at := $2::timestamptz, attempts := 0)`, [
      ids,
      now,
    ])
  ).length;
}

/** Takes a job away for good; false where a worker has it. */
export async function removeJob(tx: Tx, id: string): Promise<boolean> {
  return (await tx.query(`select 1 as one from graphile_worker.complete_jobs($1::bigint[])`, [[id]])).length === 1;
}

/** The facts that failed reactions were for. */
export async function factsOfJobs(tx: Tx, facts: readonly string[]): Promise<{ id: string; type: string; subject: string; at: string }[]> {
  return tx.query(`select fact_id as id, type, subject, at from fact where fact_id = any($1)`, [facts]);
}
