import type { Tx } from '../../platform/floor.ts';

/** Keeps one refused write; false where it is known already, or `most` of this runner for this job are. */
export async function insertStaleWrite(
  tx: Tx,
  holder: { readonly runner: string; readonly job: string; readonly attempt: number; readonly token: number },
  what: string,
  most: number,
): Promise<boolean> {
  const touched = await tx.write(
    `insert into stale_write (job_id, attempt, token, runner_id, what, org_id, at)
     select $1, $2, $3, $4, $5, $6, $7 where (select count(*) from stale_write where job_id = $1 and runner_id = $4) < $8 on conflict do nothing`,
    [holder.job, holder.attempt, holder.token, holder.runner, what, tx.org, await tx.now(), most],
  );
  return touched === 1;
}
