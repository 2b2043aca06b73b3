import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';

/** The only writer of restore and restore_report. */

export type RestoreRow = {
  readonly id: string;
  readonly org: string;
  readonly state: 'paused' | 'resumed';
  readonly snapshotAt: Instant;
  readonly restoredAt: Instant;
  readonly origin: string;
  readonly fenceFloor: number;
  readonly manifestDigest: string;
  readonly outcome: unknown;
  readonly reason: string | null;
  readonly resumedBy: string | null;
  readonly resumedAt: Instant | null;
  readonly version: number;
};
const COLUMNS = `id, org_id as org, state, snapshot_at as "snapshotAt", restored_at as "restoredAt", origin, fence_floor as "fenceFloor",
  manifest_digest as "manifestDigest", outcome, reason, resumed_by as "resumedBy", resumed_at as "resumedAt", version`;

/** The newest restore, or null where this database never came out of a backup. */
export async function newestRestore(tx: Tx): Promise<RestoreRow | null> {
  return tx.maybe<RestoreRow>(`select ${COLUMNS} from restore order by restored_at desc limit 1`);
}

/** The paused restore, locked; null where nothing is paused. */
export async function lockPaused(tx: Tx): Promise<RestoreRow | null> {
  return tx.maybe<RestoreRow>(`select ${COLUMNS} from restore where state = 'paused' for update`);
}

export async function insertRestore(
  tx: Tx,
  row: {
    readonly id: string;
    readonly manifestDigest: string;
    readonly snapshotAt: Instant;
    readonly restoredAt: Instant;
    readonly origin: string;
  },
): Promise<void> {
  await tx.write(
    `insert into restore (id, org_id, state, manifest_digest, snapshot_at, restored_at, origin)
     values ($1, (select id from organisation order by created_at, id limit 1), 'paused', $2, $3, $4, $5)`,
    [row.id, row.manifestDigest, row.snapshotAt, row.restoredAt, row.origin],
  );
}

/**
 * What somebody may still hold from before is held no more: sessions end, running jobs get a token that no runner has,
 * leases are free, and a backup that was being made has failed.
 */
export async function endWhatWasHeld(tx: Tx, now: Instant): Promise<void> {
  await tx.write(`update credential set ended_at = $1 where kind = 'session' and ended_at is null`, [now]);
  await tx.write(`update job set token = token + 1000000, lease_until = $1, version = version + 1 where state = 'running'`, [now]);
  await tx.write(`update lease set until = $1, holder = '' where until > $1`, [now]);
  await tx.write(
    `update backup set state = 'failed', progress = 'the instance was lost while it was made', finished_at = $1, version = version + 1 where state in ('wanted', 'running')`,
    [now],
  );
}

/** A person resumed it. Tokens begin above `floor` from here on, also those of leases that are made later. */
export async function resume(
  tx: Tx,
  row: RestoreRow,
  change: { readonly floor: number; readonly outcome: unknown; readonly reason: string; readonly by: string; readonly at: Instant },
): Promise<void> {
  await tx.write(
    `update restore set state = 'resumed', fence_floor = $3, outcome = $4, reason = $5, resumed_by = $6, resumed_at = $7, version = version + 1
     where id = $1 and version = $2`,
    [row.id, row.version, change.floor, JSON.stringify(change.outcome), change.reason, change.by, change.at],
  );
  await tx.write(`update lease set token = greatest(token, $1), until = $2, holder = ''`, [change.floor, change.at]);
}

/** The highest token of any lease. */
export async function highestToken(tx: Tx): Promise<number> {
  return (await tx.one<{ token: number }>('select coalesce(max(token), 0) as token from lease')).token;
}

/** What an agent says; the newest word counts. */
export async function saveReport(tx: Tx, restore: string, agent: string, report: unknown, now: Instant): Promise<void> {
  await tx.write(
    `insert into restore_report (restore_id, agent_id, org_id, report, at) values ($1, $2, $3, $4, $5)
     on conflict (restore_id, agent_id) do update set report = excluded.report, at = excluded.at`,
    [restore, agent, tx.org, JSON.stringify(report), now],
  );
}

export async function reportsOf<Report>(
  tx: Tx,
  restore: string,
): Promise<{ readonly agent: string; readonly report: Report; readonly at: Instant }[]> {
  return tx.query(`select agent_id as agent, report, at from restore_report where restore_id = $1 order by agent_id`, [restore]);
}
