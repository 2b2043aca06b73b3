import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

export type Hook = { readonly id: string; readonly org: string; readonly secret: Uint8Array };

/** A hook that was not revoked, with its sealed secret, or null. */
export async function findHook(tx: Tx, id: string): Promise<Hook | null> {
  return tx.maybe<Hook>(`select id, org_id as org, secret from incident_hook where id = $1 and revoked_at is null`, [id]);
}

/** Adds a hook. */
export async function insertHook(tx: Tx, hook: { id: string; name: string; secret: Uint8Array; by: string; at: Instant }): Promise<void> {
  await tx.write(`insert into incident_hook (id, org_id, name, secret, created_by, created_at) values ($1, $2, $3, $4, $5, $6)`, [
    hook.id,
    tx.org,
    hook.name,
    hook.secret,
    hook.by,
    hook.at,
  ]);
}

/** Ends a hook; false where there is none that could be ended. */
export async function markHookRevoked(tx: Tx, id: string, at: Instant): Promise<boolean> {
  return (
    (await tx.write(`update incident_hook set revoked_at = $2, version = version + 1 where id = $1 and revoked_at is null`, [id, at])) === 1
  );
}

/** Notes a delivery; false where it was taken before. A second one that arrives meanwhile waits for this transaction. */
export async function takeDelivery(tx: Tx, hookId: string, deliveryId: string, at: Instant): Promise<boolean> {
  const sql = `insert into incident_hook_delivery (hook_id, delivery_id, org_id, at) values ($1, $2, $3, $4) on conflict do nothing`;
  return (await tx.write(sql, [hookId, deliveryId, tx.org, at])) === 1;
}

/** Forgets deliveries that no fresh signature can name any more. */
export async function forgetDeliveries(tx: Tx, before: Instant): Promise<void> {
  await tx.write(`delete from incident_hook_delivery where at < $1`, [before]);
}

/** Deliveries about one incident of a hook are taken one after the other. */
export async function lockExternal(tx: Tx, hookId: string, externalId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('incident:' || $1 || ':' || $2, 0))`, [hookId, externalId]);
}

export type Early = { readonly resolvedAt: Instant | null; readonly deployments: readonly string[] };

/** Keeps what was said of an incident that has not been opened yet. */
export async function keepEarly(tx: Tx, hookId: string, externalId: string, early: Early): Promise<void> {
  await tx.write(
    `insert into incident_early (hook_id, external_id, org_id, resolved_at, deployments) values ($1, $2, $3, $4, $5)
     on conflict (hook_id, external_id) do update set resolved_at = coalesce(excluded.resolved_at, incident_early.resolved_at),
       deployments = incident_early.deployments || excluded.deployments`,
    [hookId, externalId, tx.org, early.resolvedAt, JSON.stringify(early.deployments)],
  );
}

/** Takes out what was kept, or null. */
export async function takeEarly(tx: Tx, hookId: string, externalId: string): Promise<Early | null> {
  return tx.maybe<Early>(
    `delete from incident_early where hook_id = $1 and external_id = $2 returning resolved_at as "resolvedAt", deployments`,
    [hookId, externalId],
  );
}

/** Sealed secrets that begin with `head`, locked; those that somebody else has locked are left out. */
export function lockSealed(tx: Tx, head: Uint8Array, limit: number): Promise<{ id: string; secret: Buffer }[]> {
  return tx.query(
    `select id, secret from incident_hook where substring(secret from 1 for $2) = $1 order by id limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
}

export async function countSealed(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select count(*) as n from incident_hook where substring(secret from 1 for $2) = $1`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

/** The same secret under another key. */
export async function saveSealed(tx: Tx, id: string, sealed: Uint8Array): Promise<void> {
  await tx.write(`update incident_hook set secret = $2 where id = $1`, [id, Buffer.from(sealed)]);
}
