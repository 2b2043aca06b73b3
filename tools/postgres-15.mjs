// Runs the store and command tests on a PostgreSQL 15 of this machine, the oldest that DATABASE_URL may name.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, root } from './steps.mjs';

const native = '/usr/lib/postgresql/15/bin';
if (!existsSync(join(native, 'initdb'))) {
  process.stdout.write('skipped: there is no PostgreSQL 15 at /usr/lib/postgresql/15 (Debian package postgresql)\n');
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'ym-pg15-'));
chmodSync(folder, 0o755);
const data = join(folder, 'data');
const asRoot = process.getuid() === 0;
const as = (command, args) => (asRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args]);
if (asRoot) execFileSync('chown', ['postgres', folder]);
execFileSync(...as(join(native, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C']), {
  stdio: 'ignore',
  cwd: folder,
});
const settings = ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`, '-c', 'fsync=off', '-c', 'max_connections=100'];
const server = spawn(...as(join(native, 'postgres'), ['-D', data, '-p', '5415', ...settings]), { stdio: 'ignore', cwd: folder });
const url = (user, database) => `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(folder)}&port=5415`;

let status = 1;
try {
  const psql = (...args) =>
    spawnSync(join(native, 'psql'), ['-h', folder, '-p', '5415', '-U', 'postgres', '-qAt', ...args], { encoding: 'utf8' });
  for (let i = 0; i < 200 && psql('-c', 'select 1').status !== 0; i += 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  // No superuser: row-level security must hold for it.
  psql('-c', 'create role yardmaster login createdb');
  const folders = [
    'src/platform/postgres',
    'src/platform/hooks',
    'src/platform/ledger',
    'src/identity',
    'src/catalog',
    'src/waivers',
    'src/environments',
    'src/releases/ship.test.ts',
    'src/releases/approvals.test.ts',
  ];
  const tests = spawnSync(bin('vitest'), ['run', ...folders], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, YARDMASTER_TEST_DATABASE_URL: url('yardmaster', 'postgres') },
  });
  status = tests.status ?? 1;
  process.stdout.write(`${psql('-c', 'show server_version').stdout.trim()} was the server\n`);
} finally {
  spawnSync(...as(join(native, 'pg_ctl'), ['-D', data, 'stop', '-m', 'fast', '-t', '20']), { stdio: 'ignore', cwd: folder });
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
