import type { Instant, Millis } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';
import { BACKUP_COLUMNS, type BackupRow } from './backup.queries.ts';

/** The only writer of backup. */

/** A backup that somebody wants, made as soon as a server takes it. */
export async function insertBackup(
  tx: Tx,
  row: { readonly id: string; readonly askedBy: string; readonly askedAt: Instant; readonly folder: string | null },
): Promise<void> {
  await tx.write(`insert into backup (id, org_id, state, asked_by, folder, asked_at) values ($1, $2, 'wanted', $3, $4, $5)`, [
    row.id,
    tx.org,
    row.askedBy,
    row.folder,
    row.askedAt,
  ]);
}

/** Takes a backup in hand: one that is wanted, or whose maker has been silent for `lostMs`. Null: somebody else makes it, or it is over. */
export async function takeBackup(tx: Tx, id: string, folder: string, now: Instant, lostMs: Millis): Promise<BackupRow | null> {
  return tx.maybe<BackupRow>(
    `update backup set state = 'running', folder = coalesce(folder, $2), started_at = coalesce(started_at, $3), seen_at = $3, version = version + 1
     where id = $1 and (state = 'wanted' or (state = 'running' and seen_at < $3::timestamptz - $4 * interval '1 millisecond')) returning ${BACKUP_COLUMNS}`,
    [id, folder, now, lostMs],
  );
}

/** Who makes it is there, and this is what is done just now. */
export async function noteProgress(tx: Tx, id: string, progress: string, now: Instant): Promise<void> {
  await tx.write(`update backup set progress = $2, seen_at = $3, version = version + 1 where id = $1 and state = 'running'`, [
    id,
    progress.slice(0, 300),
    now,
  ]);
}

export type Outcome = {
  readonly snapshotAt: Instant;
  readonly rows: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly manifestDigest: string;
};

/** It is whole. False where it was no longer in this maker's hand. */
export async function finishBackup(tx: Tx, id: string, outcome: Outcome, now: Instant): Promise<boolean> {
  const { snapshotAt, rows, blobs, bytes, manifestDigest } = outcome;
  const written = await tx.write(
    `update backup set state = 'done', progress = null, snapshot_at = $2, row_count = $3, blob_count = $4, bytes = $5, manifest_digest = $6,
       finished_at = $7, version = version + 1 where id = $1 and state = 'running'`,
    [id, snapshotAt, rows, blobs, bytes, manifestDigest, now],
  );
  return written === 1;
}

/** It failed, and why. */
export async function failBackup(tx: Tx, id: string, why: string, now: Instant): Promise<void> {
  await tx.write(
    `update backup set state = 'failed', progress = $2, finished_at = $3, version = version + 1 where id = $1 and state = 'running'`,
    [id, why.slice(0, 1000), now],
  );
}

/** Its folder was removed, because newer ones are kept. */
export async function markRemoved(tx: Tx, id: string): Promise<void> {
  await tx.write(`update backup set state = 'removed', version = version + 1 where id = $1 and state = 'done'`, [id]);
}
