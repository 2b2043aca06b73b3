import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { isHeld, notHeld } from '../../platform/retention/hold.ts';
import type { Due } from '../../platform/retention/retention.port.ts';

export type UploadRow = {
  readonly id: string;
  readonly service_id: string;
  readonly digest: Digest;
  readonly size: number;
  readonly offset_bytes: number;
  readonly touched_at: Instant;
};
const ROW = 'id, service_id, digest, size, offset_bytes, touched_at';

/** The upload of these bytes to a service, locked until the transaction ends; null where none was begun. */
export function lockUpload(tx: Tx, service: string, digest: Digest): Promise<UploadRow | null> {
  return tx.maybe<UploadRow>(`select ${ROW} from upload where service_id = $1 and digest = $2 for update`, [service, digest]);
}

export function findUpload(tx: Tx, service: string, digest: Digest): Promise<UploadRow | null> {
  return tx.maybe<UploadRow>(`select ${ROW} from upload where service_id = $1 and digest = $2`, [service, digest]);
}

/** Begins an upload; begun before, it is touched and keeps what came. */
export function keepUpload(tx: Tx, upload: { service: string; digest: Digest; size: number; by: string; at: Instant }): Promise<UploadRow> {
  return tx.one<UploadRow>(
    `insert into upload (id, org_id, service_id, digest, size, begun_by, begun_at, touched_at) values ($1, $2, $3, $4, $5, $6, $7, $7)
     on conflict (service_id, digest) do update set touched_at = excluded.touched_at returning ${ROW}`,
    [tx.floor.newId('upl'), tx.org, upload.service, upload.digest, upload.size, upload.by, upload.at],
  );
}

/** Uploads of a service that are not whole: how many, beside the one of `digest`. */
export async function countUnfinished(tx: Tx, service: string, digest: Digest): Promise<number> {
  const sql = `select count(*) as n from upload where service_id = $1 and digest <> $2 and offset_bytes < size`;
  return (await tx.one<{ n: number }>(sql, [service, digest])).n;
}

/** Adds the next part to a locked upload. */
export async function addPart(tx: Tx, upload: UploadRow, part: { digest: Digest; size: number; at: Instant }): Promise<UploadRow> {
  await tx.write(`insert into upload_part (upload_id, at_byte, org_id, digest, size) values ($1, $2, $3, $4, $5)`, [
    upload.id,
    upload.offset_bytes,
    tx.org,
    part.digest,
    part.size,
  ]);
  return tx.one<UploadRow>(`update upload set offset_bytes = offset_bytes + $2, touched_at = $3 where id = $1 returning ${ROW}`, [
    upload.id,
    part.size,
    part.at,
  ]);
}

/** The parts of an upload in their order. */
export async function partsOf(tx: Tx, upload: string): Promise<Digest[]> {
  const rows = await tx.query<{ digest: Digest }>(`select digest from upload_part where upload_id = $1 order by at_byte`, [upload]);
  return rows.map((row) => row.digest);
}

/** Forgets what came of an upload whose whole was not what it should have been. */
export async function dropParts(tx: Tx, upload: string): Promise<void> {
  await tx.write(`delete from upload_part where upload_id = $1`, [upload]);
  await tx.write(`update upload set offset_bytes = 0 where id = $1`, [upload]);
}

/**
 * The size of these bytes where the service made or uploaded them itself; null where it did not. Who only knows a digest
 * (an artifact told by its digest alone has no size) has shown nothing, and gets nothing.
 */
export async function heldSize(tx: Tx, service: string, digest: Digest): Promise<number | null> {
  const row = await tx.maybe<{ size: number }>(
    `select a.size from job_artifact a join run r on r.id = a.run_id where r.service_id = $1 and a.digest = $2 and a.size > 0 limit 1`,
    [service, digest],
  );
  return row?.size ?? null;
}

const HELD = ['u.org_id', 'u.service_id', 'null'] as const;

/** Uploads that nobody touched since `before`. */
export function dueUploads(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(
    `select count(*) filter (where ${notHeld(...HELD)}) as things, coalesce(sum(u.offset_bytes) filter (where ${notHeld(...HELD)}), 0)::bigint as bytes,
            count(*) filter (where ${isHeld(...HELD)}) as held
     from upload u where u.touched_at < $1`,
    [before],
  );
}

/** Removes such uploads; answers how many and the digests of their parts. */
export async function removeUploads(tx: Tx, before: Instant, limit: number): Promise<{ things: number; digests: string[] }> {
  const old = await tx.query<{ id: string }>(
    `select u.id from upload u where u.touched_at < $1 and ${notHeld(...HELD)} order by u.touched_at limit $2 for update skip locked`,
    [before, limit],
  );
  const ids = old.map((row) => row.id);
  const parts = await tx.query<{ digest: string }>(`delete from upload_part where upload_id = any($1) returning digest`, [ids]);
  await tx.write(`delete from upload where id = any($1)`, [ids]);
  return { things: ids.length, digests: parts.map((row) => row.digest) };
}

/** Which of these digests an upload needs: its parts, and the whole that is made of them. */
export async function uploadBytes(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select digest from upload_part where digest = any($1) union select digest from upload where digest = any($1)`,
    [digests],
  );
  return rows.map((row) => row.digest);
}
