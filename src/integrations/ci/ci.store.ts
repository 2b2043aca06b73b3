import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Place, SeenPipeline } from './ci.ts';

export type PlaceRow = {
  readonly id: string;
  readonly org: string;
  readonly connection: string;
  readonly key: string;
  readonly name: string;
  readonly repository: string | null;
  readonly url: string | null;
  readonly branch: string | null;
  readonly watched: boolean;
  readonly readUntil: Instant | null;
  readonly nextAt: Instant;
  readonly checkedAt: Instant | null;
  readonly failures: number;
  readonly lastError: string | null;
  readonly fillSince: Instant | null;
  readonly fillUntil: Instant | null;
  readonly fillPage: string | null;
  readonly fillReached: Instant | null;
  readonly fillRuns: number;
  readonly fillDoneAt: Instant | null;
};
export type PipelineRow = {
  readonly id: string;
  readonly place: string;
  readonly key: string;
  readonly name: string;
  readonly file: string | null;
  readonly service: string | null;
  readonly mappedBy: 'repository' | 'setting' | null;
};

const PLACE = `select id, org_id as org, connection_id as connection, key, name, repository, url, branch, watched, read_until as "readUntil", next_at as "nextAt",
  checked_at as "checkedAt", failures, last_error as "lastError", fill_since as "fillSince", fill_until as "fillUntil", fill_page as "fillPage",
  fill_reached as "fillReached", fill_runs as "fillRuns", fill_done_at as "fillDoneAt" from ci_place`;
const PIPELINE = `select id, place_id as place, key, name, file, service_id as service, mapped_by as "mappedBy" from ci_pipeline`;

export function placeById(tx: Tx, id: string, lock = false): Promise<PlaceRow | null> {
  return tx.maybe<PlaceRow>(`${PLACE} where id = $1 and gone_at is null${lock ? ' for update' : ''}`, [id]);
}

export function placesOf(tx: Tx, connection: string): Promise<PlaceRow[]> {
  return tx.query<PlaceRow>(`${PLACE} where connection_id = $1 and gone_at is null order by watched desc, name, id limit 5000`, [
    connection,
  ]);
}

/** The places of a connection that are read, as far as who is told of something there has to know them. */
export function watchedPlaces(tx: Tx, connection: string): Promise<{ id: string; key: string; name: string; repository: string | null }[]> {
  return tx.query(
    `select id, key, name, repository from ci_place where connection_id = $1 and watched and gone_at is null order by id limit 5000`,
    [connection],
  );
}

export function pipelinesOf(tx: Tx, connection: string): Promise<PipelineRow[]> {
  return tx.query<PipelineRow>(`${PIPELINE} where place_id in (select id from ci_place where connection_id = $1) order by name, id`, [
    connection,
  ]);
}

export function pipelinesAt(tx: Tx, place: string): Promise<PipelineRow[]> {
  return tx.query<PipelineRow>(`${PIPELINE} where place_id = $1`, [place]);
}

/** A place that was listed; answers its id. What it is called may change, its key does not. */
export async function keepPlace(tx: Tx, connection: string, place: Place, watched: boolean, now: Instant): Promise<string> {
  const row = await tx.one<{ id: string }>(
    `insert into ci_place (id, org_id, connection_id, key, name, repository, url, branch, watched, next_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (connection_id, key) do update set name = excluded.name, repository = excluded.repository, url = excluded.url, branch = excluded.branch,
       watched = excluded.watched or exists (select from ci_pipeline p where p.place_id = ci_place.id and p.service_id is not null), gone_at = null
     returning id`,
    [tx.floor.newId('cpl'), tx.org, connection, place.key, place.name, place.repository, place.url, place.branch, watched, now],
  );
  return row.id;
}

/** Places that the other side does not list any more. */
export async function markGone(tx: Tx, connection: string, listed: readonly string[], now: Instant): Promise<void> {
  await tx.write(`update ci_place set gone_at = $3 where connection_id = $1 and gone_at is null and not (key = any($2))`, [
    connection,
    listed,
    now,
  ]);
}

/** Begins a backfill where there is none under way, or none of that length was made. */
export async function beginFill(tx: Tx, place: string, since: Instant, until: Instant, again: boolean): Promise<boolean> {
  return (
    (await tx.write(
      `update ci_place set fill_since = $2, fill_until = $3, fill_page = null, fill_reached = null, fill_runs = 0, fill_done_at = null, next_at = $3
       where id = $1 and watched and (fill_since is null or $4 or (fill_done_at is not null and fill_since > $2))`,
      [place, since, until, again],
    )) === 1
  );
}

/** A page of the backfill was kept; `next` null: it was the last. Conditional on where it stood, so that two servers do not go on from one page. */
export async function saveFill(
  tx: Tx,
  place: PlaceRow,
  done: { readonly next: string | null; readonly runs: number; readonly reached: Instant | null; readonly now: Instant },
): Promise<boolean> {
  return (
    (await tx.write(
      `update ci_place set fill_page = $3, fill_runs = fill_runs + $4, fill_reached = least(coalesce(fill_reached, $5), $5),
         fill_done_at = case when $3::text is null then $6::timestamptz end, failures = 0, last_error = null, checked_at = $6
       where id = $1 and fill_page is not distinct from $2 and fill_done_at is null and fill_since is not null`,
      [place.id, place.fillPage, done.next, done.runs, done.reached, done.now],
    )) === 1
  );
}

