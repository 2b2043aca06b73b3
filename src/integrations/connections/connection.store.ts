import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Connection } from './vendor.ts';

export type ConnectionRow = Connection & {
  readonly sealed: Buffer | null;
  readonly checkedAt: Instant | null;
  readonly lastError: string | null;
  readonly failures: number;
  readonly createdAt: Instant;
  readonly version: number;
};

const COLUMNS = `id, org_id as org, vendor, name, url, settings, sealed, state, checked_at as "checkedAt", last_error as "lastError", failures,
  quiet_until as "quietUntil", created_at as "createdAt", version`;

/** Every connection that was not removed, by name. */
export function listRows(tx: Tx): Promise<ConnectionRow[]> {
  return tx.query<ConnectionRow>(`select ${COLUMNS} from connection where org_id = $1 and removed_at is null order by name`, [tx.org]);
}

/** Whether anybody, in whichever organisation, has a connection to this vendor: for sweepers. */
export async function isConnected(tx: Tx, vendor: string): Promise<boolean> {
  return (await tx.maybe(`select 1 from connection where vendor = $1 and removed_at is null limit 1`, [vendor])) !== null;
}

/** A connection by its name, or null; `lock`: for change. */
export function rowByName(tx: Tx, name: string, lock = false): Promise<ConnectionRow | null> {
  const sql = `select ${COLUMNS} from connection where org_id = $1 and name = $2 and removed_at is null`;
  return tx.maybe<ConnectionRow>(lock ? `${sql} for update` : sql, [tx.org, name]);
}

/** A connection by its id, or null where there is none any more. */
export function rowById(tx: Tx, id: string): Promise<ConnectionRow | null> {
  return tx.maybe<ConnectionRow>(`select ${COLUMNS} from connection where id = $1 and removed_at is null`, [id]);
}

export type NewRow = Pick<Connection, 'id' | 'vendor' | 'name' | 'url' | 'settings'> & {
  readonly sealed: Uint8Array | null;
  readonly by: string;
  readonly at: Instant;
};

/** Adds one; false where the name is taken. */
export async function insertRow(tx: Tx, row: NewRow): Promise<boolean> {
  const sql = `insert into connection (id, org_id, vendor, name, url, settings, sealed, state, created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, 'new', $8, $9) on conflict (org_id, name) where removed_at is null do nothing`;
  const sealed = row.sealed === null ? null : Buffer.from(row.sealed);
  return (await tx.write(sql, [row.id, tx.org, row.vendor, row.name, row.url, JSON.stringify(row.settings), sealed, row.by, row.at])) === 1;
}

/** What was changed by a person; what was known of the other side is asked anew. */
export async function saveRow(
  tx: Tx,
  row: ConnectionRow,
  now: { url: string; settings: Connection['settings']; sealed: Uint8Array | null },
): Promise<boolean> {
  const sql = `update connection set url = $3, settings = $4, sealed = $5, state = 'new', last_error = null, failures = 0, quiet_until = null,
    version = version + 1 where id = $1 and version = $2 and removed_at is null`;
  return (
    (await tx.write(sql, [
      row.id,
      row.version,
      now.url,
      JSON.stringify(now.settings),
      now.sealed === null ? null : Buffer.from(now.sealed),
    ])) === 1
  );
}

/** Ends one; its credential is gone. */
export async function removeRow(tx: Tx, id: string, at: Instant): Promise<void> {
  await tx.write(`update connection set removed_at = $2, sealed = null, version = version + 1 where id = $1 and removed_at is null`, [
    id,
    at,
  ]);
}

/** How the last call went. Not the row's version: a call is no change of the connection. */
export type Health = {
  readonly state: Connection['state'];
  readonly error: string | null;
  readonly quietUntil: Instant | null;
  readonly at: Instant;
};

/** Keeps how a call went; answers the state before, or null where the connection is gone. A success clears what failed. */
export async function saveHealth(tx: Tx, id: string, health: Health): Promise<Connection['state'] | null> {
  const before = await tx.maybe<{ state: Connection['state'] }>(
    `select state from connection where id = $1 and removed_at is null for update`,
    [id],
  );
  if (before === null) return null;
  await tx.write(
    `update connection set state = $2, last_error = $3, quiet_until = $4, checked_at = $5,
       failures = case when $2 = 'working' then 0 else failures + 1 end where id = $1`,
    [id, health.state, health.error, health.quietUntil, health.at],
  );
  return before.state;
}

/** Sealed credentials that begin with `head`, locked; those that somebody else has locked are left out. */
export function lockSealed(tx: Tx, head: Uint8Array, limit: number): Promise<{ id: string; org: string; sealed: Buffer }[]> {
  return tx.query(
    `select id, org_id as org, sealed from connection where substring(sealed from 1 for $2) = $1 order by id limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
}

export async function countSealed(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select count(*) as n from connection where substring(sealed from 1 for $2) = $1`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

/** The same credential under another key. */
export async function reseal(tx: Tx, id: string, sealed: Uint8Array): Promise<void> {
  await tx.write(`update connection set sealed = $2 where id = $1`, [id, Buffer.from(sealed)]);
}
