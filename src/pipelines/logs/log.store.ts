import type { Row, Tx } from '../../platform/floor.ts';
import type { Anchor } from './log-index.ts';

/** The redacted log of an attempt: rows of bytes at their offset until it is sealed, then one blob. */
export type LogKey = { readonly job: string; readonly attempt: number };
export type LogHolder = LogKey & { readonly runner: string; readonly token: number };

/** Locks the attempts whose lease these holders have, and answers how much of each log is stored. Others are left out. */
export async function lockLogs(tx: Tx, holders: readonly LogHolder[]): Promise<Map<string, number>> {
  const rows = await tx.query<{ job_id: string; attempt: number; log_stored: number }>(
    `select a.job_id, a.attempt, a.log_stored from job_attempt a
     where a.finished_at is null and exists (
       select from unnest($1::text[], $2::int[], $3::text[], $4::bigint[]) as h(job, attempt, runner, token)
       where h.job = a.job_id and h.attempt = a.attempt and h.runner = a.runner_id and h.token = a.token)
     and a.job_id = any($1)
     order by a.job_id, a.attempt for update`,
    [holders.map((h) => h.job), holders.map((h) => h.attempt), holders.map((h) => h.runner), holders.map((h) => h.token)],
  );
  return new Map(rows.map((row) => [logId({ job: row.job_id, attempt: row.attempt }), row.log_stored]));
}

export function logId(key: LogKey): string {
  return `${key.job}/${key.attempt}`;
}

export type LogPart = LogKey & { readonly at: number; readonly bytes: Uint8Array };

/** Appends parts to locked logs in one insert; each part begins where its log ends. */
export async function insertParts(tx: Tx, parts: readonly LogPart[]): Promise<void> {
  await tx.query(
    `with added as (
       insert into job_log (job_id, attempt, at_byte, org_id, bytes)
       select p.job, p.attempt, p.at, $5, p.bytes from unnest($1::text[], $2::int[], $3::bigint[], $4::bytea[]) as p(job, attempt, at, bytes)
       returning job_id, attempt, at_byte + length(bytes) as stored)
     update job_attempt a set log_stored = s.stored
     from (select job_id, attempt, max(stored) as stored from added group by job_id, attempt) s
     where a.job_id = s.job_id and a.attempt = s.attempt`,
    [parts.map((p) => p.job), parts.map((p) => p.attempt), parts.map((p) => p.at), parts.map((p) => Buffer.from(p.bytes)), tx.org],
  );
}

/** Stored bytes of an unsealed log from `offset`, about `limit` of them at most (whole parts, at least one). */
export async function readParts(tx: Tx, key: LogKey, offset: number, limit: number): Promise<Buffer> {
  const rows = await tx.query<{ at_byte: number; bytes: Buffer }>(
    `select at_byte, bytes from job_log where job_id = $1 and attempt = $2 and at_byte + length(bytes) > $3 and at_byte < $3 + $4 order by at_byte`,
    [key.job, key.attempt, offset, limit],
  );
  const [first] = rows;
  if (first === undefined) return Buffer.alloc(0);
  return Buffer.concat(rows.map((row) => row.bytes)).subarray(Math.max(0, offset - first.at_byte));
}

/** How much an unsealed log holds: bytes, line breaks, and whether the last byte is one. */
export async function partSums(tx: Tx, key: LogKey): Promise<{ bytes: number; breaks: number; endsWithBreak: boolean }> {
  return tx.one(
    `select coalesce(max(at_byte + length(bytes)), 0) as bytes, coalesce(sum(lines), 0)::bigint as breaks,
       coalesce((select get_byte(bytes, length(bytes) - 1) = 10 from job_log
                 where job_id = $1 and attempt = $2 and length(bytes) > 0 order by at_byte desc limit 1), false) as "endsWithBreak"
     from job_log where job_id = $1 and attempt = $2`,
    [key.job, key.attempt],
  );
}

/** The part of an unsealed log in which the line behind `breaks` line breaks begins, and how many breaks stand before it. */
export async function partAnchor(tx: Tx, key: LogKey, breaks: number): Promise<Anchor> {
  const found = await tx.maybe<Anchor & Row>(
    `select at_byte as at, before from (
       select at_byte, lines, (sum(lines) over (order by at_byte) - lines)::bigint as before
       from job_log where job_id = $1 and attempt = $2) part
     where before + lines >= $3 order by at_byte limit 1`,
    [key.job, key.attempt, breaks],
  );
  return found ?? { at: 0, before: 0 };
}

/** The index of a sealed log, where it has one. */
export async function findIndex(tx: Tx, key: LogKey): Promise<Uint8Array | null> {
  const row = await tx.maybe<{ log_index: Uint8Array | null }>(`select log_index from job_attempt where job_id = $1 and attempt = $2`, [
    key.job,
    key.attempt,
  ]);
  return row?.log_index ?? null;
}

/** Keeps the index of a sealed log. */
export async function keepIndex(tx: Tx, key: LogKey, index: Uint8Array): Promise<void> {
  await tx.write(`update job_attempt set log_index = $3 where job_id = $1 and attempt = $2 and log_digest is not null`, [
    key.job,
    key.attempt,
    index,
  ]);
}

/** Names the blob of an ended log with its index and forgets its rows, in one step. */
export async function sealLog(tx: Tx, key: LogKey, digest: string, index: Uint8Array): Promise<void> {
  const sealed = await tx.write(
    `update job_attempt set log_digest = $3, log_index = $4 where job_id = $1 and attempt = $2 and finished_at is not null and log_digest is null`,
    [key.job, key.attempt, digest, index],
  );
  if (sealed === 1) await tx.write(`delete from job_log where job_id = $1 and attempt = $2`, [key.job, key.attempt]);
}

/** Ended attempts whose log is not sealed yet, oldest first. */
export function unsealedLogs(tx: Tx, before: string, limit: number): Promise<(LogKey & { org: string })[]> {
  return tx.query(
    `select job_id as job, attempt, org_id as org from job_attempt where finished_at < $1 and log_digest is null order by finished_at limit $2`,
    [before, limit],
  );
}
