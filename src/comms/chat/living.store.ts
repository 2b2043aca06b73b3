import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

export type LivingRow = {
  readonly channel: string;
  readonly release: string;
  readonly postedIn: string | null;
  readonly ts: string | null;
  readonly mark: string | null;
  readonly wanted: number;
  readonly attempts: number;
};

const COLUMNS = `channel_id as channel, release_id as release, posted_in as "postedIn", ts, mark, wanted, attempts`;

/** There is news of a release: its message in this channel is written anew at `dueAt`. */
export async function wantLiving(tx: Tx, channel: string, release: string, dueAt: Instant): Promise<void> {
  await tx.write(
    `insert into chat_living as l (channel_id, release_id, org_id, due_at) values ($1, $2, $3, $4)
     on conflict (channel_id, release_id) do update set wanted = l.wanted + 1, attempts = 0,
       due_at = case when l.wanted > l.written then least(l.due_at, excluded.due_at) else excluded.due_at end`,
    [channel, release, tx.org, dueAt],
  );
}

/** Takes one into hand until `until`; null where nothing is due, or another has it. One message is in one hand: it is posted once. */
export function claimLiving(tx: Tx, channel: string, release: string, now: Instant, until: Instant): Promise<LivingRow | null> {
  return tx.maybe<LivingRow & Record<string, unknown>>(
    `update chat_living set hand_until = $4, attempts = attempts + 1
     where channel_id = $1 and release_id = $2 and wanted > written and due_at <= $3 and (hand_until is null or hand_until <= $3) returning ${COLUMNS}`,
    [channel, release, now, until],
  );
}

/** Gives it back: it holds all news up to `wanted`; answers whether more came meanwhile. */
export async function doneLiving(tx: Tx, row: LivingRow, now: Pick<LivingRow, 'postedIn' | 'ts' | 'mark'>): Promise<boolean> {
  const sql = `update chat_living set written = $3, posted_in = $4, ts = $5, mark = $6, hand_until = null, attempts = 0
    where channel_id = $1 and release_id = $2 returning wanted > written as more`;
  return (await tx.one<{ more: boolean }>(sql, [row.channel, row.release, row.wanted, now.postedIn, now.ts, now.mark])).more;
}

/** Gives it back unwritten, to be tried at `dueAt`; null: not before there is other news. */
export async function failLiving(tx: Tx, row: LivingRow, dueAt: Instant | null, forget: boolean): Promise<void> {
  await tx.write(
    `update chat_living set hand_until = null, due_at = coalesce($3, due_at), written = case when $3::timestamptz is null then $4 else written end,
       ts = case when $5 then null else ts end, mark = case when $5 then null else mark end where channel_id = $1 and release_id = $2`,
    [row.channel, row.release, dueAt, row.wanted, forget],
  );
}

/** Messages whose wake was lost. */
export function dueLiving(tx: Tx, now: Instant, limit: number): Promise<{ org: string; channel: string; release: string }[]> {
  return tx.query(
    `select l.org_id as org, channel_id as channel, release_id as release from chat_living l join chat_channel c on c.id = channel_id and c.removed_at is null
     where wanted > written and due_at <= $1 and (hand_until is null or hand_until <= $1) order by due_at limit $2`,
    [now, limit],
  );
}
