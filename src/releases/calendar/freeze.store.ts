import type { Tx } from '../../platform/floor.ts';
import type { Freeze } from './freeze.ts';

/** The only writer of freeze. */

export type FreezeRow = Freeze & {
  readonly createdBy: string;
  readonly createdAt: string;
  /** When a person last changed it. */
  readonly changedAt: string | null;
  readonly nextEdge: string | null;
  readonly toldActive: boolean;
  readonly version: number;
};

export const FREEZE_COLUMNS = `id, kind, scope, schedule as "when", reason, ticket, exempt, on_running as "onRunning", created_by as "createdBy", created_at as "createdAt",
  changed_at as "changedAt", ended_at as "endedAt", next_edge as "nextEdge", told_active as "toldActive", version`;

/** Every writer of the calendar takes this lock alone; every recorded decision shares it until its act is written. */
const CALENDAR_LOCK = 7420_0011;

/** Taken before the calendar is read by a decision that is recorded: no freeze can be saved until the act is committed. */
export async function shareCalendar(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock_shared($1, hashtext($2))', [CALENDAR_LOCK, tx.org]);
}

/** Taken before the calendar is written: acts that were allowed without this freeze are committed, later ones see it. */
export async function lockCalendar(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [CALENDAR_LOCK, tx.org]);
}

export async function insertFreeze(tx: Tx, row: FreezeRow): Promise<void> {
  await tx.query(
    `insert into calendar_window (id, org_id, kind, scope, schedule, reason, ticket, exempt, on_running, created_by, created_at, next_edge, told_active)
     values ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      row.id,
      tx.org,
      row.kind,
      JSON.stringify(row.scope),
      JSON.stringify(row.when),
      row.reason,
      row.ticket,
      row.exempt,
      row.onRunning,
      row.createdBy,
      row.createdAt,
      row.nextEdge,
      row.toldActive,
    ],
  );
}

export async function lockFreeze(tx: Tx, id: string): Promise<FreezeRow | null> {
  return tx.maybe<FreezeRow>(`select ${FREEZE_COLUMNS} from calendar_window where id = $1 for update`, [id]);
}

export async function updateFreezeEnded(tx: Tx, row: FreezeRow, at: string): Promise<number> {
  return tx.write(
    `update calendar_window set ended_at = $3, next_edge = null, told_active = false, version = version + 1 where id = $1 and version = $2 and ended_at is null`,
    [row.id, row.version, at],
  );
}

/** Saves what a person changed, and keeps what it said before with who changed it and why. */
export async function updateFreeze(
  tx: Tx,
  before: FreezeRow,
  after: FreezeRow,
  { by, because }: { readonly by: string; readonly because: string },
): Promise<number> {
  await tx.write(
    `insert into calendar_window_past (window_id, version, org_id, scope, schedule, reason, ticket, exempt, on_running, valid_from, valid_until, changed_by, because)
     select id, version, org_id, scope, schedule, reason, ticket, exempt, on_running, coalesce(changed_at, created_at), $3, $4, $5
     from calendar_window where id = $1 and version = $2 and ended_at is null`,
    [before.id, before.version, after.changedAt, by, because],
  );
  return tx.write(
    `update calendar_window set scope = $3::jsonb, schedule = $4::jsonb, reason = $5, ticket = $6, exempt = $7, on_running = $8, next_edge = $9,
       told_active = $10, changed_at = $11, version = version + 1 where id = $1 and version = $2 and ended_at is null`,
    [before.id, before.version, JSON.stringify(after.scope), JSON.stringify(after.when), after.reason, after.ticket, after.exempt,
      after.onRunning, after.nextEdge, after.toldActive, after.changedAt],
  ); // prettier-ignore
}

/** What the timer has told so far. Not a new version: people's edits don't race with the clock. */
export async function updateFreezeTold(tx: Tx, row: FreezeRow, toldActive: boolean, nextEdge: string | null): Promise<number> {
  return tx.write(`update calendar_window set told_active = $3, next_edge = $4 where id = $1 and version = $2 and ended_at is null`, [
    row.id,
    row.version,
    toldActive,
    nextEdge,
  ]);
}
