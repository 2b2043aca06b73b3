import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { digestOf, isDigest, type Digest } from '../../kernel/digest.ts';
import { signCheckpoint } from '../../kernel/checkpoint.ts';
import { sameHash } from '../../kernel/merkle.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Floor } from '../floor.ts';
import { checkpointLogPath } from '../ledger/checkpoint-log.system.ts';
import { ledgerRewritten } from '../ledger/ledger.problems.ts';
import { latestCheckpoint } from '../ledger/ledger.queries.ts';
import { currentEpoch, logSize, tileReader } from '../ledger/ledger.store.ts';
import { treeOver } from '../ledger/tiles.ts';
import { clientOptions, type Where } from '../postgres/pool.system.ts';
import { bareTx } from './bare-tx.system.ts';
import { copyOut } from './copy.system.ts';
import { openDigestHeaps, type DigestHeaps } from './digests.system.ts';
import { sealKeys } from './keys.system.ts';
import { sealManifest, type BackupPart, type BackupTable, type Manifest } from './manifest.ts';
import type { BackupPlace } from './place.system.ts';
import { inOrder, saveRows, selectionOf, tablesOf } from './tables.system.ts';

export type BackupOrder = {
  readonly floor: Pick<Floor, 'blobs' | 'keys' | 'config'>;
  readonly where: Where;
  readonly place: BackupPlace;
  readonly program: string;
  /** A snapshot that somebody else exported and holds; null: one of our own. */
  readonly snapshot: string | null;
  /** null: keys stay out. */
  readonly passphrase: string | null;
  /** `table.column`s that name blobs which must be there. */
  readonly needed: readonly string[];
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

export type MadeBackup = { readonly manifest: Manifest; readonly digest: Digest; readonly written: number };

/** Work that waits, as it would be added again. A job that is being done is taken as waiting: jobs are harmless wakes. */
export const JOBS = {
  name: 'waiting_jobs',
  columns: ['task', 'payload', 'run_at', 'max_attempts', 'attempts', 'key'],
  select: `select t.identifier as task, j.payload, j.run_at, j.max_attempts, j.attempts, j.key
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id order by j.id`,
} as const;

/** A blob that is larger is no document of ours, and not searched for digests. */
const DOCUMENT_BYTES = 64 * 1024 ** 2;
const AT_ONCE = 6;

/**
 * Takes a backup of a running instance: all rows as of one moment, and every blob that these rows (or documents among
 * the blobs) speak of. Nothing is locked; memory is bounded. What is in `place` becomes a backup with the last write.
 */
export async function makeBackup(order: BackupOrder): Promise<MadeBackup> {
  const { floor, place, say, signal } = order;
  const heaps = await openDigestHeaps(place.scratch);
  const client = new pg.Client(clientOptions(order.where, 'yardmaster-backup'));
  let lost: Error | null = null;
  client.on('error', (error) => void (lost = error));
  await client.connect();
  const stop = (): void => void client.end().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const database = await saveDatabase(client, order, heaps);
    const missing = await missingBlobs(client, order);
    await client.query('commit');
    const blobs = await saveBlobs(order, heaps);
    const checkpointLog = await copyLog(order);
    const sealed = order.passphrase === null ? null : await saveKeys(floor.config.keys, place, order.passphrase);
    const manifest: Manifest = {
      v: 1,
      program: order.program,
      ...database,
      finishedAt: new Date().toISOString(),
      blobs: { count: blobs.count, bytes: blobs.bytes, index: blobs.index },
      missing,
      damaged: blobs.damaged,
      checkpointLog,
      keys: { keyId: floor.keys.keyId, all: [...floor.keys.all], sealed },
      settings: settingsOf(floor),
    };
    signal.throwIfAborted();
    const bytes = sealManifest(manifest, floor.keys);
    await place.finish(bytes);
    say(`done: ${database.tables.reduce((sum, table) => sum + table.rows, 0)} rows, ${blobs.count} blobs (${blobs.written} written)`);
    return { manifest, digest: digestOf(bytes), written: blobs.written };
  } catch (error) {
    signal.throwIfAborted();
    throw lost ?? error;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
    await heaps.close();
  }
}