export async function savePoll(tx: Tx, place: string, readUntil: Instant, now: Instant): Promise<void> {
  await tx.write(`update ci_place set read_until = $2, failures = 0, last_error = null, checked_at = $3 where id = $1`, [
    place,
    readUntil,
    now,
  ]);
}

export async function saveNext(tx: Tx, place: string, at: Instant): Promise<void> {
  await tx.write(`update ci_place set next_at = $2 where id = $1`, [place, at]);
}

export async function saveFailure(tx: Tx, place: string, error: string, nextAt: Instant, now: Instant): Promise<void> {
  await tx.write(`update ci_place set failures = failures + 1, last_error = $2, next_at = $3, checked_at = $4 where id = $1`, [
    place,
    error,
    nextAt,
    now,
  ]);
}

/** A pipeline that a run named. What a person mapped stays. */
export async function keepPipeline(
  tx: Tx,
  place: string,
  pipeline: SeenPipeline,
  service: string | null,
  now: Instant,
): Promise<PipelineRow> {
  return tx.one<PipelineRow>(
    `insert into ci_pipeline (id, org_id, place_id, key, name, file, repository, service_id, mapped_by, seen_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, case when $8::text is null then null else 'repository' end, $9)
     on conflict (place_id, key) do update set name = excluded.name, file = coalesce(excluded.file, ci_pipeline.file),
       repository = coalesce(excluded.repository, ci_pipeline.repository), seen_at = excluded.seen_at,
       service_id = case when ci_pipeline.mapped_by = 'setting' then ci_pipeline.service_id else coalesce(excluded.service_id, ci_pipeline.service_id) end,
       mapped_by = case when ci_pipeline.mapped_by = 'setting' then 'setting' else coalesce(excluded.mapped_by, ci_pipeline.mapped_by) end
     returning id, place_id as place, key, name, file, service_id as service, mapped_by as "mappedBy"`,
    [tx.floor.newId('cpi'), tx.org, place, pipeline.key, pipeline.name, pipeline.file, pipeline.repository, service, now],
  );
}

/** Says whose runs the runs of a pipeline are; null: nobody's. Its place is watched from now on. */
export async function mapPipeline(tx: Tx, pipeline: string, service: string | null): Promise<string | null> {
  const row = await tx.maybe<{ place: string }>(
    `update ci_pipeline set service_id = $2, mapped_by = 'setting' where id = $1 returning place_id as place`,
    [pipeline, service],
  );
  if (row !== null && service !== null) await tx.write(`update ci_place set watched = true where id = $1`, [row.place]);
  return row?.place ?? null;
}

export function pipelineById(tx: Tx, id: string): Promise<(PipelineRow & { connection: string }) | null> {
  return tx.maybe(
    `select p.id, p.place_id as place, p.key, p.name, p.file, p.service_id as service, p.mapped_by as "mappedBy", c.connection_id as connection
     from ci_pipeline p join ci_place c on c.id = p.place_id where p.id = $1`,
    [id],
  );
}

/** Watched places that are due, of connections that can be asked. */
export function duePlaces(tx: Tx, now: Instant, limit: number): Promise<{ id: string; org: string }[]> {
  return tx.query(
    `select p.id, p.org_id as org from ci_place p join connection c on c.id = p.connection_id
     where p.watched and p.gone_at is null and p.next_at <= $1 and c.removed_at is null and c.state <> 'refused' and coalesce(c.quiet_until, $1) <= $1
     order by p.next_at limit $2`,
    [now, limit],
  );
}

/** Connections of these vendors whose places are to be listed. */
export function dueConnections(tx: Tx, vendors: readonly string[], now: Instant, limit: number): Promise<{ id: string; org: string }[]> {
  return tx.query(
    `select c.id, c.org_id as org from connection c left join ci_connection l on l.connection_id = c.id
     where c.vendor = any($1) and c.removed_at is null and c.state in ('working', 'failing') and coalesce(c.quiet_until, $2) <= $2
       and coalesce(l.next_at, $2) <= $2 order by l.next_at nulls first limit $3`,
    [vendors, now, limit],
  );
}

export async function saveListed(
  tx: Tx,
  connection: string,
  listed: { readonly at: Instant | null; readonly nextAt: Instant; readonly error: string | null },
): Promise<void> {
  await tx.write(
    `insert into ci_connection (connection_id, org_id, listed_at, next_at, last_error) values ($1, $2, $3, $4, $5)
     on conflict (connection_id) do update set listed_at = coalesce(excluded.listed_at, ci_connection.listed_at), next_at = excluded.next_at, last_error = excluded.last_error`,
    [connection, tx.org, listed.at, listed.nextAt, listed.error],
  );
}

export function listedOf(tx: Tx, connection: string): Promise<{ listedAt: Instant | null; lastError: string | null } | null> {
  return tx.maybe(`select listed_at as "listedAt", last_error as "lastError" from ci_connection where connection_id = $1`, [connection]);
}
