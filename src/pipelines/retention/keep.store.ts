import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { isHeld, notHeld } from '../../platform/retention/hold.ts';
import type { Due } from '../../platform/retention/retention.port.ts';

const LOG_HELD = ['a.org_id', 'j.service_id', 'j.run_id'] as const;
const CACHE_HELD = ['c.org_id', 'c.service_id', 'null'] as const;

/** Sealed logs that ended before `before`. */
export async function dueLogs(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(
    `select count(*) filter (where ${notHeld(...LOG_HELD)}) as things,
            coalesce(sum(a.log_stored) filter (where ${notHeld(...LOG_HELD)}), 0)::bigint as bytes,
            count(*) filter (where ${isHeld(...LOG_HELD)}) as held
     from job_attempt a join job j on j.id = a.job_id
     where a.finished_at < $1 and a.log_digest is not null and a.log_removed_at is null`,
    [before],
  );
}

/** Marks such logs as removed; answers their digests. The digest stays in the row, as what the log was. */
export async function removeLogs(tx: Tx, before: Instant, limit: number): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `with old as (
       select a.job_id, a.attempt from job_attempt a join job j on j.id = a.job_id
       where a.finished_at < $1 and a.log_digest is not null and a.log_removed_at is null and ${notHeld(...LOG_HELD)}
       order by a.finished_at limit $2 for update of a skip locked)
     update job_attempt a set log_removed_at = $3, log_index = null from old
     where a.job_id = old.job_id and a.attempt = old.attempt returning a.log_digest as digest`,
    [before, limit, await tx.now()],
  );
  return rows.map((row) => row.digest);
}

/** Cache entries that nobody used since `before`. */
export async function dueCaches(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(
    `select count(*) filter (where ${notHeld(...CACHE_HELD)}) as things,
            coalesce(sum(c.size) filter (where ${notHeld(...CACHE_HELD)}), 0)::bigint as bytes,
            count(*) filter (where ${isHeld(...CACHE_HELD)}) as held
     from cache_entry c where coalesce(c.used_at, c.created_at) < $1`,
    [before],
  );
}

export async function removeCaches(tx: Tx, before: Instant, limit: number): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `with old as (
       select c.service_id, c.trust, c.key from cache_entry c where coalesce(c.used_at, c.created_at) < $1 and ${notHeld(...CACHE_HELD)}
       order by c.created_at limit $2 for update skip locked)
     delete from cache_entry c using old where c.service_id = old.service_id and c.trust = old.trust and c.key = old.key
     returning c.digest`,
    [before, limit],
  );
  return rows.map((row) => row.digest);
}

/** What hooks delivered, and writes that came too late: both are only there to be recognised again. */
export async function dueNotes(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(`select count(*) as things, 0 as bytes, 0 as held from stale_write where at < $1`, [before]);
}

export async function removeNotes(tx: Tx, before: Instant, limit: number): Promise<number> {
  return tx.write(`delete from stale_write where ctid in (select ctid from stale_write where at < $1 limit $2)`, [before, limit]);
}

/** Which of these digests rows of this slice need: sources, uploads of what runs, artifacts, caches, logs that are kept. */
export async function namedBytes(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select archive as digest from run where archive = any($1)
     union select digest from cache_entry where digest = any($1)
     union select log_digest from job_attempt where log_digest = any($1) and log_removed_at is null
     union select b.digest from job_blob b join job_attempt a on a.job_id = b.job_id and a.attempt = b.attempt
       where b.digest = any($1) and a.finished_at is null
     union select d from job_attempt a, unnest(a.readable) as d where a.finished_at is null and a.readable && $1::text[] and d = any($1)`,
    [digests],
  );
  return rows.map((row) => row.digest);
}

/** Which of these digests jobs made as artifacts. */
export async function namedAsArtifact(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(`select distinct digest from job_artifact where digest = any($1)`, [digests]);
  return rows.map((row) => row.digest);
}

/** Repositories whose mirror a server may keep, by id. */
export async function watchedSources(tx: Tx): Promise<string[]> {
  return (await tx.query<{ id: string }>(`select id from source order by id`)).map((row) => row.id);
}
