import type { Actor } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Floor } from '../../platform/floor.ts';
import { insertBlob, blobsOf } from '../engine/artifact.store.ts';
import { findAttempt } from '../engine/attempt.store.ts';
import { findJob } from '../engine/job.store.ts';
import { readsCache, findCache, insertCache, noteUse } from '../cache/cache.store.ts';
import { foreignBlob, unreadableBlob } from '../pipelines.problems.ts';
import type { Tx } from '../../platform/floor.ts';
import { Refused } from '../../platform/http/handler.ts';
import { holdJob, holds, refuseAndThrow, refuseWrite, type Holder } from './lease.commands.ts';

/** Most bytes of one upload. */
export const BLOB_LIMIT = 2 * 1024 ** 3;

/**
 * Stores bytes that an attempt uploads, and binds them to it. The lease is asked before (so that nobody fills the
 * disk without one) and after (so that a late upload is bound to nothing).
 */
export async function putBlob(
  floor: Floor,
  actor: Actor,
  holder: Holder,
  digest: Digest,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ digest: Digest; size: number }> {
  if (!(await leased(floor, actor, holder))) return refuseAndThrow(floor, actor, holder, 'upload');
  const stored = await floor.blobs.put(bytes, { expect: digest, limit: BLOB_LIMIT });
  const bound = await floor.db.tx(actor.org, async (tx) => {
    if ((await holdJob(tx, holder)) === null) return false;
    await insertBlob(tx, holder.job, holder.attempt, stored.digest, stored.size);
    return true;
  });
  return bound ? stored : refuseAndThrow(floor, actor, holder, 'upload');
}

/** The bytes of a digest that this attempt may read: its source, its inputs, a cache of its level or above, its own uploads. */
export async function openBlob(floor: Floor, actor: Actor, holder: Holder, digest: Digest): Promise<AsyncIterable<Uint8Array>> {
  const verdict = await floor.db.read(actor.org, async (tx) => {
    const job = await findJob(tx, holder.job);
    const attempt = await findAttempt(tx, holder.job, holder.attempt);
    if (job === null || attempt === null || !holds(job, holder)) return 'lost';
    if (attempt.readable.includes(digest)) return 'yes';
    if (await readsCache(tx, job.service_id, job.trust, digest)) return { cacheOf: job.service_id };
    return (await blobsOf(tx, job.id, holder.attempt)).has(digest) ? 'yes' : 'no';
  });
  if (verdict === 'lost') return refuseAndThrow(floor, actor, holder, 'download');
  if (verdict === 'no') throw unreadableBlob({ digest, job: holder.job });
  if (typeof verdict === 'object') await floor.db.tx(actor.org, (tx) => noteUse(tx, verdict.cacheOf, digest));
  return floor.blobs.open(digest);
}

async function leased(floor: Floor, actor: Actor, holder: Holder): Promise<boolean> {
  return floor.db.read(actor.org, async (tx) => {
    const job = await findJob(tx, holder.job);
    return job !== null && holds(job, holder);
  });
}

/** The cache entry for a job: its own trust level's or a higher one's. Null where there is none, or the lease is lost. */
export async function findJobCache(
  tx: Tx,
  holder: Holder,
  key: string,
  restoreKeys: readonly string[],
): Promise<{ key: string; digest: string } | null> {
  const job = await findJob(tx, holder.job);
  if (job === null || !holds(job, holder)) return null;
  return findCache(tx, { service: job.service_id, trust: job.trust, key, restoreKeys });
}

/** Names an uploaded blob as the entry of a key, at the job's own trust level; the first writer of a key wins. */
export async function saveJobCache(
  tx: Tx,
  actor: Actor,
  holder: Holder,
  key: string,
  digest: string,
): Promise<{ saved: boolean } | Refused> {
  const job = await holdJob(tx, holder);
  if (job === null) return refuseWrite(tx, actor, holder, 'cache');
  const size = (await blobsOf(tx, holder.job, holder.attempt)).get(digest);
  if (size === undefined) throw foreignBlob({ digest, job: holder.job });
  return { saved: await insertCache(tx, { service: job.service_id, trust: job.trust, key, digest, size, job: job.id }) };
}
