import type { Instant } from '../kernel/time.ts';
import type { Tx } from './floor.ts';

/** Keeps the words of a person for an administrative act beside its fact, where they can be erased: facts hold only their digest. */
export async function keepReason(tx: Tx, fact: string, reason: string, at: Instant): Promise<void> {
  await tx.query(`insert into admin_reason (fact_id, org_id, reason, at) values ($1, $2, $3, $4)`, [fact, tx.org, reason, at]);
}
