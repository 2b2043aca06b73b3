import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Due } from '../platform/retention/retention.port.ts';

export async function dueFailures(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(`select count(*) as things, 0 as bytes, 0 as held from sign_in_failure where at < $1`, [before]);
}

export async function removeFailures(tx: Tx, before: Instant, limit: number): Promise<number> {
  return tx.write(`delete from sign_in_failure where ctid in (select ctid from sign_in_failure where at < $1 limit $2)`, [before, limit]);
}

/** What jobs of other CI came in with, and is over since before `before`. The facts of it stay. */
export async function dueWorkloads(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(`select count(*) as things, 0 as bytes, 0 as held from credential where workload_id is not null and expires_at < $1`, [
    before,
  ]);
}

export async function removeWorkloads(tx: Tx, before: Instant, limit: number): Promise<number> {
  return tx.write(
    `delete from credential where ctid in (select ctid from credential where workload_id is not null and expires_at < $1 order by expires_at limit $2)`,
    [before, limit],
  );
}
