import { plus, type Millis } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { OpaAnswer } from './policy/opa.ts';

/** An answer counts for minutes; decisions that read it have it among their inputs. */
const KEPT_MS: Millis = 86_400_000;

/** Keeps what was answered in the place of what was answered to the same before, unless that was asked later; forgets what is a day old. */
export async function saveOpaAnswer(tx: Tx, said: OpaAnswer): Promise<void> {
  await tx.write(
    `insert into opa_answer (org_id, connection, path, input_digest, answer, reasons, asked_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (org_id, connection, path, input_digest) do update
       set answer = excluded.answer, reasons = excluded.reasons, asked_at = excluded.asked_at
       where excluded.asked_at >= opa_answer.asked_at`,
    [tx.org, said.connection, said.path, said.input, said.answer, JSON.stringify(said.reasons), said.askedAt],
  );
  await tx.write(`delete from opa_answer where org_id = $1 and asked_at < $2`, [tx.org, plus(await tx.now(), -KEPT_MS)]);
}

/** What was answered to this input, or null. */
export function opaAnswer(tx: Tx, of: { connection: string; path: string; digest: string }): Promise<OpaAnswer | null> {
  return tx.maybe<OpaAnswer & Record<string, unknown>>(
    `select connection, path, input_digest as input, answer, reasons, asked_at as "askedAt" from opa_answer
     where org_id = $1 and connection = $2 and path = $3 and input_digest = $4`,
    [tx.org, of.connection, of.path, of.digest],
  );
}
