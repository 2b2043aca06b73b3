import { digestOf } from '../../kernel/digest.ts';
import type { Tx } from '../floor.ts';
import { keyReused } from '../platform.problems.ts';

export type Kept = { readonly status: number; readonly answer: unknown };

/**
 * Claims an Idempotency-Key inside the command's own transaction. Null: it is ours, run the command. Else: what the
 * first use answered. A second request with the same key waits for the first one's end, because both insert the same
 * row. Throws where the key was used for another request.
 */
export async function claimKey(tx: Tx, actor: string, key: string, request: string): Promise<Kept | null> {
  const digest = digestOf(request);
  const now = await tx.now();
  const mine = await tx.write(
    `insert into idempotency (org_id, actor, key, request_digest, status, at) values ($1, $2, $3, $4, 0, $5) on conflict do nothing`,
    [tx.org, actor, key, digest, now],
  );
  if (mine === 1) return null;
  const kept = await tx.one<{ request_digest: string; status: number; answer: unknown }>(
    `select request_digest, status, answer from idempotency where org_id = $1 and actor = $2 and key = $3`,
    [tx.org, actor, key],
  );
  if (kept.request_digest !== digest) throw keyReused({ key });
  return { status: kept.status, answer: kept.answer };
}

/** Keeps the answer of a command under its key, in the same transaction. */
export async function keepAnswer(tx: Tx, actor: string, key: string, status: number, answer: unknown): Promise<void> {
  await tx.query(`update idempotency set status = $4, answer = $5::jsonb where org_id = $1 and actor = $2 and key = $3`, [
    tx.org,
    actor,
    key,
    status,
    JSON.stringify(answer ?? null),
  ]);
}

/** Forgets keys older than a day. */
export async function forgetOldKeys(tx: Tx): Promise<void> {
  const now = await tx.now();
  await tx.query(`delete from idempotency where at < $1::timestamptz - interval '1 day'`, [now]);
}
