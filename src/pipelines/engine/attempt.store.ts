import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { StepState } from '../states.ts';

export type AttemptRow = {
  readonly job_id: string;
  readonly attempt: number;
  readonly org_id: string;
  readonly runner_id: string;
  readonly token: number;
  readonly plan: string;
  readonly plan_digest: Digest;
  readonly readable: string[];
  readonly started_at: Instant;
  readonly finished_at: Instant | null;
  readonly result: string | null;
  readonly cause: string | null;
  readonly finish_digest: string | null;
  readonly executor: string | null;
  readonly isolation: string[];
  readonly log_stored: number;
  readonly log_digest: Digest | null;
  readonly log_complete: boolean | null;
  /** The log was kept long enough: its bytes are gone. */
  readonly log_removed_at: Instant | null;
};

export type NewAttempt = Pick<
  AttemptRow,
  'job_id' | 'attempt' | 'runner_id' | 'token' | 'plan' | 'plan_digest' | 'readable' | 'started_at'
>;

/** Inserts an attempt with its steps, all waiting. */
export async function insertAttempt(tx: Tx, attempt: NewAttempt, steps: readonly string[]): Promise<void> {
  await tx.query(
    `with made as (
       insert into job_attempt (job_id, attempt, org_id, runner_id, token, plan, plan_digest, readable, started_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning job_id, attempt, org_id)
     insert into job_step (job_id, attempt, position, org_id, name, state)
     select made.job_id, made.attempt, step.position - 1, made.org_id, step.name, 'waiting' from made, unnest($10::text[]) with ordinality as step(name, position)`,
    [
      attempt.job_id,
      attempt.attempt,
      tx.org,
      attempt.runner_id,
      attempt.token,
      attempt.plan,
      attempt.plan_digest,
      attempt.readable,
      attempt.started_at,
      steps,
    ],
  );
}

export function findAttempt(tx: Tx, job: string, attempt: number): Promise<AttemptRow | null> {
  return tx.maybe<AttemptRow>(`select * from job_attempt where job_id = $1 and attempt = $2`, [job, attempt]);
}

/** How an attempt ended. */
export type AttemptEnd = {
  readonly result: string;
  readonly cause: string | null;
  readonly at: Instant;
  readonly finishDigest: string | null;
  readonly executor: string | null;
  readonly isolation: readonly string[];
  /** Bytes of log that the runner says it printed; null where nobody could say. */
  readonly logBytes: number | null;
};

/** Ends an attempt once; steps that still run or wait end with it. False: it had ended before. */
export async function endAttempt(tx: Tx, job: string, attempt: number, end: AttemptEnd): Promise<boolean> {
  const touched = await tx.write(
    `update job_attempt set result = $3, cause = $4, finished_at = $5, finish_digest = $6, executor = $7, isolation = $8, log_complete = (log_stored is not distinct from $9::bigint)
     where job_id = $1 and attempt = $2 and finished_at is null`,
    [job, attempt, end.result, end.cause, end.at, end.finishDigest, end.executor, end.isolation, end.logBytes],
  );
  if (touched === 0) return false;
  await tx.write(
    `update job_step set state = case state when 'running' then 'cancelled' else 'skipped' end, finished_at = $3
     where job_id = $1 and attempt = $2 and state in ('running', 'waiting')`,
    [job, attempt, end.at],
  );
  return true;
}

export type StepChange = {
  readonly position: number;
  readonly state: StepState;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
};

/** Moves a step; false where its machine has no such step from where it stands (a repeated or late message changes nothing). */
export async function moveStep(
  tx: Tx,
  job: string,
  attempt: number,
  change: StepChange,
  from: readonly StepState[],
  now: Instant,
): Promise<boolean> {
  const running = change.state === 'running';
  const touched = await tx.write(
    `update job_step set state = $4, exit_code = $5, duration_ms = $6, started_at = coalesce(started_at, case when $7 then $8::timestamptz end), finished_at = case when $7 then null else $8::timestamptz end
     where job_id = $1 and attempt = $2 and position = $3 and state = any($9)`,
    [job, attempt, change.position, change.state, change.exitCode, change.durationMs, running, now, from],
  );
  return touched === 1;
}
