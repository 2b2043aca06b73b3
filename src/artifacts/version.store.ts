import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Reserved } from './versions/hold.ts';

/** The only writer of version_given and version_reserved. */

export type GivenRow = { readonly number: string; readonly tag: string; readonly commit: string };

/** One at a time for a service, to the end of the transaction: two releases in the same instant must not read the same numbers. */
export async function lockVersions(tx: Tx, serviceId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 7420))`, [`version:${serviceId}`]);
}

/** Every version that was given to a service. */
export function givenVersions(tx: Tx, serviceId: string): Promise<GivenRow[]> {
  return tx.query<GivenRow>(`select number, tag, commit_id as commit from version_given where service_id = $1`, [serviceId]);
}

/** The numbers that branches of a service hold. */
export function standingLanes(tx: Tx, serviceId: string): Promise<Reserved[]> {
  return tx.query<Reserved>(`select number, lane from version_reserved where service_id = $1 and ended_at is null order by number`, [
    serviceId,
  ]);
}

export async function insertGiven(tx: Tx, serviceId: string, row: GivenRow, bump: string): Promise<void> {
  await tx.query(
    `insert into version_given (org_id, service_id, number, tag, commit_id, bump, given_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [tx.org, serviceId, row.number, row.tag, row.commit, bump, await tx.now()],
  );
}

/** Begins the holds of `fresh` and ends those of `ended`. */
export async function saveLanes(
  tx: Tx,
  serviceId: string,
  fresh: readonly Reserved[],
  ended: readonly Reserved[],
  at: Instant,
): Promise<void> {
  for (const { number } of ended)
    await tx.write(
      `update version_reserved set ended_at = $3, version = version + 1 where service_id = $1 and number = $2 and ended_at is null`,
      [serviceId, number, at],
    );
  for (const { number, lane } of fresh)
    await tx.query(`insert into version_reserved (org_id, service_id, number, lane, reserved_at) values ($1, $2, $3, $4, $5)`, [
      tx.org,
      serviceId,
      number,
      lane,
      at,
    ]);
}
