import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { newId } from '../../host/ids.system.ts';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import type { TrustedKey } from '../../kernel/dsse.ts';
import type { BlobStore } from '../floor.ts';
import { checkpointLogPath } from '../ledger/checkpoint-log.system.ts';
import { currentEpoch } from '../ledger/ledger.store.ts';
import { followAfterRestore } from '../ledger/sequencer.system.ts';
import { migrate, migrationFiles } from '../postgres/migrate.system.ts';
import { clientOptions, makePool, type Where } from '../postgres/pool.system.ts';
import type { Logger } from 'pino';
import { notEmpty, schemaUnknown } from './backup.problems.ts';
import { bareTx } from './bare-tx.system.ts';
import { copyIn } from './copy.system.ts';
import type { BackupTable, Manifest } from './manifest.ts';
import { JOBS } from './make.system.ts';
import { blobName } from './place.system.ts';
import { endWhatWasHeld, insertRestore } from './restore.store.ts';
import { digestOfRows, inOrder, selectionOf, tablesOf, type TableShape } from './tables.system.ts';
import { blobsOf, rowsOf } from './verify.system.ts';

export type RestoreOrder = {
  readonly folder: string;
  /** Verified before. */
  readonly manifest: Manifest;
  readonly digest: Digest;
  readonly where: Where;
  readonly state: string;
  readonly keys: readonly TrustedKey[];
  readonly blobs: BlobStore;
  readonly migrations: string;
  /** A checkpoint log that outlived the instance, and may know more than the backup; null: the backup's own. */
  readonly checkpointLog: string | null;
  readonly reason: string;
  readonly log: Logger;
  readonly say: (line: string) => void;
};

export type Restored = { readonly restore: string; readonly origin: string; readonly rows: number };

/** Throws `restore.not-empty` where an instance lives already: a restore never writes over anything. */
export async function mustBeEmpty(where: Where): Promise<void> {
  const client = new pg.Client(clientOptions(where, 'yardmaster-restore'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ there: boolean }>(`select to_regclass('public.instance') is not null as there`);
    if (rows[0]?.there !== true) {
      const others = await client.query<{ n: number }>(
        `select count(*)::int as n from pg_tables where schemaname = 'public' and tablename not in ('migration', 'expansion')`,
      );
      if ((others.rows[0]?.n ?? 0) > 0) throw notEmpty({ what: 'this database holds tables of something else' });
      return;
    }
    const instance = await client.query<{ id: string }>('select id from instance');
    if (instance.rows.length > 0) throw notEmpty({ what: `this database holds the instance ${instance.rows[0]?.id ?? ''} already` });
  } finally {
    await client.end();
  }
}

/** Throws `restore.schema-unknown` where this program can't make the schema that the rows were saved from. */
export async function mustKnowSchema(manifest: Manifest, folder: string): Promise<void> {
  const known = await migrationFiles(folder);
  for (const { name, digest } of manifest.migrations) {
    const same = known.includes(name) && digestOf(await readFile(join(folder, name), 'utf8')) === digest;
    if (!same) throw schemaUnknown({ name, program: manifest.program });
  }
}

/**
 * Brings a verified backup into an empty database: blobs first, then all rows in one transaction, in which the instance
 * becomes a paused one with a new ledger epoch, without sessions and without leases. Cut off, it leaves nothing that
 * a server would take for an instance, and can be run again.
 */
