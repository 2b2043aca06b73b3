import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';

export type MasterState = 'announced' | 'current' | 'old' | 'removed';
export type MasterRow = {
  readonly id: string;
  readonly kind: 'file' | 'vault';
  readonly state: MasterState;
  readonly changed_at: Instant;
  readonly created_at: Instant;
};
export type DataKeyRow = {
  readonly id: string;
  readonly org_id: string;
  readonly scope: string;
  readonly master_id: string;
  readonly wrapped: Buffer;
};

/** One who changes which master key is current, or which keys there are, at a time. */
export async function lockMasters(tx: Tx): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('yardmaster.master-keys'))`);
}

export function masters(tx: Tx): Promise<MasterRow[]> {
  return tx.query<MasterRow>(`select id, kind, state, changed_at, created_at from master_key order by created_at, id`);
}

/** The current master key. Share-locked: no rotation passes between this and what the caller wraps with it. */
export async function currentMaster(tx: Tx): Promise<string | null> {
  return (await tx.maybe<{ id: string }>(`select id from master_key where state = 'current' for share`))?.id ?? null;
}

/** Notes a master key; false where it is known. A second current one waits for the first and is not noted. */
export async function insertMaster(tx: Tx, key: { id: string; kind: string; state: MasterState; by: string }): Promise<boolean> {
  const sql = `insert into master_key (id, kind, state, changed_by, changed_at, created_at) values ($1, $2, $3, $4, $5, $5) on conflict do nothing`;
  return (await tx.write(sql, [key.id, key.kind, key.state, key.by, await tx.now()])) === 1;
}

export async function setMasterState(tx: Tx, id: string, state: MasterState, by: string): Promise<void> {
  await tx.write(`update master_key set state = $2, changed_by = $3, changed_at = $4, version = version + 1 where id = $1`, [
    id,
    state,
    by,
    await tx.now(),
  ]);
}

/** The current data key of a scope in the transaction's organisation, or null. Share-locked, as the current master is. */
export async function currentDataKey(tx: Tx, scope: string): Promise<DataKeyRow | null> {
  return tx.maybe<DataKeyRow>(
    `select id, org_id, scope, master_id, wrapped from data_key where org_id = $1 and scope = $2 and state = 'current' for share`,
    [tx.org, scope],
  );
}

export async function findDataKey(tx: Tx, id: string): Promise<DataKeyRow | null> {
  return tx.maybe<DataKeyRow>(`select id, org_id, scope, master_id, wrapped from data_key where id = $1`, [id]);
}

/** Adds the current data key of its scope; false where another was faster. */
export async function insertDataKey(tx: Tx, key: DataKeyRow): Promise<boolean> {
  const sql = `insert into data_key (id, org_id, scope, master_id, wrapped, state, created_at) values ($1, $2, $3, $4, $5, 'current', $6) on conflict do nothing`;
  return (await tx.write(sql, [key.id, key.org_id, key.scope, key.master_id, key.wrapped, await tx.now()])) === 1;
}

/** Data keys that another master key than the current one wraps; locked, and those that somebody works on are left out. */
export function lockWrappedByOld(tx: Tx, current: string, limit: number): Promise<DataKeyRow[]> {
  return tx.query<DataKeyRow>(
    `select id, org_id, scope, master_id, wrapped from data_key where master_id <> $1 order by id limit $2 for update skip locked`,
    [current, limit],
  );
}

export async function rewrapDataKey(tx: Tx, id: string, master: string, wrapped: Uint8Array): Promise<void> {
  await tx.write(`update data_key set master_id = $2, wrapped = $3, version = version + 1 where id = $1`, [
    id,
    master,
    Buffer.from(wrapped),
  ]);
}

/** The current data keys of a scope (null: of every scope) become old; answers how many. The next sealing makes new ones. */
export async function retireDataKeys(tx: Tx, scope: string | null): Promise<number> {
  return tx.write(
    `update data_key set state = 'old', retired_at = $2, version = version + 1 where state = 'current' and ($1::text is null or scope = $1)`,
    [scope, await tx.now()],
  );
}

export async function oldDataKeys(tx: Tx, limit: number): Promise<{ id: string; org: string; retired: Instant }[]> {
  return tx.query(`select id, org_id as org, retired_at as retired from data_key where state = 'old' order by id limit $1`, [limit]);
}

export async function dropDataKey(tx: Tx, id: string): Promise<void> {
  await tx.write(`delete from data_key where id = $1 and state = 'old'`, [id]);
}

/** How many data keys each master key wraps, and how many are old: over all organisations where the transaction is. */
export async function keyUses(tx: Tx): Promise<{ master: string; keys: number; old: number }[]> {
  return tx.query(
    `select master_id as master, count(*) as keys, count(*) filter (where state = 'old') as old from data_key group by master_id order by master_id`,
  );
}

export type NodeRow = {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly masters: readonly string[];
  readonly seen_at: Instant;
  readonly started_at: Instant;
};

/** Says that a server lives, and which master keys it can use; forgets those not heard of for a day. */
export async function beatNode(tx: Tx, node: { id: string; name: string; version: string; masters: readonly string[] }): Promise<void> {
  const now = await tx.now();
  await tx.write(
    `insert into server_node (id, name, version, masters, started_at, seen_at) values ($1, $2, $3, $4, $5, $5)
     on conflict (id) do update set masters = excluded.masters, seen_at = excluded.seen_at`,
    [node.id, node.name, node.version, node.masters, now],
  );
  await tx.write(`delete from server_node where seen_at < $1::timestamptz - interval '1 day'`, [now]);
}

export async function endNode(tx: Tx, id: string): Promise<void> {
  await tx.write(`delete from server_node where id = $1`, [id]);
}

/** Servers that were heard of within `ms`. */
export async function liveNodes(tx: Tx, ms: number): Promise<NodeRow[]> {
  return tx.query<NodeRow>(
    `select id, name, version, masters, seen_at, started_at from server_node
     where seen_at > $1::timestamptz - $2 * interval '1 millisecond' order by name, id`,
    [await tx.now(), ms],
  );
}
