// All rows of all tables as one digest each, for comparing two databases. Imports nothing of the product.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** What a restore is there to change, by table: these columns are left out of the comparison, or (null) the whole table is. */
export const MEANT = {
  worker_pool: null,
  server_node: null,
  restore: null,
  restore_report: null,
  ledger_epoch: null,
  // Placed and signed by every server, also a paused one: compared entry by entry instead.
  ledger_pending: null,
  ledger_entry: null,
  ledger_tile: null,
  ledger_checkpoint: null,
  instance: ['epoch'],
  credential: ['ended_at', 'seen_at'],
  job: ['token', 'lease_until', 'version'],
  lease: ['until', 'holder'],
  backup: ['state', 'progress', 'finished_at', 'version'],
  agent: ['session', 'last_seen_at', 'version', 'client_version'],
  runner: ['seen_at', 'version', 'client_version', 'executors'],
};

/** A reader of the database in a state folder. */
export async function connect(folder, state) {
  const client = new pg.Client({
    host: join(folder, state, 'run'),
    port: 5432,
    user: 'yardmaster',
    database: 'yardmaster',
    password: readFileSync(join(folder, `${state}.keys/postgres.password`), 'utf8').trim(),
    application_name: 'outside checker',
    options: '-c default_transaction_read_only=on -c timezone=UTC',
  });
  await client.connect();
  await client.query(`select set_config('yardmaster.org', '*', false)`);
  return client;
}

/** Table -> how many rows and their digest: of the database's own text of each row, sorted. `before` bounds a column of a table. */
export async function contents(client, before = {}) {
  const { rows: tables } = await client.query(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const all = {};
  for (const { name } of tables) {
    if (MEANT[name] === null) continue;
    const bound = before[name] === undefined ? '' : `where ${before[name].column} < ${Number(before[name].value)}`;
    const { rows } = await client.query(`select (to_jsonb(t) - $1::text[])::text as text from "${name}" t ${bound}`, [MEANT[name] ?? []]);
    const digest = createHash('sha256');
    for (const { text } of rows.sort((one, other) => (one.text < other.text ? -1 : one.text > other.text ? 1 : 0)))
      digest.update(`${text}\n`);
    all[name] = { rows: rows.length, digest: digest.digest('hex') };
  }
  return all;
}
