import type { Tx } from '../platform/floor.ts';

/** Names of services by id; one that is not there any more is absent. */
export async function servicesById(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; name: string }>(`select id, name from service where id = any($1)`, [ids]);
  return new Map(rows.map((row) => [row.id, row.name]));
}
