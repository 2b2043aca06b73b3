import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { isHeld, notHeld } from '../platform/retention/hold.ts';
import type { Due } from '../platform/retention/retention.port.ts';

const HELD = ['r.org_id', 'r.service_id', 'r.run_id'] as const;
/** What runs anywhere keeps its reports. */
const RUNS = `exists (select 1 from report_digest d join running w on w.org_id = d.org_id and w.artifact_digests ? d.digest where d.report_id = r.id)`;

/** Reports that were received before `before` and speak for nothing that runs. */
export async function dueReports(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(
    `select count(*) filter (where ${notHeld(...HELD)} and not ${RUNS}) as things, 0 as bytes, count(*) filter (where ${isHeld(...HELD)}) as held
     from report r where r.received_at < $1 and r.digest is not null and r.removed_at is null and r.state <> 'received'`,
    [before],
  );
}

/** Marks them as removed: their bytes may go, what was read in them stays. */
export async function removeReports(tx: Tx, before: Instant, limit: number): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `with old as (
       select r.id from report r
       where r.received_at < $1 and r.digest is not null and r.removed_at is null and r.state <> 'received' and ${notHeld(...HELD)} and not ${RUNS}
       order by r.received_at limit $2 for update skip locked)
     update report r set removed_at = $3 from old where r.id = old.id returning r.digest`,
    [before, limit, await tx.now()],
  );
  return rows.map((row) => row.digest);
}

export async function namedReports(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(`select digest from report where digest = any($1) and removed_at is null`, [digests]);
  return rows.map((row) => row.digest);
}
