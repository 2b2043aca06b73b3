import { mkdtemp, chmod, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll } from 'vitest';
import { digestOf } from '../kernel/digest.ts';
import { randomHex } from '../host/ids.system.ts';
import { parseConfig, type Config } from '../platform/config.ts';
import type { Floor } from '../platform/floor.ts';
import { openFloor, type OpenOptions } from '../platform/floor.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { startEmbedded, type Connection } from '../platform/postgres/embedded.system.ts';
import { migrate } from '../platform/postgres/migrate.system.ts';
import { makePool, type Where } from '../platform/postgres/pool.system.ts';
import type { Wiring } from '../platform/postgres/transaction.system.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');
const TEMPLATE_LOCK = 7420_0002;

/**
 * A floor on a fresh database of its own, cloned from a migrated template on a real PostgreSQL: the embedded one, kept
 * running between test runs, or the server of YARDMASTER_TEST_DATABASE_URL (a role that may create databases). It is
 * closed and dropped after the file's last test.
 */
export async function testFloor(
  options: {
    readonly wiring?: Wiring;
    readonly config?: Partial<Config>;
    readonly database?: TestDatabase;
    readonly gitLogin?: OpenOptions['gitLogin'];
  } = {},
): Promise<Floor> {
  const opened = options.database ?? (await testDatabase());
  const state = await mkdtemp(join(tmpdir(), 'ym-test-'));
  await chmod(state, 0o755);
  const config: Config = {
    ...parseConfig({ YARDMASTER_STATE: state, YARDMASTER_LOG_LEVEL: 'silent', YARDMASTER_DATABASE_POOL: '8' }, false),
    ...options.config,
  };
  const open = await openFloor({
    config,
    log: makeLog('silent', 'test'),
    where: opened.where,
    wiring: options.wiring ?? new Map(),
    migrations: null,
    ...(options.gitLogin === undefined ? {} : { gitLogin: options.gitLogin }),
  });
  afterAll(async () => {
    await open.close();
    await opened.drop();
    await rm(state, { recursive: true, force: true });
    await rm(`${state}.keys`, { recursive: true, force: true });
  });
  return open.floor;
}

export type TestDatabase = { readonly where: Where; readonly url: string; drop(): Promise<void> };

/** A fresh database cloned from the template, for tests that start whole servers. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await testServer();
  const template = await templateFor(server);
  const name = `ymt_${randomHex(6)}`;
  await onServer(server, (client) => client.query(`create database ${name} template ${template}`));
  return {
    where: databaseOn(server, name),
    url: urlOf(server, name),
    drop: () => dropDatabase(server, name),
  };
}

/** An autovacuum worker may be at work in it, and only a superuser could end that: it is over in a moment. */
async function dropDatabase(server: Server, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await onServer(server, (client) => client.query(`drop database if exists ${name} with (force)`));
      return;
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(250);
    }
  }
}

type Server = Connection | { readonly url: string };

async function testServer(): Promise<Server> {
  const url = process.env['YARDMASTER_TEST_DATABASE_URL'];
  if (url !== undefined) return { url };
  // One folder per user and machine: a second run attaches to the PostgreSQL of the first. It need not outlive the machine's
  // power; what must is tested with whole instances, which have the settings of production.
  const state = join('/tmp', `yardmaster-test-pg-${process.getuid?.() ?? 0}`);
  return (await startEmbedded(state, `${state}.keys`, ['fsync=off'])).connection;
}

function databaseOn(server: Server, name: string): Where {
  return 'url' in server ? { url: urlOf(server, name) } : { ...server, database: name };
}

function urlOf(server: Server, name: string): string {
  if ('url' in server) {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  }
  return `postgresql://${server.user}:${server.password}@localhost/${name}?host=${encodeURIComponent(server.host)}&port=${server.port}`;
}

async function onServer<Result>(server: Server, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client('url' in server ? { connectionString: server.url } : server);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The template is named after the migrations' bytes, so a changed migration gets a new one; made once under a lock. */
async function templateFor(server: Server): Promise<string> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  const bytes = await Promise.all(names.map((name) => readFile(join(MIGRATIONS, name), 'utf8')));
  const template = `ymtemplate_${digestOf(names.join() + bytes.join('\0')).slice(7, 27)}`;
  await onServer(server, async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const there = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (there.rowCount !== 0) return;
    const fresh = `${template}_new`;
    await client.query(`drop database if exists ${fresh}`);
    await client.query(`create database ${fresh}`);
    const pool = makePool(databaseOn(server, fresh), 'template', 2, makeLog('silent', 'template'));
    try {
      await migrate(pool, MIGRATIONS);
    } finally {
      await pool.end();
    }
    await client.query(`alter database ${fresh} rename to ${template}`);
  });
  return template;
}
