import type { Tx } from '../platform/floor.ts';
import type { Decided, Waiver, WaiverKind, WaiverState } from './waiver.ts';

type Row = {
  id: string;
  kind: WaiverKind;
  team_id: string;
  service_id: string | null;
  environment_id: string | null;
  subject: string;
  owner: string;
  reason: string;
  ticket: string;
  requested_by: string;
  price_minor: number | null;
  price_currency: string | null;
  expires_at: string;
  state: WaiverState;
  decided_by: string | null;
  decided_at: string | null;
  decided_reason: string | null;
  version: number;
  created_at: string;
};

/** A row of the table as the domain's value. */
export function waiverOf(raw: Record<string, unknown>): Waiver {
  const row = raw as Row;
  return {
    id: row.id,
    kind: row.kind,
    scope: { teamId: row.team_id, serviceId: row.service_id, environmentId: row.environment_id },
    subject: row.subject,
    owner: row.owner,
    requestedBy: row.requested_by,
    reason: row.reason,
    ticket: row.ticket,
    price: row.price_minor === null || row.price_currency === null ? null : { minor: row.price_minor, currency: row.price_currency },
    expiresAt: row.expires_at,
    state: row.state,
    decided:
      row.decided_by === null || row.decided_at === null ? null : { by: row.decided_by, at: row.decided_at, reason: row.decided_reason },
    version: row.version,
    createdAt: row.created_at,
  };
}

/** `former`: the waiver that this one goes on from. */
export async function insertWaiver(tx: Tx, waiver: Waiver, former: string | null = null): Promise<void> {
  const { scope, price, decided } = waiver;
  await tx.write(
    `insert into waiver (id, org_id, kind, team_id, service_id, environment_id, subject, owner, reason, ticket, requested_by,
       price_minor, price_currency, expires_at, state, decided_by, decided_at, decided_reason, version, created_at, extends)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, $19, $20)`,
    [waiver.id, tx.org, waiver.kind, scope.teamId, scope.serviceId, scope.environmentId, waiver.subject, waiver.owner, waiver.reason, waiver.ticket,
      waiver.requestedBy, price?.minor ?? null, price?.currency ?? null, waiver.expiresAt, waiver.state, decided?.by ?? null, decided?.at ?? null,
      decided?.reason ?? null, waiver.createdAt, former],
  ); // prettier-ignore
}

/** The waiver with its row locked, or null. */
export async function lockWaiver(tx: Tx, id: string): Promise<Waiver | null> {
  const row = await tx.maybe(`select * from waiver where id = $1 for update`, [id]);
  return row === null ? null : waiverOf(row);
}

/** Whether somebody already asked for more time for this waiver, and was not turned down. */
export async function isExtended(tx: Tx, id: string, now: string): Promise<boolean> {
  return (
    (await tx.maybe(`select 1 from waiver where extends = $1 and state in ('requested', 'approved') and expires_at > $2 limit 1`, [
      id,
      now,
    ])) !== null
  );
}

/** Moves a waiver on; false where its version is not the one seen. */
export async function moveWaiver(tx: Tx, waiver: Waiver, state: WaiverState, decided: Decided | null): Promise<boolean> {
  const touched = await tx.write(
    `update waiver set state = $3, decided_by = coalesce($4, decided_by), decided_at = coalesce($5, decided_at),
       decided_reason = coalesce($6, decided_reason), version = version + 1 where id = $1 and version = $2`,
    [waiver.id, waiver.version, state, decided?.by ?? null, decided?.at ?? null, decided?.reason ?? null],
  );
  return touched === 1;
}

/** How many waivers of the team are open; counted under the team's lock, so that two requests can't both be the last. */
export async function countOpen(tx: Tx, teamId: string, now: string): Promise<number> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('waivers of ' || $1, 0))`, [teamId]);
  const { open } = await tx.one<{ open: number }>(
    `select count(*)::int as open from waiver where team_id = $1 and kind <> 'debt' and state in ('requested', 'approved') and expires_at > $2`,
    [teamId, now],
  );
  return open;
}

/** Open waivers past their end, for the record; 100 at most. */
export async function overdueWaivers(tx: Tx, now: string): Promise<readonly { id: string; org: string }[]> {
  return tx.query<{ id: string; org: string }>(
    `select id, org_id as org from waiver where state in ('requested', 'approved') and kind <> 'debt' and expires_at <= $1 order by expires_at limit 100`,
    [now],
  );
}

/** The team's debts that nobody has paid, oldest first. */
export async function openDebts(tx: Tx, teamId: string): Promise<readonly Waiver[]> {
  const rows = await tx.query(`select * from waiver where team_id = $1 and kind = 'debt' and state = 'approved' order by created_at, id`, [
    teamId,
  ]);
  return rows.map(waiverOf);
}

/** The team's waivers that were approved, whether or not they still hold, oldest first. */
export async function approvedWaivers(tx: Tx, teamId: string): Promise<readonly Waiver[]> {
  const rows = await tx.query(`select * from waiver where team_id = $1 and kind <> 'debt' and state = 'approved' order by created_at, id`, [
    teamId,
  ]);
  return rows.map(waiverOf);
}

/** One waiver, without a lock; null where there is none. */
export async function readWaiver(tx: Tx, id: string): Promise<Waiver | null> {
  const row = await tx.maybe(`select * from waiver where id = $1`, [id]);
  return row === null ? null : waiverOf(row);
}
