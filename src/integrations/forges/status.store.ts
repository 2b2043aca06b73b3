import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { StatusWanted } from './forge.ts';

export type StatusRow = {
  readonly id: string;
  readonly connection: string;
  readonly path: string;
  readonly commit: string;
  readonly context: string;
  readonly wanted: StatusWanted;
  readonly digest: string;
  readonly shown: string | null;
  readonly attempts: number;
};
const COLUMNS = `id, connection_id as connection, path, commit_id as commit, context, wanted, wanted_digest as digest, shown_digest as shown, attempts`;

export type Wish = {
  readonly connection: string;
  readonly path: string;
  readonly commit: string;
  readonly wanted: StatusWanted;
  readonly digest: string;
  /** The release that it is about; null: a run, whose status changes by itself alone. */
  readonly about: string | null;
};

/** What is wanted now, whatever was before; answers the row's id where something is to be written. */
export async function wish(tx: Tx, { connection, path, commit, wanted, digest, about }: Wish): Promise<string | null> {
  const now = await tx.now();
  const row = await tx.maybe<{ id: string }>(
    `insert into forge_status (id, org_id, connection_id, path, commit_id, context, wanted, wanted_digest, due_at, wanted_at, about)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
     on conflict (connection_id, path, commit_id, context) do update set wanted = excluded.wanted, wanted_digest = excluded.wanted_digest,
       due_at = excluded.due_at, wanted_at = excluded.wanted_at, about = excluded.about, attempts = 0, last_error = null
       where forge_status.wanted_digest <> excluded.wanted_digest
     returning id`,
    [tx.floor.newId('fst'), tx.org, connection, path, commit, wanted.context, JSON.stringify(wanted), digest, now, about],
  );
  return row?.id ?? null;
}

/** Takes a row into hand until `until`; null: it is shown already, not due, or in another hand. */
export function claim(tx: Tx, id: string, now: Instant, until: Instant): Promise<StatusRow | null> {
  return tx.maybe<StatusRow>(
    `update forge_status set due_at = $3, attempts = attempts + 1
     where id = $1 and due_at <= $2 and shown_digest is distinct from wanted_digest returning ${COLUMNS}`,
    [id, now, until],
  );
}

/** What was written. Where another thing is wanted by now, the row is due again at once. */
export async function shown(tx: Tx, id: string, digest: string): Promise<boolean> {
  const now = await tx.now();
  const row = await tx.maybe<{ again: boolean }>(
    `update forge_status set shown_digest = $2, shown_at = $3, last_error = null, attempts = 0, due_at = $3 where id = $1
     returning wanted_digest <> $2 as again`,
    [id, digest, now],
  );
  return row?.again === true;
}

export async function notShown(tx: Tx, id: string, error: string, dueAt: Instant): Promise<void> {
  await tx.write(`update forge_status set last_error = $2, due_at = $3 where id = $1`, [id, error.slice(0, 500), dueAt]);
}

/** Rows that are due, of every organisation. */
export function dueStatuses(tx: Tx, now: Instant, most: number): Promise<{ id: string; org: string }[]> {
  return tx.query(
    `select id, org_id as org from forge_status where due_at <= $1 and attempts < $2 and shown_digest is distinct from wanted_digest order by due_at limit 100`,
    [now, most],
  );
}

/** The releases of which a forge shows something that was wanted since `since`, newest first. */
export async function releasesShown(tx: Tx, since: Instant, most: number): Promise<readonly string[]> {
  const rows = await tx.query<{ about: string }>(
    `select about from forge_status where org_id = $1 and about is not null and wanted_at > $2 group by about order by max(wanted_at) desc limit $3`,
    [tx.org, since, most],
  );
  return rows.map(({ about }) => about);
}

/** What is or will be shown at a connection, newest first. */
export function statusesAt(tx: Tx, connection: string): Promise<StatusRow[]> {
  return tx.query<StatusRow>(
    `select ${COLUMNS} from forge_status where org_id = $1 and connection_id = $2 order by wanted_at desc limit 100`,
    [tx.org, connection],
  );
}
