import type { Trust } from '../../contract/runner.ts';
import type { Tx } from '../../platform/floor.ts';
import { readableCaches } from '../trust.ts';

/**
 * Caches by (service, trust, key). A job reads those of its own trust level and of higher ones, and writes only its
 * own level: what a lower level wrote is never read at a higher one. An entry is never overwritten.
 */
export type CacheQuestion = {
  readonly service: string;
  readonly trust: Trust;
  readonly key: string;
  readonly restoreKeys: readonly string[];
};

/** The entry of the exact key, else the newest one that begins with the first restore key that finds any. */
export async function findCache(
  tx: Tx,
  { service, trust, key, restoreKeys }: CacheQuestion,
): Promise<{ key: string; digest: string } | null> {
  const levels = readableCaches(trust);
  const exact = await tx.maybe<{ key: string; digest: string }>(
    `select key, digest from cache_entry where service_id = $1 and trust = any($2) and key = $3 order by (trust = $4) desc limit 1`,
    [service, levels, key, trust],
  );
  if (exact !== null) return exact;
  // The longest prefix is the nearest relative; order among keys of one length is the file's.
  for (const prefix of [...restoreKeys].sort((a, b) => b.length - a.length)) {
    const near = await tx.maybe<{ key: string; digest: string }>(
      `select key, digest from cache_entry where service_id = $1 and trust = any($2) and starts_with(key, $3) order by created_at desc, key limit 1`,
      [service, levels, prefix],
    );
    if (near !== null) return near;
  }
  return null;
}

/** Whether a job of `trust` may download `digest` as a cache of its service. */
export async function readsCache(tx: Tx, service: string, trust: Trust, digest: string): Promise<boolean> {
  return (
    (await tx.maybe(`select 1 as yes from cache_entry where service_id = $1 and digest = $2 and trust = any($3)`, [
      service,
      digest,
      readableCaches(trust),
    ])) !== null
  );
}

/** Notes that an entry was used, once a day at most: what nobody uses is removed after some weeks. */
export async function noteUse(tx: Tx, service: string, digest: string): Promise<void> {
  await tx.write(
    `update cache_entry set used_at = $3::timestamptz
     where service_id = $1 and digest = $2 and coalesce(used_at, created_at) < $3::timestamptz - interval '1 day'`,
    [service, digest, await tx.now()],
  );
}

export type NewCache = {
  readonly service: string;
  readonly trust: Trust;
  readonly key: string;
  readonly digest: string;
  readonly size: number;
  readonly job: string;
};

/** Names an entry at the job's own level; false where that key has one already. */
export async function insertCache(tx: Tx, entry: NewCache): Promise<boolean> {
  const touched = await tx.write(
    `insert into cache_entry (service_id, trust, key, org_id, digest, size, job_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [entry.service, entry.trust, entry.key, tx.org, entry.digest, entry.size, entry.job, await tx.now()],
  );
  return touched === 1;
}
