import type { Instant, Millis } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { FactSeen } from './cdevents.ts';
import type { Payload, Subscription } from './out.ts';

export type OutRow = Subscription & {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly url: string;
  readonly sealed: Buffer;
  readonly state: 'active' | 'disabled';
  readonly failures: number;
  readonly failingSince: Instant | null;
  readonly quietUntil: Instant | null;
  readonly why: string | null;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly version: number;
};

const COLUMNS = `id, org_id as org, name, url, types, filter, form, sealed, state, failures, failing_since as "failingSince",
  quiet_until as "quietUntil", why, created_by as "createdBy", created_at as "createdAt", version`;

export type NewOut = Pick<OutRow, 'id' | 'name' | 'url' | 'types' | 'filter' | 'form' | 'createdBy' | 'createdAt'> & {
  readonly sealed: Uint8Array;
};

/** Adds a subscription; what the ledger holds from now on is told. */
export async function insertOut(tx: Tx, out: NewOut): Promise<void> {
  await tx.write(
    `insert into hook_out (id, org_id, name, url, types, filter, form, sealed, state, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $10)`,
    [out.id, tx.org, out.name, out.url, out.types, out.filter, out.form, Buffer.from(out.sealed), out.createdBy, out.createdAt],
  );
  await tx.write(`insert into hook_out_cursor (org_id, seq) select $1, coalesce(max(seq), -1) from ledger_entry on conflict do nothing`, [
    tx.org,
  ]);
}

export function outById(tx: Tx, id: string, lock = false): Promise<OutRow | null> {
  return tx.maybe<OutRow>(`select ${COLUMNS} from hook_out where id = $1 and removed_at is null${lock ? ' for update' : ''}`, [id]);
}

export function outsOf(tx: Tx): Promise<OutRow[]> {
  return tx.query<OutRow>(`select ${COLUMNS} from hook_out where removed_at is null order by created_at desc, id desc limit 500`);
}

export async function removeOut(tx: Tx, id: string, at: Instant): Promise<void> {
  await tx.write(`update hook_out set removed_at = $2, version = version + 1 where id = $1`, [id, at]);
  await tx.write(
    `update hook_out_delivery set state = 'parked', answer = 'its webhook was removed' where hook_id = $1 and state = 'waiting'`,
    [id],
  );
}

/** Tells it again, after it was disabled. */
export async function enableOut(tx: Tx, id: string): Promise<void> {
  await tx.write(
    `update hook_out set state = 'active', failures = 0, failing_since = null, quiet_until = null, why = null, version = version + 1 where id = $1`,
    [id],
  );
}

/** Organisations whose ledger is read for subscriptions. */
export async function orgsToTell(tx: Tx): Promise<string[]> {
  return (await tx.query<{ org: string }>(`select org_id as org from hook_out_cursor`)).map(({ org }) => org);
}

/** The next facts in the order of the ledger; the cursor is locked until this transaction ends. Null: somebody else reads. */
export async function nextFacts(tx: Tx, limit: number): Promise<readonly (FactSeen & { readonly seq: number })[] | null> {
  const cursor = await tx.maybe<{ seq: number }>(`select seq from hook_out_cursor where org_id = $1 for update skip locked`, [tx.org]);
  if (cursor === null) return null;
  return tx.query<FactSeen & { seq: number } & Record<string, unknown>>(
    `select e.seq, f.fact_id as id, f.type, f.subject, f.service_id as service, f.at, f.body from ledger_entry e join fact f on f.id = e.fact_row
     where e.seq > $1 order by e.seq limit $2`,
    [cursor.seq, limit],
  );
}

export async function moveCursor(tx: Tx, seq: number): Promise<void> {
  await tx.write(`update hook_out_cursor set seq = $2 where org_id = $1`, [tx.org, seq]);
}

