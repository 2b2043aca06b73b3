import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { FoundAgent } from './found.ts';
import type { FoundRepository } from './inventory.ts';
import type { SourceRepository } from './source.ts';

export type InventoryRow = {
  readonly id: string;
  readonly askedAt: Instant;
  readonly listedAt: Instant | null;
  readonly doneAt: Instant | null;
  readonly faults: readonly { readonly where: string; readonly why: string }[];
  readonly agents: readonly FoundAgent[];
};
export type Found = Pick<FoundRepository, 'pipelines' | 'environments' | 'branchProtected' | 'fault'> & {
  /** It is a job of a CI server. */
  readonly server?: boolean;
};
export type RepositoryRow = SourceRepository & { readonly connection: string; readonly found: Found | null };

const ROW = `select id, asked_at as "askedAt", listed_at as "listedAt", done_at as "doneAt", faults, agents from inventory`;

export async function insertInventory(tx: Tx, by: string, at: Instant): Promise<string> {
  const id = tx.floor.newId('ivt');
  await tx.write(`insert into inventory (id, org_id, asked_by, asked_at) values ($1, $2, $3, $4)`, [id, tx.org, by, at]);
  // Older ones go: the newest that is whole stays, and the ten before it.
  await tx.write(
    `delete from inventory where org_id = $1 and id not in (select id from inventory where org_id = $1 order by asked_at desc limit 12)`,
    [tx.org],
  );
  return id;
}

export function inventoryById(tx: Tx, id: string, lock = false): Promise<InventoryRow | null> {
  return tx.maybe<InventoryRow>(`${ROW} where id = $1${lock ? ' for update' : ''}`, [id]);
}

/** The newest, or null: `whole`: of those that are done. */
export function newestInventory(tx: Tx, whole: boolean): Promise<InventoryRow | null> {
  return tx.maybe<InventoryRow>(`${ROW} where org_id = $1 and ($2 = false or done_at is not null) order by asked_at desc limit 1`, [
    tx.org,
    whole,
  ]);
}

/** Inventories that are not done: what a lost wake left behind. */
export function openInventories(tx: Tx, before: Instant): Promise<{ id: string; org: string }[]> {
  return tx.query(`select id, org_id as org from inventory where done_at is null and asked_at < $1 order by asked_at limit 20`, [before]);
}

export async function keepListed(tx: Tx, inventory: string, connection: string, repositories: readonly SourceRepository[]): Promise<void> {
  for (const { key, name, url, branch } of repositories)
    await tx.write(
      `insert into inventory_repository (inventory_id, org_id, connection_id, key, name, url, branch) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [inventory, tx.org, connection, key, name, url, branch],
    );
}

export async function markListed(
  tx: Tx,
  inventory: string,
  { faults, agents }: Pick<InventoryRow, 'faults' | 'agents'>,
  at: Instant,
): Promise<void> {
  await tx.write(`update inventory set listed_at = $2, faults = $3, agents = $4 where id = $1 and listed_at is null`, [
    inventory,
    at,
    JSON.stringify(faults),
    JSON.stringify(agents),
  ]);
}

export async function markDone(tx: Tx, inventory: string, at: Instant): Promise<boolean> {
  return (await tx.write(`update inventory set done_at = $2 where id = $1 and done_at is null`, [inventory, at])) === 1;
}

/** Repositories that nobody looked at yet. */
export function dueRepositories(tx: Tx, inventory: string, limit: number): Promise<RepositoryRow[]> {
  return tx.query<RepositoryRow>(
    `select connection_id as connection, key, name, url, branch, found from inventory_repository where inventory_id = $1 and found is null order by connection_id, name limit $2`,
    [inventory, limit],
  );
}

export async function saveFound(tx: Tx, inventory: string, { connection, key }: RepositoryRow, found: Found): Promise<void> {
  await tx.write(
    `update inventory_repository set found = $4 where inventory_id = $1 and connection_id = $2 and key = $3 and found is null`,
    [inventory, connection, key, JSON.stringify(found)],
  );
}

export function repositoriesIn(tx: Tx, inventory: string): Promise<RepositoryRow[]> {
  return tx.query<RepositoryRow>(
    `select connection_id as connection, key, name, url, branch, found from inventory_repository where inventory_id = $1 order by name, key limit 5000`,
    [inventory],
  );
}

export async function progressIn(tx: Tx, inventory: string): Promise<{ repositories: number; looked: number }> {
  return tx.one(`select count(*)::int as repositories, count(found)::int as looked from inventory_repository where inventory_id = $1`, [
    inventory,
  ]);
}
