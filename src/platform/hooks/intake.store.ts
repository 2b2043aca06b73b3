import type pg from 'pg';

/** A verified delivery that is not durable yet. */
export type Fresh = {
  readonly id: string;
  readonly hook: string;
  /** The hook as it was when the signature was verified: one that changed since takes nothing. */
  readonly version: number;
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** `taken`: durable now. `there`: it was before. `refused`: its hook has changed or ended meanwhile. */
export type Settled = 'taken' | 'there' | 'refused';

const INSERT = {
  name: 'hooks-intake',
  text: `with fresh as materialized (
      select d.*, h.org_id, t.at from json_to_recordset($1::json)
          as d(id text, hook text, version int, name text, headers json, place int, size int)
        join hook h on h.id = d.hook and h.version = d.version and h.revoked_at is null,
        (select yardmaster_now() as at) t),
    taken as (
      insert into delivery (id, org_id, hook_id, name, state, size, due_at, at)
      select id, org_id, hook, name, 'taken', size, at, at from fresh order by hook, name
      on conflict (hook_id, name) do nothing returning id),
    kept as (
      insert into delivery_body (delivery_id, org_id, headers, body)
      select id, org_id, headers, substring($2::bytea from place for size) from fresh join taken using (id))
    select id from taken`,
};

/**
 * Makes deliveries durable in one statement that is a transaction of its own: one way to the database and back for all of
 * them. Their bytes go as one parameter and are cut apart there. The connection sees every organisation, because hooks name none.
 */
export async function insertFresh(client: pg.Pool, fresh: readonly Fresh[]): Promise<ReadonlyMap<string, Settled>> {
  let place = 1;
  const rows = fresh.map(({ body, ...row }) => {
    const from = place;
    place += body.length;
    return { ...row, place: from, size: body.length };
  });
  const bytes = Buffer.concat(fresh.map(({ body }) => body));
  const { rows: taken } = await client.query<{ id: string }>({ ...INSERT, values: [JSON.stringify(rows), bytes] });
  const settled = new Map<string, Settled>(taken.map(({ id }) => [id, 'taken']));
  const missing = fresh.filter(({ id }) => !settled.has(id));
  if (missing.length === 0) return settled;
  const { rows: there } = await client.query<{ id: string }>(
    `select d.id from unnest($1::text[], $2::text[], $3::text[]) as d(id, hook, name) join delivery x on x.hook_id = d.hook and x.name = d.name`,
    [missing.map(({ id }) => id), missing.map(({ hook }) => hook), missing.map(({ name }) => name)],
  );
  const known = new Set(there.map(({ id }) => id));
  for (const { id } of missing) settled.set(id, known.has(id) ? 'there' : 'refused');
  return settled;
}