export async function restoreBackup(order: RestoreOrder): Promise<Restored> {
  const { manifest, folder, say } = order;
  await restoreBlobs(order);
  const note = await restoreCheckpointLog(order);
  const pool = makePool(order.where, 'yardmaster-restore', 4, order.log);
  try {
    await migrate(
      pool,
      order.migrations,
      manifest.migrations.map(({ name }) => name),
    );
    const client = await pool.connect();
    try {
      await client.query('set statement_timeout = 0');
      await client.query('set idle_in_transaction_session_timeout = 0');
      await client.query('begin');
      await client.query(`select set_config('yardmaster.org', '*', true)`);
      const shapes = inOrder(await tablesOf(client));
      await client.query('delete from migration');
      await client.query('delete from expansion');
      for (const shape of shapes) {
        const saved = manifest.tables.find((table) => table.name === shape.name);
        if (saved !== undefined) await restoreTable(client, folder, shape, saved);
      }
      say(`${manifest.tables.length} tables are back`);
      for (const { name, value } of manifest.sequences)
        if (value > 0) await client.query('select setval($1::regclass, $2)', [`public.${client.escapeIdentifier(name)}`, value]);
      await restoreJobs(client, folder, manifest.jobs);
      const done = await begin(client, order, note);
      await client.query('commit');
      return { ...done, rows: manifest.tables.reduce((sum, table) => sum + table.rows, 0) };
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

/** The owner of a table may step over its wall and its triggers, inside this transaction only. */
async function restoreTable(client: pg.ClientBase, folder: string, shape: TableShape, saved: BackupTable): Promise<void> {
  const { rows } = await client.query<{ wall: boolean }>('select relforcerowsecurity as wall from pg_class where oid = $1::regclass', [
    `public."${shape.name}"`,
  ]);
  const wall = rows[0]?.wall === true;
  if (wall) await client.query(`alter table "${shape.name}" no force row level security`);
  await client.query(`alter table "${shape.name}" disable trigger user`);
  const columns = saved.columns.map((column) => `"${column}"`).join(', ');
  await copyIn(client, `copy "${shape.name}" (${columns}) from stdin`, rowsOf(folder, saved));
  const found = await digestOfRows(client, selectionOf({ ...shape, columns: saved.columns }));
  if (found.digest !== saved.digest)
    throw new Error(`the rows of ${shape.name} came back otherwise than they were saved (${found.rows} of ${saved.rows})`);
  await client.query(`alter table "${shape.name}" enable trigger user`);
  if (wall) await client.query(`alter table "${shape.name}" force row level security`);
}

/** What waited waits again, and is done when the instance is resumed. */
async function restoreJobs(client: pg.ClientBase, folder: string, jobs: BackupTable): Promise<void> {
  await client.query(
    'create temporary table waiting_jobs (task text, payload json, run_at timestamptz, max_attempts int, attempts int, key text) on commit drop',
  );
  await copyIn(client, `copy waiting_jobs (${JOBS.columns.join(', ')}) from stdin`, rowsOf(folder, jobs));
  await client.query(
    `select from waiting_jobs j cross join lateral graphile_worker.add_job(j.task, payload := j.payload, run_at := j.run_at,
       max_attempts := greatest(j.max_attempts - case when j.attempts < j.max_attempts then j.attempts else 0 end, 1), job_key := j.key) as added
     where j.attempts < j.max_attempts`,
  );
}

/** The epoch, the pause and the end of everything that was held, in the transaction of the rows. */
async function begin(client: pg.ClientBase, order: RestoreOrder, note: string | null): Promise<Omit<Restored, 'rows'>> {
  const tx = bareTx(client);
  const origin = (await followAfterRestore(tx, note, order.keys, order.reason)) ?? (await currentEpoch(tx)).origin;
  const now = await tx.now();
  const restore = newId('res');
  await insertRestore(tx, { id: restore, manifestDigest: order.digest, snapshotAt: order.manifest.snapshotAt, restoredAt: now, origin });
  await endWhatWasHeld(tx, now);
  return { restore, origin };
}

const SMALL = 4 * 1024 ** 2;
const AT_ONCE = 2000;

async function restoreBlobs({ folder, manifest, blobs, say }: RestoreOrder): Promise<void> {
  let count = 0;
  let small: Digest[] = [];
  // Small ones are made durable many at a time: one by one, a sync of each would take most of the time.
  const flush = async (): Promise<void> => {
    await blobs.putAll(small.map((digest) => ({ bytes: { file: join(folder, blobName(digest)) }, expect: digest })));
    small = [];
  };
  for await (const { digest, size } of blobsOf(folder, manifest)) {
    if (!(await blobs.has(digest))) {
      if (size > SMALL) await blobs.putFile(join(folder, blobName(digest)), { expect: digest });
      else small.push(digest);
    }
    if (small.length >= AT_ONCE) await flush();
    count += 1;
    if (count % 1000 === 0) say(`${count} of ${manifest.blobs.count} blobs are back`);
  }
  await flush();
  say(`${count} blobs are back`);
}

/** The outside file comes back too. Answers the last note that is known of the old epoch, from wherever. */
async function restoreCheckpointLog({ state, folder, manifest, checkpointLog }: RestoreOrder): Promise<string | null> {
  const saved = manifest.checkpointLog === null ? '' : await readFile(join(folder, manifest.checkpointLog.file), 'utf8');
  const text = checkpointLog === null ? saved : await readFile(checkpointLog, 'utf8');
  const path = checkpointLogPath(state);
  await mkdir(state, { recursive: true });
  const there = await readFile(path, 'utf8').catch(() => '');
  if (there !== '' && there !== text) throw notEmpty({ what: `${path} is there and speaks of another past` });
  if (there === '' && text !== '') await appendFile(path, text, { mode: 0o644, flush: true });
  return text.split('---\n').slice(0, -1).at(-1) ?? null;
}
