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

/** Names of whatever these ids are of; what is gone or has none is absent. */
export async function namesOf(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; name: string }>(
    `select id, name from person where id = any($1) union all select id, name from bot where id = any($1)
     union all select id, name from runner where id = any($1) union all select id, name from agent where id = any($1)
     union all select id, name from service where id = any($1) union all select id, name from team where id = any($1)
     union all select id, name from environment where id = any($1)
     union all select credential.id, coalesce(person.name, bot.name) || ': ' || credential.name from credential
       left join person on person.id = holder_id left join bot on bot.id = holder_id where credential.id = any($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.name]));
}
