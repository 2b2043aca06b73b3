import type { Tx } from '../platform/floor.ts';

/** Names of services by id; one that is not there any more is absent. */
export async function servicesById(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; name: string }>(`select id, name from service where id = any($1)`, [ids]);
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** The run that a release was built by, or null where there is no such release. */
export async function runOfRelease(tx: Tx, release: string): Promise<string | null> {
  return (await tx.maybe<{ run: string }>(`select run_id as run from release where id = $1`, [release]))?.run ?? null;
}