/** Names of services and environments. */
export async function namesOf(tx: Tx): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; name: string }>(`select id, name from service union all select id, name from environment`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

export type NewTelling = {
  readonly id: string;
  readonly hook: string;
  readonly fact: string | null;
  readonly type: string;
  readonly payload: Payload;
};

/** Adds a delivery; false where this fact was told to it before. */
export async function insertTelling(tx: Tx, telling: NewTelling, at: Instant): Promise<boolean> {
  const sql = `insert into hook_out_delivery (id, org_id, hook_id, fact_id, type, content_type, payload, state, due_at, at)
    values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8) on conflict (hook_id, fact_id) do nothing`;
  const { id, hook, fact, type, payload } = telling;
  return (await tx.write(sql, [id, tx.org, hook, fact, type, payload.contentType, payload.text, at])) === 1;
}

export type Telling = {
  readonly id: string;
  readonly org: string;
  readonly hook: string;
  readonly attempts: number;
  readonly contentType: string;
  readonly payload: string;
};

/** Takes deliveries into hand that are due and whose endpoint is not left alone; the attempt counts before it is made. */
export function claimTellings(tx: Tx, limit: number, forMs: Millis): Promise<Telling[]> {
  return tx.query<Telling>(
    `update hook_out_delivery d set attempts = d.attempts + 1, due_at = yardmaster_now() + $2 * interval '1 millisecond'
     where d.id = any(array(
       select w.id from hook_out_delivery w join hook_out h on h.id = w.hook_id
       where w.state = 'waiting' and w.due_at <= yardmaster_now() and h.state = 'active' and h.removed_at is null
         and (h.quiet_until is null or h.quiet_until <= yardmaster_now())
       order by w.due_at limit $1 for update of w skip locked))
     returning d.id, d.org_id as org, d.hook_id as hook, d.attempts, d.content_type as "contentType", d.payload`,
    [limit, forMs],
  );
}

export async function markDelivered(tx: Tx, { id, hook }: Telling, status: number, answer: string): Promise<void> {
  await tx.write(`update hook_out_delivery set state = 'delivered', status = $2, answer = $3, done_at = yardmaster_now() where id = $1`, [
    id,
    status,
    answer,
  ]);
  await tx.write(`update hook_out set failures = 0, failing_since = null, quiet_until = null, why = null where id = $1 and failures > 0`, [
    hook,
  ]);
}

/** Notes a failed attempt; `againMs` null parks it. The endpoint is locked and answered, for its breaker. */
export async function markUndelivered(
  tx: Tx,
  { id, hook, attempts }: Telling,
  failed: { readonly status: number | null; readonly answer: string; readonly againMs: Millis | null },
): Promise<OutRow | null> {
  await tx.write(
    `update hook_out_delivery set state = case when $3::float8 is null then 'parked' else 'waiting' end, status = $4, answer = $5,
       due_at = yardmaster_now() + coalesce($3::float8, 0) * interval '1 millisecond' where id = $1 and attempts = $2 and state = 'waiting'`,
    [id, attempts, failed.againMs, failed.status, failed.answer],
  );
  return outById(tx, hook, true);
}

export async function noteFailing(
  tx: Tx,
  out: OutRow,
  note: {
    readonly failures: number;
    readonly since: Instant;
    readonly quietMs: Millis | null;
    readonly why: string;
    readonly disabled: boolean;
  },
): Promise<void> {
  await tx.write(
    `update hook_out set failures = $2, failing_since = $3, why = $5, state = case when $6 then 'disabled' else state end,
       quiet_until = case when $4::float8 is null then quiet_until else yardmaster_now() + $4::float8 * interval '1 millisecond' end where id = $1`,
    [out.id, note.failures, note.since, note.quietMs, note.why, note.disabled],
  );
}

export type TellingRow = Omit<Telling, 'org' | 'payload'> & {
  readonly hookName: string;
  readonly fact: string | null;
  readonly type: string;
  readonly state: 'waiting' | 'delivered' | 'parked';
  readonly status: number | null;
  readonly answer: string | null;
  readonly at: Instant;
  readonly doneAt: Instant | null;
  readonly dueAt: Instant | null;
  readonly payload: string;
};

export function tellingsOf(
  tx: Tx,
  filter: { id: string | null; hook: string | null; state: string | null; before: { at: Instant; id: string } | null; limit: number },
): Promise<TellingRow[]> {
  return tx.query<TellingRow & Record<string, unknown>>(
    `select d.id, d.hook_id as hook, h.name as "hookName", d.fact_id as fact, d.type, d.content_type as "contentType", d.state, d.attempts,
       d.status, d.answer, d.at, d.done_at as "doneAt", case when d.state = 'waiting' then d.due_at end as "dueAt",
       case when $1::text is null then '' else d.payload end as payload
     from hook_out_delivery d join hook_out h on h.id = d.hook_id
     where ($1::text is null or d.id = $1) and ($2::text is null or d.hook_id = $2) and ($3::text is null or d.state = $3)
       and ($4::timestamptz is null or (d.at, d.id) < ($4, $5)) order by d.at desc, d.id desc limit $6`,
    [filter.id, filter.hook, filter.state, filter.before?.at ?? null, filter.before?.id ?? null, filter.limit],
  );
}

/** Sends one again, with all its attempts and the same id. */
export async function tellAgain(tx: Tx, id: string): Promise<boolean> {
  const sql = `update hook_out_delivery set state = 'waiting', attempts = 0, due_at = yardmaster_now(), done_at = null where id = $1`;
  return (await tx.write(sql, [id])) === 1;
}

/** Sealed secrets that begin with `head`, locked; those that somebody else has locked are left out. */
export function lockSealedOut(tx: Tx, head: Uint8Array, limit: number): Promise<{ id: string; org: string; sealed: Buffer }[]> {
  return tx.query(
    `select id, org_id as org, sealed from hook_out where substring(sealed from 1 for $2) = $1 order by id limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
}

export async function countSealedOut(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select count(*) as n from hook_out where substring(sealed from 1 for $2) = $1`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

export async function saveSealedOut(tx: Tx, id: string, sealed: Uint8Array): Promise<void> {
  await tx.write(`update hook_out set sealed = $2 where id = $1`, [id, Buffer.from(sealed)]);
}
