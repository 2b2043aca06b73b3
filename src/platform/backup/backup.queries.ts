import type { Instant, Millis } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';

export type BackupRow = {
  readonly id: string;
  readonly state: 'wanted' | 'running' | 'done' | 'failed' | 'removed';
  readonly askedBy: string;
  readonly folder: string | null;
  readonly progress: string | null;
  readonly snapshotAt: Instant | null;
  readonly rows: number | null;
  readonly blobs: number | null;
  readonly bytes: number | null;
  readonly manifestDigest: string | null;
  readonly askedAt: Instant;
  readonly finishedAt: Instant | null;
};
export const BACKUP_COLUMNS = `id, state, asked_by as "askedBy", folder, progress, snapshot_at as "snapshotAt", row_count as rows, blob_count as blobs, bytes,
  manifest_digest as "manifestDigest", asked_at as "askedAt", finished_at as "finishedAt"`;

/** The newest whole backup, or null where there is none: what doctor and support bundles tell. */
export async function lastBackup(tx: Tx): Promise<BackupRow | null> {
  return tx.maybe<BackupRow>(`select ${BACKUP_COLUMNS} from backup where state = 'done' order by snapshot_at desc limit 1`);
}

export async function backupById(tx: Tx, id: string): Promise<BackupRow | null> {
  return tx.maybe<BackupRow>(`select ${BACKUP_COLUMNS} from backup where id = $1`, [id]);
}

/** Backups, newest first, before the given place of the list. */
export async function backupsBefore(
  tx: Tx,
  before: { readonly at: Instant; readonly id: string } | null,
  limit: number,
): Promise<BackupRow[]> {
  return tx.query<BackupRow>(
    `select ${BACKUP_COLUMNS} from backup where $1::timestamptz is null or (asked_at, id) < ($1, $2) order by asked_at desc, id desc limit $3`,
    [before?.at ?? null, before?.id ?? null, limit],
  );
}

/** Backups that nobody makes: wanted, or their maker has been silent. */
export async function lostBackups(tx: Tx, now: Instant, lostMs: Millis): Promise<{ id: string; org: string }[]> {
  return tx.query(
    `select id, org_id as org from backup where state = 'wanted' or (state = 'running' and seen_at < $1::timestamptz - $2 * interval '1 millisecond')`,
    [now, lostMs],
  );
}

/** When a backup was last begun by the schedule, and whether one is being made. */
export async function scheduledBackup(tx: Tx, by: string): Promise<{ readonly askedAt: Instant | null; readonly open: boolean }> {
  return tx.one(
    `select max(asked_at) filter (where asked_by = $1) as "askedAt", coalesce(bool_or(state in ('wanted', 'running')), false) as open from backup`,
    [by],
  );
}

/** Whole backups under a folder, newest first. */
export async function wholeBackupsIn(tx: Tx, folder: string): Promise<{ id: string; folder: string }[]> {
  return tx.query(`select id, folder from backup where state = 'done' and starts_with(folder, $1) order by snapshot_at desc`, [
    `${folder}/`,
  ]);
}
