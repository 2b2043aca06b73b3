import { actorLabel, system } from '../../kernel/actor.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { RunRow } from '../engine/run.store.ts';
import { isOver, seenOf, type ReadFrom, type ReadJob, type ReadRun } from './read-run.ts';

export type Kept = { readonly id: string; readonly change: 'new' | 'changed' | 'same'; readonly before: string | null };

/**
 * Writes down what was read of a run. A run that its own CI told us of stays as it was told: what was read is laid
 * beside it and says the end where no end was told. A run that has ended there is never set back by an older answer.
 */
export async function keepRun(tx: Tx, service: string, from: ReadFrom, run: ReadRun, now: Instant): Promise<Kept> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 22))`, [
    [tx.org, service, from.system, run.external, run.attempt].join('\n'),
  ]);
  const before = await tx.maybe<RunRow & { seen_state: string | null; seen_whole: boolean | null }>(
    `select * from run where org_id = $1 and service_id = $2 and external_system = $3 and external_id = $4 and external_attempt = $5 for update`,
    [tx.org, service, from.system, run.external, run.attempt],
  );
  if (before === null) return { id: await insertRun(tx, service, from, run, now), change: 'new', before: null };
  const whole = run.jobs !== null || (before.seen_whole === true && before.seen_state === run.state);
  const set = [before.id, JSON.stringify(seenOf(run, from)), run.state, run.finishedAt, whole] as const;
  if (before.origin === 'recorded') {
    await tx.write(
      `update run set seen = $2, seen_state = $3, seen_finished_at = $4, seen_whole = $5, external_url = coalesce(external_url, $6),
         state = case when state = 'running' and $3 in ('succeeded', 'failed', 'cancelled') then $3 else state end,
         finished_at = coalesce(finished_at, $4), version = version + 1 where id = $1`,
      [...set, run.url],
    );
    return { id: before.id, change: before.seen_state === run.state ? 'same' : 'changed', before: before.state };
  }
  const back = isOver(before.state as ReadRun['state']) && !isOver(run.state);
  const same = before.state === run.state && before.finished_at === run.finishedAt && before.seen_whole === whole;
  if (back || same) return { id: before.id, change: 'same', before: before.state };
  await tx.write(
    `update run set seen = $2, state = $3, seen_state = $3, finished_at = $4, seen_finished_at = $4, seen_whole = $5, external_url = $6, cause = $7,
       started_at = coalesce($8, started_at), ref = coalesce($9, ref), commit_id = coalesce(commit_id, $10), version = version + 1 where id = $1`,
    [...set, run.url, run.cause, run.startedAt, run.ref, run.commit],
  );
  return { id: before.id, change: 'changed', before: before.state };
}

/** Of these runs those that are known as they are, by `external/attempt`: they need no write, and no lock. */
export async function knownSame(tx: Tx, service: string, system: string, runs: readonly ReadRun[]): Promise<Set<string>> {
  const rows = await tx.query<{ external: string; attempt: number; state: string; finished: Instant | null }>(
    `select external_id as external, external_attempt as attempt, seen_state as state, seen_finished_at as finished from run
     where org_id = $1 and service_id = $2 and external_system = $3 and external_id = any($4) and seen is not null`,
    [tx.org, service, system, runs.map(({ external }) => external)],
  );
  const known = new Map(rows.map((row) => [`${row.external}/${row.attempt}`, row]));
  const same = runs.filter((run) => {
    const row = known.get(`${run.external}/${run.attempt}`);
    return run.jobs === null && row !== undefined && row.state === run.state && row.finished === run.finishedAt;
  });
  return new Set(same.map((run) => `${run.external}/${run.attempt}`));
}

async function insertRun(tx: Tx, service: string, from: ReadFrom, run: ReadRun, now: Instant): Promise<string> {
  const id = tx.floor.newId('run');
  const at = run.queuedAt ?? run.startedAt ?? now;
  await tx.write(
    `insert into run (id, org_id, service_id, repository, ref, commit_id, trigger, trust, state, cause, inputs, requested_by, heard_at, queued_at, started_at,
       finished_at, origin, external_system, external_id, external_attempt, external_url, seen, seen_state, seen_finished_at, seen_whole)
     values ($1, $2, $3, $4, $5, $6, 'read', 'untrusted', $7, $8, '{}', $9, $10, $10, $11, $12, 'read', $13, $14, $15, $16, $17, $7, $12, $18)`,
    [
      id,
      tx.org,
      service,
      run.pipeline.repository,
      run.ref,
      run.commit,
      run.state,
      run.cause,
      actorLabel(system(tx.org, 'connections')),
      at,
      run.startedAt,
      run.finishedAt,
      from.system,
      run.external,
      run.attempt,
      run.url,
      JSON.stringify(seenOf(run, from)),
      run.jobs !== null,
    ],
  );
  return id;
}

/** The jobs of a read run as they are now, each with its steps. A log that was fetched stays with its job. */
export async function keepJobs(tx: Tx, run: string, service: string, jobs: readonly ReadJob[], now: Instant): Promise<void> {
  for (const [position, job] of jobs.entries()) {
    const seen = JSON.stringify({ id: job.id, url: job.url, runner: job.runner, log: job.log });
    const row = await tx.one<{ id: string }>(
      `insert into job (id, org_id, run_id, service_id, position, name, declared, needs, planned, timeout_ms, pool, executor, trust, state, cause, attempt,
         max_attempts, queued_at, started_at, finished_at, seen)
       values ($1, $2, $3, $4, $5, $6, $6, '{}', '', 0, '', 'any', 'untrusted', $7, $8, 1, 1, $9, $10, $11, $12)
       on conflict (run_id, name) do update set position = excluded.position, state = excluded.state, cause = excluded.cause, queued_at = excluded.queued_at,
         started_at = excluded.started_at, finished_at = excluded.finished_at, seen = excluded.seen, version = job.version + 1 returning id`,
      [
        tx.floor.newId('job'),
        tx.org,
        run,
        service,
        position,
        job.name,
        job.state,
        job.cause,
        job.queuedAt,
        job.startedAt,
        job.finishedAt,
        seen,
      ],
    );
    await keepSteps(tx, row.id, job, now);
  }
}

async function keepSteps(tx: Tx, id: string, job: ReadJob, now: Instant): Promise<void> {
  // No runner of ours held it: the attempt is there for the steps, and for the log once somebody wants to see it.
  await tx.write(
    `insert into job_attempt (job_id, attempt, org_id, runner_id, token, plan, plan_digest, readable, started_at) values ($1, 1, $2, '', 0, '', '', '{}', $3)
     on conflict (job_id, attempt) do nothing`,
    [id, tx.org, job.startedAt ?? now],
  );
  await tx.write(`delete from job_step where job_id = $1 and position >= $2`, [id, job.steps.length]);
  for (const [position, step] of job.steps.entries())
    await tx.write(
      `insert into job_step (job_id, attempt, position, org_id, name, state, duration_ms, started_at, finished_at) values ($1, 1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (job_id, attempt, position) do update set name = excluded.name, state = excluded.state, duration_ms = excluded.duration_ms,
         started_at = excluded.started_at, finished_at = excluded.finished_at`,
      [id, position, tx.org, step.name, step.state, step.durationMs, step.startedAt, step.finishedAt],
    );
}

/** Runs of a place that are not over, or whose jobs were not asked for, by the ids that they are asked by: newest first. */
export async function unfinishedRuns(tx: Tx, place: string, limit: number): Promise<{ asked: string; open: boolean }[]> {
  return tx.query<{ asked: string; open: boolean }>(
    `select asked, bool_or(open) as open from (
       select seen ->> 'asked' as asked, state in ('queued', 'running') as open, queued_at from run
       where seen ->> 'place' = $1 and (seen_whole = false or (origin = 'read' and state in ('queued', 'running')))
       order by (state in ('queued', 'running')) desc, queued_at desc limit $2) found group by asked`,
    [place, limit],
  );
}

/** A run that is gone there: it will not change any more, and nothing is to be asked. */
export async function closeGone(tx: Tx, place: string, asked: string, cause: string, now: Instant): Promise<void> {
  await tx.write(
    `update run set state = case when state in ('queued', 'running') then 'cancelled' else state end, cause = coalesce(cause, $3),
       finished_at = coalesce(finished_at, $4), seen_whole = true, version = version + 1
     where seen ->> 'place' = $1 and seen ->> 'asked' = $2 and origin = 'read'`,
    [place, asked, cause, now],
  );
}

/** How many whole runs of a place there are: jobs of a long past are not all asked for. */
export async function wholeRuns(tx: Tx, place: string): Promise<number> {
  return (await tx.one<{ n: number }>(`select count(*)::int as n from run where seen ->> 'place' = $1 and seen_whole`, [place])).n;
}

export type ReadJobRow = {
  readonly job: string;
  readonly run: string;
  readonly place: string;
  readonly asked: string;
  readonly seenJob: { id: string; log: boolean };
  readonly logged: boolean;
  readonly over: boolean;
};

/** Where the log of a job is to be asked for; null: it is no job that was read. */
export async function readJob(tx: Tx, job: string): Promise<ReadJobRow | null> {
  return tx.maybe<ReadJobRow>(
    `select j.id as job, r.id as run, r.seen ->> 'place' as place, r.seen ->> 'asked' as asked, j.seen as "seenJob", a.log_digest is not null as logged,
       j.state not in ('waiting', 'queued', 'running') as over
     from job j join run r on r.id = j.run_id left join job_attempt a on a.job_id = j.id and a.attempt = 1 where j.id = $1 and j.seen is not null`,
    [job],
  );
}

/** Names the fetched log of a job that is over; fetched again it is the newer one. */
export async function keepLog(
  tx: Tx,
  job: string,
  log: { readonly digest: string; readonly size: number; readonly index: Uint8Array },
  now: Instant,
): Promise<void> {
  await tx.write(
    `update job_attempt set log_digest = $2, log_stored = $3, log_index = $4, log_complete = true, log_removed_at = null, finished_at = $5 where job_id = $1 and attempt = 1`,
    [job, log.digest, log.size, log.index, now],
  );
}

/** Where a run was read; null: it was not. */
export async function readOrigin(tx: Tx, run: string): Promise<{ place: string; asked: string } | null> {
  return tx.maybe(`select seen ->> 'place' as place, seen ->> 'asked' as asked from run where id = $1 and seen is not null`, [run]);
}
