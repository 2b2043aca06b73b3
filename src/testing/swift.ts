import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../agent/instance.process.ts';

const PROGRAMS = [
  'swift-proxy-server',
  'swift-account-server',
  'swift-container-server',
  'swift-object-server',
  'swift-ring-builder',
  'memcached',
];
/** Whether Debian's OpenStack Swift is here and may be run; a test that needs it says so and skips where it is not. */
export const HAS_SWIFT = PROGRAMS.every((name) => existsSync(`/usr/bin/${name}`)) && isReadable('/etc/swift/swift.conf');
if (!HAS_SWIFT)
  process.stderr.write('OpenStack Swift is not installed, or its settings can not be read: what needs an S3 of others is skipped\n');

export const SWIFT_KEYS = { accessKeyId: 'test:tester', secretAccessKey: 'a-secret-of-a-test' };
export const SWIFT_REGION = 'eu-central-1';

export type Swift = { readonly url: string; close(): Promise<void> };

const RINGS = ['account', 'container', 'object'] as const;

/**
 * A real S3 of others: OpenStack Swift with its S3 API, as one of each of its servers on ports and a folder of their own. It
 * checks Signature Version 4 itself, and has parts, ranges and listings.
 */
export async function startSwift(): Promise<Swift> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-swift-'));
  mkdirSync(join(folder, 'devices/d1'), { recursive: true });
  const children: ChildProcess[] = [];
  const start = (program: string, ...args: string[]): void => {
    const log = openSync(join(folder, `${program}.log`), 'w');
    children.push(spawn(`/usr/bin/${program}`, args, { cwd: folder, stdio: ['ignore', log, log], env: { PATH: '/usr/bin:/bin' } }));
  };
  const close = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const kind of RINGS) start(`swift-${kind}-server`, await ring(folder, kind));
    const memory = await freePort();
    start('memcached', '-l', '127.0.0.1', '-p', String(memory), '-m', '8', ...(process.getuid?.() === 0 ? ['-u', 'root'] : []));
    const port = await freePort();
    writeFileSync(join(folder, 'proxy.conf'), proxySettings(folder, port, memory));
    start('swift-proxy-server', join(folder, 'proxy.conf'));
    const url = `http://127.0.0.1:${port}`;
    await ready(url);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Writes where one kind of thing lies (one copy on one device) and the settings of its server; answers their file. */
async function ring(folder: string, kind: (typeof RINGS)[number]): Promise<string> {
  const port = await freePort();
  const build = (...args: string[]): void =>
    void execFileSync('/usr/bin/swift-ring-builder', [`${kind}.builder`, ...args], { cwd: folder, stdio: 'ignore' });
  build('create', '4', '1', '0');
  build('add', `r1z1-127.0.0.1:${port}/d1`, '1');
  build('rebalance');
  const lines = [
    ...defaults(folder, port),
    `devices = ${join(folder, 'devices')}`,
    'mount_check = false',
    '[pipeline:main]',
    `pipeline = ${kind}-server`,
    `[app:${kind}-server]`,
    `use = egg:swift#${kind}`,
  ];
  const file = join(folder, `${kind}.conf`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function proxySettings(folder: string, port: number, memory: number): string {
  const filters = ['catch_errors', 'gatekeeper', 'listing_formats', 'copy', 'slo', 'dlo'];
  const lines = [
    ...defaults(folder, port),
    '[pipeline:main]',
    'pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth copy slo dlo proxy-server',
    '[app:proxy-server]',
    'use = egg:swift#proxy',
    'account_autocreate = true',
    '[filter:cache]',
    'use = egg:swift#memcache',
    `memcache_servers = 127.0.0.1:${memory}`,
    '[filter:s3api]',
    'use = egg:swift#s3api',
    `location = ${SWIFT_REGION}`,
    '[filter:tempauth]',
    'use = egg:swift#tempauth',
    `user_test_tester = ${SWIFT_KEYS.secretAccessKey} .admin`,
    ...filters.flatMap((name) => [`[filter:${name}]`, `use = egg:swift#${name}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function defaults(folder: string, port: number): string[] {
  const user = process.getuid?.() === 0 ? 'root' : (process.env['USER'] ?? 'swift');
  return ['[DEFAULT]', 'bind_ip = 127.0.0.1', `bind_port = ${port}`, 'workers = 0', `user = ${user}`, `swift_dir = ${folder}`];
}

/** Its servers write no line when they listen; the proxy answers nobody's request with 404. */
async function ready(url: string): Promise<void> {
  for (let left = 300; ; left -= 1) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null && answer.status < 500) return;
    if (left === 0) throw new Error('Swift did not start');
    await sleep(100);
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('close', () => done());
    child.kill('SIGKILL');
  });
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