type Database = Pick<Manifest, 'instance' | 'postgres' | 'snapshotAt' | 'migrations' | 'tables' | 'sequences' | 'jobs' | 'ledger'>;

async function saveDatabase(client: pg.Client, { floor, place, snapshot, say }: BackupOrder, heaps: DigestHeaps): Promise<Database> {
  await client.query('set statement_timeout = 0');
  await client.query('set idle_in_transaction_session_timeout = 0');
  await client.query('begin isolation level repeatable read read only');
  if (snapshot !== null) await client.query(`set transaction snapshot ${client.escapeLiteral(snapshot)}`);
  await client.query(`select set_config('yardmaster.org', '*', true)`);
  const tx = bareTx(client);
  const about = await tx.one<{ instance: string; postgres: string; at: string; bytes: number }>(
    `select (select id from instance) as instance, current_setting('server_version') as postgres, yardmaster_now() as at, pg_database_size(current_database()) as bytes`,
  );
  // Compressed rows take less than the database does; what they take at most is asked for before anything is written.
  await place.room(about.bytes / 2);
  const tables: BackupTable[] = [];
  const shapes = inOrder(await tablesOf(client));
  for (const shape of shapes) {
    const saved = await saveRows(client, place, { ...shape, select: selectionOf(shape) }, (bytes) => heaps.scan(bytes));
    tables.push(saved);
    say(`table ${tables.length} of ${shapes.length}: ${shape.name}, ${saved.rows} rows`);
  }
  const jobs = await saveRows(client, place, { ...JOBS, columns: [...JOBS.columns] }, () => undefined);
  return {
    instance: about.instance,
    postgres: about.postgres,
    snapshotAt: about.at,
    migrations: await tx.query<{ name: string; digest: string }>(
      'select name, digest from migration union select name, digest from expansion order by 1',
    ),
    tables,
    sequences: await tx.query<{ name: string; value: number }>(
      `select sequencename::text as name, coalesce(last_value, 0) as value from pg_sequences where schemaname = 'public' order by 1`,
    ),
    jobs,
    ledger: await ledgerOf(tx, floor),
  };
}

/** The ledger as this snapshot sees it, with a checkpoint over exactly that. Nothing is signed that does not continue what was. */
async function ledgerOf(tx: ReturnType<typeof bareTx>, floor: BackupOrder['floor']): Promise<Manifest['ledger']> {
  const { origin, follows } = await currentEpoch(tx);
  const size = await logSize(tx);
  if (size === 0) return { origin, size, root: null, checkpoint: null };
  const tree = treeOver(tileReader(tx));
  const last = await latestCheckpoint(tx);
  if (last !== null && (last.size > size || !sameHash(await tree.hashOf({ from: 0, to: last.size }), last.root)))
    throw ledgerRewritten({ origin: last.origin, size: last.size });
  const root = await tree.hashOf({ from: 0, to: size });
  const extensions = follows === null ? [] : [`follows ${follows.origin} ${follows.size} ${Buffer.from(follows.root).toString('base64')}`];
  const checkpoint = signCheckpoint({ origin, size, root, extensions }, floor.keys, floor.keys.publicKeyPem);
  return { origin, size, root: Buffer.from(root).toString('base64'), checkpoint };
}

/** Blobs that rows need and that are not in the store: told, because a backup can't bring back what is not there. */
async function missingBlobs(client: pg.Client, { floor, needed, say }: BackupOrder): Promise<Digest[]> {
  const missing = new Set<Digest>();
  for (const place of needed) {
    const [table = '', column = ''] = place.split('.');
    for await (const row of copyOut(client, `copy (select distinct "${column}" from "${table}" where "${column}" is not null) to stdout`)) {
      const digest = row.toString('utf8').trim();
      if (isDigest(digest) && missing.size < 1000 && (await floor.blobs.size(digest)) === null) missing.add(digest);
    }
  }
  if (missing.size > 0) say(`${missing.size} blobs that rows speak of are not in the store; they stand in the manifest`);
  return [...missing].sort();
}

