import type { Instant, Millis } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';
import { unpack, type Place } from './batch.ts';
import type { Hint, HookOf, TakenDelivery } from './taker.port.ts';

export type Due = Omit<TakenDelivery, 'body' | 'headers'> & { readonly taker: string; readonly attempts: number };

/** What is due and in nobody's hand, oldest first, locked until this transaction ends. */
export async function lockDue(tx: Tx, limit: number): Promise<Due[]> {
  const rows = await tx.query<{ id: string; name: string; at: Instant; attempts: number; hook: string }>(
    `select id, name, at, attempts, hook_id as hook from delivery where state in ('taken', 'failed') and due_at <= yardmaster_now()
     order by due_at limit $1 for update skip locked`,
    [limit],
  );
  return withHooks(tx, rows);
}

/** Of these, what is still as it was, locked until this transaction ends. */
export async function lockAgain(tx: Tx, due: readonly Due[]): Promise<Due[]> {
  const rows = await tx.query<{ id: string; attempts: number }>(
    `select id, attempts from delivery where id = any($1) and state in ('taken', 'failed') order by id for update`,
    [due.map(({ id }) => id)],
  );
  const now = new Map(rows.map((row) => [row.id, row.attempts]));
  return due.filter(({ id, attempts }) => now.get(id) === attempts);
}

/** Hints that nobody told of yet, oldest first, locked until this transaction ends; without those of the hooks in `held`. */
export async function lockHints(
  tx: Tx,
  held: readonly string[],
  limit: number,
): Promise<{ readonly ids: readonly number[]; readonly hints: readonly (Hint & { readonly taker: string })[] }> {
  const rows = await tx.query<{ id: number; at: Instant; hook: string }>(
    `select id, at, hook_id as hook from delivery_hint where hook_id <> all($1) order by id limit $2 for update skip locked`,
    [held, limit],
  );
  return { ids: rows.map(({ id }) => id), hints: await withHooks(tx, rows) };
}

/** They were told of. */
export async function dropHints(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.write(`delete from delivery_hint where id = any($1)`, [ids]);
}

async function withHooks<Row extends { readonly hook: string }>(
  tx: Tx,
  rows: readonly Row[],
): Promise<(Omit<Row, 'hook'> & { hook: HookOf; taker: string })[]> {
  if (rows.length === 0) return [];
  const hooks = await tx.query<HookOf & { taker: string }>(
    `select id, org_id as org, subject, settings, taker from hook where id = any($1)`,
    [[...new Set(rows.map(({ hook }) => hook))]],
  );
  const byId = new Map(hooks.map((hook) => [hook.id, hook]));
  return rows.flatMap(({ hook: id, ...row }) => {
    const hook = byId.get(id);
    return hook === undefined ? [] : [{ ...row, hook, taker: hook.taker }];
  });
}

/**
 * Takes deliveries into hand for `forMs`. The attempt counts before it is made, so that one that takes the server down with
 * it ends up parked as well.
 */
export async function claim(tx: Tx, due: readonly Due[], forMs: Millis): Promise<void> {
  await tx.write(
    `update delivery set attempts = attempts + 1, due_at = yardmaster_now() + $2 * interval '1 millisecond' where id = any($1)`,
    [due.map(({ id }) => id), forMs],
  );
}

/** What a delivery brought; null where it is no longer kept. */
export async function bodyOf(tx: Tx, id: string): Promise<{ headers: Record<string, string>; body: Buffer } | null> {
  const alone = await tx.maybe<{ headers: Record<string, string>; body: Buffer }>(
    `select headers, body from delivery_body where delivery_id = $1`,
    [id],
  );
  if (alone !== null) return alone;
  const packed = await tx.maybe<Place & { bytes: Buffer }>(
    `select d.place, d.head, d.size, b.bytes from delivery d join delivery_batch b on b.id = d.batch_id where d.id = $1`,
    [id],
  );
  return packed === null ? null : unpack(packed.bytes, packed);
}

export async function markDone(tx: Tx, ids: readonly string[], outcome: string): Promise<void> {
  await tx.write(`update delivery set state = 'done', outcome = $2, done_at = yardmaster_now() where id = any($1)`, [
    ids,
    oneLine(outcome),
  ]);
}

/** Notes a failure of the attempt in hand; `againMs` null parks it. */
export async function markFailed(tx: Tx, { id, attempts }: Due, why: string, againMs: Millis | null): Promise<void> {
  await tx.write(
    `update delivery set state = case when $4::float8 is null then 'parked' else 'failed' end, outcome = $3,
       due_at = yardmaster_now() + coalesce($4::float8, 0) * interval '1 millisecond'
     where id = $1 and attempts = $2 and state in ('taken', 'failed')`,
    [id, attempts, oneLine(why), againMs],
  );
}

/** Takes one again from the beginning, whatever became of it. */
export async function markAgain(tx: Tx, id: string): Promise<'taken' | 'no-body' | null> {
  const row = await tx.maybe<{ id: string }>(`select id from delivery where id = $1 for update`, [id]);
  if (row === null) return null;
  if ((await bodyOf(tx, id)) === null) return 'no-body';
  await tx.write(
    `update delivery set state = 'taken', attempts = 0, outcome = null, done_at = null, due_at = yardmaster_now() where id = $1`,
    [id],
  );
  return 'taken';
}

export type DeliveryRow = {
  readonly id: string;
  readonly hookId: string;
  readonly hookName: string;
  readonly taker: string;
  readonly name: string;
  readonly state: 'taken' | 'failed' | 'parked' | 'done';
  readonly size: number;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly at: Instant;
  readonly doneAt: Instant | null;
  readonly dueAt: Instant | null;
};
export type DeliveryFilter = {
  readonly id: string | null;
  readonly hook: string | null;
  readonly state: string | null;
  readonly before: { readonly at: Instant; readonly id: string } | null;
  readonly limit: number;
};

/** A hint of which nobody was told yet. */
const OPEN = `d.batch_id is not null and d.state = 'done' and exists (select 1 from delivery_hint x where x.hook_id = d.hook_id and x.at = d.at)`;

/** Deliveries, newest first. */
export function deliveriesOf(tx: Tx, filter: DeliveryFilter): Promise<DeliveryRow[]> {
  return tx.query<DeliveryRow>(
    `select d.id, d.hook_id as "hookId", coalesce(h.name, '') as "hookName", coalesce(h.taker, '') as taker, d.name, s.state, d.size,
       d.attempts, case when s.state = d.state then d.outcome end as outcome, d.at, case when s.state = d.state then d.done_at end as "doneAt",
       case when s.state in ('taken', 'failed') then d.due_at end as "dueAt"
     from delivery d left join hook h on h.id = d.hook_id cross join lateral (select case when ${OPEN} then 'taken' else d.state end as state) s
     where ($1::text is null or d.id = $1) and ($2::text is null or d.hook_id = $2) and ($3::text is null or s.state = $3)
       and ($4::timestamptz is null or (d.at, d.id) < ($4, $5)) order by d.at desc, d.id desc limit $6`,
    [filter.id, filter.hook, filter.state, filter.before?.at ?? null, filter.before?.id ?? null, filter.limit],
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('\0', '').toWellFormed().slice(0, 1000);
}
