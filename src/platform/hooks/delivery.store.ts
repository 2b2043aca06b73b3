import type { Instant, Millis } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';
import type { HookOf, TakenDelivery } from './taker.port.ts';

/** A verified delivery that is not durable yet. */
export type Fresh = {
  readonly id: string;
  readonly hook: string;
  /** The hook as it was when the signature was verified: one that changed since takes nothing. */
  readonly hookVersion: number;
  readonly name: string;
  /** JSON text of an object of strings. */
  readonly headers: string;
  readonly body: Uint8Array;
  /** Already acted on by a hint in the same transaction. */
  readonly hinted: boolean;
};

/**
 * Makes deliveries durable, in one statement: bytes go as one parameter and are cut apart by the database. Answers which were
 * taken; what is missing was there before, or its hook has changed or ended meanwhile.
 */
export async function insertDeliveries(tx: Tx, fresh: readonly Fresh[]): Promise<Map<string, Instant>> {
  let offset = 1;
  const offsets = fresh.map(({ body }) => (offset += body.length) - body.length);
  const rows = await tx.query<{ id: string; at: Instant }>(
    `insert into delivery (id, org_id, hook_id, name, state, headers, body, size, due_at, at, done_at)
     select d.id, h.org_id, h.id, d.name, case when d.hinted then 'done' else 'taken' end, d.headers::jsonb,
       substring($8::bytea from d.place for d.size), d.size, t.at, t.at, case when d.hinted then t.at end
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::int[], $7::int[], $9::bool[])
         as d(id, hook, hook_version, name, headers, place, size, hinted)
       join hook h on h.id = d.hook and h.version = d.hook_version and h.revoked_at is null,
       (select yardmaster_now() as at) t
     on conflict (hook_id, name) do nothing returning id, at`,
    [
      fresh.map((one) => one.id),
      fresh.map((one) => one.hook),
      fresh.map((one) => one.hookVersion),
      fresh.map((one) => one.name),
      fresh.map((one) => one.headers),
      offsets,
      fresh.map((one) => one.body.length),
      fresh.length === 1 ? Buffer.from(fresh[0]?.body ?? []) : Buffer.concat(fresh.map((one) => one.body)),
      fresh.map((one) => one.hinted),
    ],
  );
  return new Map(rows.map((row) => [row.id, row.at]));
}

/** Which of these are there: a delivery by this name of this hook. */
export async function namesThere(tx: Tx, fresh: readonly Fresh[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(
    `select d.id from unnest($1::text[], $2::text[], $3::text[]) as d(id, hook, name) join delivery x on x.hook_id = d.hook and x.name = d.name`,
    [fresh.map((one) => one.id), fresh.map((one) => one.hook), fresh.map((one) => one.name)],
  );
  return new Set(rows.map((row) => row.id));
}

export type Claimed = { readonly id: string; readonly org: string; readonly attempts: number };

/**
 * Takes deliveries that are due into hand for `forMs`. The attempt counts before it is made, so that one that takes the
 * server down with it ends up parked as well.
 */
export function claimDue(tx: Tx, limit: number, forMs: Millis): Promise<Claimed[]> {
  return tx.query<Claimed>(
    `update delivery set attempts = attempts + 1, due_at = yardmaster_now() + $2 * interval '1 millisecond'
     where seq in (select seq from delivery where state in ('taken', 'failed') and due_at <= yardmaster_now()
       order by due_at limit $1 for update skip locked)
     returning id, org_id as org, attempts`,
    [limit, forMs],
  );
}

export type InHand = TakenDelivery & { readonly taker: string; readonly attempts: number };

/** A claimed delivery with its hook, locked; null where somebody else has gone on with it. */
export async function lockClaimed(tx: Tx, claimed: Claimed): Promise<InHand | null> {
  const row = await tx.maybe<{
    id: string;
    name: string;
    headers: Record<string, string>;
    body: Buffer | null;
    at: Instant;
    attempts: number;
    taker: string;
    hook: HookOf;
  }>(
    `select d.id, d.name, d.headers, d.body, d.at, d.attempts, h.taker,
       json_build_object('id', h.id, 'org', h.org_id, 'subject', h.subject, 'settings', h.settings) as hook
     from delivery d join hook h on h.id = d.hook_id
     where d.id = $1 and d.state in ('taken', 'failed') and d.attempts = $2 for update of d`,
    [claimed.id, claimed.attempts],
  );
  return row === null ? null : { ...row, body: row.body ?? new Uint8Array() };
}

export async function markDone(tx: Tx, id: string, outcome: string): Promise<void> {
  await tx.write(`update delivery set state = 'done', outcome = $2, done_at = yardmaster_now() where id = $1`, [id, oneLine(outcome)]);
}

/** Notes a failure of the attempt in hand; `againMs` null parks it. */
export async function markFailed(tx: Tx, claimed: Claimed, why: string, againMs: Millis | null): Promise<void> {
  await tx.write(
    `update delivery set state = case when $4::float8 is null then 'parked' else 'failed' end, outcome = $3,
       due_at = yardmaster_now() + coalesce($4::float8, 0) * interval '1 millisecond'
     where id = $1 and attempts = $2 and state in ('taken', 'failed')`,
    [claimed.id, claimed.attempts, oneLine(why), againMs],
  );
}

/** Takes one again from the beginning, whatever became of it. */
export async function markAgain(tx: Tx, id: string): Promise<'taken' | 'no-body' | null> {
  const row = await tx.maybe<{ kept: boolean }>(`select body is not null as kept from delivery where id = $1 for update`, [id]);
  if (row === null) return null;
  if (!row.kept) return 'no-body';
  await tx.write(
    `update delivery set state = 'taken', attempts = 0, outcome = null, done_at = null, due_at = yardmaster_now() where id = $1`,
    [id],
  );
  return 'taken';
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('\0', '').toWellFormed().slice(0, 1000);
}
