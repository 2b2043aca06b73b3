import type { Executor, Trust } from '../../contract/runner.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { JobRow } from '../engine/job.store.ts';

export type RunnerRow = {
  readonly id: string;
  readonly org_id: string;
  readonly name: string;
  readonly pool: string;
  readonly trust: Trust;
  readonly seen_at: Instant | null;
  readonly revoked_at: Instant | null;
};

/** What a runner says of itself when it asks for a job. */
export type Says = { readonly version: string | null; readonly executors: readonly string[] };

const COLUMNS = 'id, org_id, name, pool, trust, seen_at, revoked_at';

/** A runner that is not revoked. */
export function runnerById(tx: Tx, id: string): Promise<RunnerRow | null> {
  return tx.maybe<RunnerRow>(`select ${COLUMNS} from runner where id = $1 and revoked_at is null`, [id]);
}

/** The runner whose key has this digest and is not revoked, in whatever organisation it is. */
export function runnerByKey(tx: Tx, keyDigest: string): Promise<RunnerRow | null> {
  return tx.maybe<RunnerRow>(`select ${COLUMNS} from runner where key_digest = $1 and revoked_at is null`, [keyDigest]);
}

export type RunnerView = RunnerRow & {
  readonly client_version: string | null;
  readonly executors: string[] | null;
  readonly isolation: string[] | null;
  readonly doing: { job: string; run: string; name: string; since: string }[];
};

/** All runners with what each is doing; revoked ones last. */
export function allRunners(tx: Tx): Promise<RunnerView[]> {
  return tx.query<RunnerView>(
    `select ${COLUMNS}, client_version, executors, latest.isolation, coalesce(busy.doing, '[]') as doing
     from runner
     left join (select a.runner_id, jsonb_agg(jsonb_build_object('job', job.id, 'run', job.run_id, 'name', job.name, 'since', a.started_at) order by a.started_at) as doing
                from job_attempt a join job on job.id = a.job_id where a.finished_at is null group by a.runner_id) busy on busy.runner_id = runner.id
     left join (select distinct on (runner_id) runner_id, isolation from job_attempt where executor is not null order by runner_id, started_at desc) latest
       on latest.runner_id = runner.id
     order by revoked_at is not null, runner.created_at, id limit 1000`,
  );
}

export async function insertRunner(
  tx: Tx,
  runner: { id: string; name: string; pool: string; trust: Trust; keyDigest: string },
): Promise<void> {
  await tx.query(`insert into runner (id, org_id, name, pool, trust, key_digest, created_at) values ($1, $2, $3, $4, $5, $6, $7)`, [
    runner.id,
    tx.org,
    runner.name,
    runner.pool,
    runner.trust,
    runner.keyDigest,
    await tx.now(),
  ]);
}

/** Ends a runner; null where there is none, or it was ended before. */
export function endRunner(tx: Tx, id: string, now: Instant): Promise<RunnerRow | null> {
  return tx.maybe<RunnerRow>(
    `update runner set revoked_at = $2, version = version + 1 where id = $1 and revoked_at is null returning ${COLUMNS}`,
    [id, now],
  );
}

/** Remembers that the runner was here; at most once a `everyMs`, because nothing depends on it. */
export async function seeRunner(tx: Tx, id: string, says: Says, now: Instant, everyMs: number): Promise<void> {
  await tx.write(
    `update runner set seen_at = $2, client_version = coalesce($4, client_version), executors = $5 where id = $1 and (seen_at is null or seen_at < $2::timestamptz - $3 * interval '1 millisecond')`,
    [id, now, everyMs, says.version, says.executors],
  );
}

export type Registration = { readonly id: string; readonly org_id: string; readonly pool: string; readonly trust: Trust };

export async function insertRegistration(
  tx: Tx,
  registration: { id: string; tokenDigest: string; pool: string; trust: Trust; expiresAt: Instant },
): Promise<void> {
  await tx.query(
    `insert into runner_registration (id, org_id, token_digest, pool, trust, expires_at, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [registration.id, tx.org, registration.tokenDigest, registration.pool, registration.trust, registration.expiresAt, await tx.now()],
  );
}

/** Whose registration this is; asked across all organisations, because a stranger's request names none. */
export async function orgOfRegistration(tx: Tx, tokenDigest: string): Promise<string | null> {
  return (
    (await tx.maybe<{ org_id: string }>(`select org_id from runner_registration where token_digest = $1`, [tokenDigest]))?.org_id ?? null
  );
}

/** The unused and unexpired registration of a token, locked. */
export function lockRegistration(tx: Tx, tokenDigest: string, now: Instant): Promise<Registration | null> {
  return tx.maybe<Registration>(
    `select id, org_id, pool, trust from runner_registration where token_digest = $1 and used_by is null and expires_at > $2 for update`,
    [tokenDigest, now],
  );
}

export async function useRegistration(tx: Tx, id: string, runner: string): Promise<boolean> {
  return (
    (await tx.write(`update runner_registration set used_by = $2, version = version + 1 where id = $1 and used_by is null`, [
      id,
      runner,
    ])) === 1
  );
}

export type Asked = {
  readonly runner: string;
  readonly pool: string;
  readonly trust: readonly Trust[];
  readonly executors: readonly Executor[];
};

/** The oldest queued job for a runner, locked together with its run; what another claim holds is passed over. */
export function candidate(tx: Tx, asked: Asked): Promise<JobRow | null> {
  return tx.maybe<JobRow>(
    `select job.* from job join run on run.id = job.run_id
     where job.state = 'queued' and job.pool = $1 and job.trust = any($2) and (job.executor = 'any' or job.executor = any($3)) and not ($4 = any(job.not_on))
     order by job.queued_at, job.position limit 1 for update skip locked`,
    [asked.pool, asked.trust, asked.executors, asked.runner],
  );
}

/** Whether any job is queued for such a runner, locked or not. */
export async function waitingFor(tx: Tx, asked: Asked): Promise<boolean> {
  const rows = await tx.query(
    `select 1 as yes from job where state = 'queued' and pool = $1 and trust = any($2) and (executor = 'any' or executor = any($3))
       and not ($4 = any(not_on)) limit 1`,
    [asked.pool, asked.trust, asked.executors, asked.runner],
  );
  return rows.length > 0;
}

/** The runners that ran anything of a run, whatever came of it. */
export async function runnersOfRun(tx: Tx, run: string): Promise<string[]> {
  const rows = await tx.query<{ runner: string }>(
    `select distinct a.runner_id as runner from job_attempt a join job on job.id = a.job_id where job.run_id = $1 order by 1`,
    [run],
  );
  return rows.map(({ runner }) => runner);
}

/**
 * The runner, other than these, that would be given such a job and was heard of last; null: there is none. What it says of
 * its executors is of its last visit.
 */
export function runnerBeside(
  tx: Tx,
  job: { readonly pool: string; readonly trust: readonly Trust[]; readonly executor: JobRow['executor'] },
  others: readonly string[],
): Promise<{ name: string; seen: Instant } | null> {
  return tx.maybe(
    `select name, coalesce(seen_at, created_at) as seen from runner
     where revoked_at is null and pool = $1 and trust = any($2) and not (id = any($3))
       and ($4 = 'any' or executors is null or $4 = any(executors)) order by 2 desc limit 1`,
    [job.pool, job.trust, others, job.executor],
  );
}
