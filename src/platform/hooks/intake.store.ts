import type pg from 'pg';
import { pack } from './batch.ts';

/** A verified delivery that is not durable yet. */
export type Fresh = {
  readonly id: string;
  readonly hook: string;
  /** The hook as it was when the signature was verified: one that changed since takes nothing. */
  readonly version: number;
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly org: string;
  /** What becomes of it, where all it says is that it came; null: its taker reads it. */
  readonly hint: string | null;
};

/** `taken`: durable now. `there`: it was before. `refused`: its hook has changed or ended meanwhile. */
export type Settled = 'taken' | 'there' | 'refused';

const READ = {
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
    select count(*) as n from taken`,
};

/**
 * Hints are done when they are durable, but for the telling of their taker, of which one row for each hook remembers. The bytes
 * of all lie together: nobody reads them but a person who wants to see.
 */
const hints = (conflict: '' | 'on conflict (hook_id, name) do nothing'): string => `with t as materialized (select yardmaster_now() as at),
    came as materialized (
      select d.* from unnest($3::text[], $4::text[], $5::int[], $6::text[], $7::int[], $8::int[], $9::int[])
          as d(id, hook, version, name, place, head, size)
        join hook h on h.id = d.hook and h.version = d.version and h.revoked_at is null and h.org_id = $1::text),
    batch as (
      insert into delivery_batch (org_id, at, deliveries, size, bytes)
      select $1::text, t.at, cardinality($3), (select coalesce(sum(size), 0) from came), $2::bytea from t returning id),
    taken as (
      insert into delivery (id, org_id, hook_id, name, state, size, due_at, outcome, at, done_at, batch_id, place, head)
      select c.id, $1, c.hook, c.name, 'done', c.size, t.at, $10::text, t.at, t.at, batch.id, c.place, c.head
        from came c, t, batch order by c.hook, c.name ${conflict} returning hook_id),
    hint as (insert into delivery_hint (org_id, hook_id, at) select $1, hook_id, t.at from t, (select distinct hook_id from taken) as h)
    select count(*) as n from taken`;
/** Most of what comes never came before, and to write that costs less than to ask of each first; else all of it is asked. */
const NEW_HINTS = { name: 'hooks-hints-new', text: hints('') };
const ANY_HINTS = { name: 'hooks-hints-any', text: hints('on conflict (hook_id, name) do nothing') };
const UNIQUE_VIOLATION = '23505';

/**
 * Makes deliveries of one organisation durable in one statement that is a transaction of its own: one way to the database and
 * back for all of them; answers for each id what became of it. Either all of them are hints with the same outcome, or none is. The connection sees every organisation.
 */
export async function insertFresh(client: pg.Pool, fresh: readonly Fresh[]): Promise<ReadonlyMap<string, Settled> | 'all taken'> {
  const [first] = fresh;
  if (first === undefined) return 'all taken';
  const taken = first.hint === null ? await insertRead(client, fresh) : await insertHints(client, first.org, first.hint, fresh);
  return taken === fresh.length ? 'all taken' : settledOf(client, fresh);
}

async function insertRead(client: pg.Pool, fresh: readonly Fresh[]): Promise<number> {
  let place = 1;
  const rows = fresh.map(({ id, hook, version, name, headers, body }) => {
    const from = place;
    place += body.length;
    return { id, hook, version, name, headers, place: from, size: body.length };
  });
  const bytes = Buffer.concat(fresh.map(({ body }) => body));
  return countIn(await client.query<{ n: number }>({ ...READ, values: [JSON.stringify(rows), bytes] }));
}

async function insertHints(client: pg.Pool, org: string, outcome: string, fresh: readonly Fresh[]): Promise<number> {
  const { bytes, places } = pack(fresh);
  const values = [
    org,
    bytes,
    plainArray(fresh.map(({ id }) => id)),
    plainArray(fresh.map(({ hook }) => hook)),
    plainArray(fresh.map(({ version }) => version)),
    textArray(fresh.map(({ name }) => name)),
    plainArray(places.map(({ place }) => place)),
    plainArray(places.map(({ head }) => head)),
    plainArray(places.map(({ size }) => size)),
    outcome,
  ];
  try {
    return countIn(await client.query<{ n: number }>({ ...NEW_HINTS, values }));
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
    return countIn(await client.query<{ n: number }>({ ...ANY_HINTS, values }));
  }
}

/** Some came before, or their hook did not take them: which, is asked when it is so. */
async function settledOf(client: pg.Pool, fresh: readonly Fresh[]): Promise<ReadonlyMap<string, Settled>> {
  const { rows } = await client.query<{ mine: string; id: string }>(
    `select d.id as mine, x.id from unnest($1::text[], $2::text[], $3::text[]) as d(id, hook, name) join delivery x on x.hook_id = d.hook and x.name = d.name`,
    [fresh.map(({ id }) => id), fresh.map(({ hook }) => hook), fresh.map(({ name }) => name)],
  );
  const there = new Map(rows.map(({ mine, id }) => [mine, id]));
  return new Map(fresh.map(({ id }) => [id, there.get(id) === id ? 'taken' : there.has(id) ? 'there' : 'refused']));
}

function countIn({ rows }: { readonly rows: readonly { readonly n: number }[] }): number {
  return rows[0]?.n ?? 0;
}

/** An array as PostgreSQL reads it, of numbers and of ids: they need no quotes. */
function plainArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}