type Blobs = { count: number; bytes: number; written: number; index: BackupPart[]; damaged: Digest[] };

async function saveBlobs({ floor, place, say, signal }: BackupOrder, heaps: DigestHeaps): Promise<Blobs> {
  const saved: Blobs = { count: 0, bytes: 0, written: 0, index: [], damaged: [] };
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const bytes = Buffer.from(lines.join(''));
    const file = `index/blobs.${String(saved.index.length + 1).padStart(5, '0')}`;
    lines = [];
    await place.write(file, bytes);
    saved.index.push({ file, digest: digestOf(bytes), size: bytes.length });
  };
  const one = async (digest: Digest): Promise<void> => {
    const size = await floor.blobs.size(digest);
    if (size === null) return;
    await place.room(size);
    const document: Buffer[] = [];
    // A document of ours may speak of further blobs; it begins like JSON and is not large.
    let plain = size <= DOCUMENT_BYTES;
    const see = (chunk: Uint8Array): void => {
      if (document.length === 0 && plain) plain = chunk[0] === 0x7b || chunk[0] === 0x5b;
      if (plain) document.push(Buffer.from(chunk));
    };
    try {
      if ((await place.blob(digest, size, () => floor.blobs.open(digest), see)) === 'written') saved.written += 1;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'platform.blob-damaged' || place.sequential) throw error;
      saved.damaged.push(digest);
      return;
    }
    if (plain) heaps.scan(Buffer.concat(document));
    saved.count += 1;
    saved.bytes += size;
    lines.push(`${digest} ${size}\n`);
    if (saved.count % 500 === 0) say(`${saved.count} blobs, ${saved.bytes} bytes`);
  };
  await heaps.each(async (digests) => {
    const step = place.sequential ? 1 : AT_ONCE;
    for (let at = 0; at < digests.length; at += step) {
      signal.throwIfAborted();
      await Promise.all(digests.slice(at, at + step).map(one));
      if (lines.length >= 50_000) await flush();
    }
  });
  await flush();
  if (saved.damaged.length > 0) say(`${saved.damaged.length} blobs are damaged in the store and were left out; they stand in the manifest`);
  return saved;
}

async function copyLog({ floor, place }: BackupOrder): Promise<BackupPart | null> {
  const bytes = await readFile(checkpointLogPath(floor.config.state)).catch(() => null);
  if (bytes === null) return null;
  // A note that is just being written is none yet.
  const whole = bytes.subarray(0, bytes.lastIndexOf('---\n') + (bytes.includes('---\n') ? 4 : 1));
  await place.write('checkpoints.log', whole);
  return { file: 'checkpoints.log', digest: digestOf(whole), size: whole.length };
}

async function saveKeys(folder: string, place: BackupPlace, passphrase: string): Promise<BackupPart> {
  const sealed = await sealKeys(folder, passphrase);
  await place.write('keys.sealed', sealed);
  return { file: 'keys.sealed', digest: digestOf(sealed), size: sealed.length };
}

function settingsOf({ config }: BackupOrder['floor']): Record<string, string> {
  return {
    YARDMASTER_PUBLIC_URL: config.publicUrl,
    YARDMASTER_HOST: config.host,
    YARDMASTER_PORT: String(config.port),
    YARDMASTER_LEASE_MS: String(config.leaseMs),
    YARDMASTER_SWEEP_MS: String(config.sweepMs),
    YARDMASTER_POLL_MS: String(config.pollMs),
    YARDMASTER_JOBS: String(config.jobConcurrency),
    database: config.databaseUrl === null ? 'embedded' : 'DATABASE_URL',
  };
}
