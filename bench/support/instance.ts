import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
const PASSWORD = 'a long enough password';

/** A process of the product, started as people start it. */
export type Process = { readonly child: ChildProcess; readonly output: () => string; readonly stop: () => Promise<void> };

/** An empty instance in a folder of its own, with an admin. */
export type Instance = {
  readonly folder: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly token: string;
  /** Calls the API as the admin; throws what a refusal says. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
  /** Runs `ym` as the admin. */
  readonly ym: (...args: string[]) => Promise<string>;
  readonly start: (args: readonly string[], ready: RegExp) => Promise<Process>;
  readonly server: () => Process;
  readonly startServer: () => Promise<Process>;
  readonly close: () => Promise<void>;
};

/** Makes a folder, a free port and the environment of an instance; starts its server; its admin is signed in. */
export async function makeInstance(settings: Readonly<Record<string, string>> = {}): Promise<Instance> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-bench-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    YARDMASTER_STATE: join(folder, 'state'),
    YARDMASTER_PORT: String(port),
    YARDMASTER_LOG_LEVEL: 'warn',
    ...settings,
  };
  const running: Process[] = [];
  const start = async (args: readonly string[], ready: RegExp): Promise<Process> => {
    const started = await startProcess(args, env, ready);
    running.push(started);
    return started;
  };
  let server = await start(['server'], /ym_link_[0-9a-f]+/);
  let token = '';
  const call = (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => callApi(url, token, method, path, body);
  const link = /ym_link_[0-9a-f]+/.exec(server.output())?.[0];
  token = String((await call('POST', '/v1/setup', { link, name: 'Ada Admin', email: 'ada@example.org', password: PASSWORD }))['token']);
  return {
    folder,
    url,
    env,
    token,
    call,
    ym: (...args) => run(process.execPath, [join(root, 'bin/ym.mjs'), ...args], { ...env, YARDMASTER_URL: url, YARDMASTER_TOKEN: token }),
    start,
    server: () => server,
    startServer: async () => (server = await start(['server'], /Yardmaster is at/)),
    async close() {
      for (const one of running.reverse()) await one.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Registers and starts a runner of the instance. */
export async function startRunner(instance: Instance, ...more: string[]): Promise<Process> {
  const state = join(instance.folder, 'runner');
  mkdirSync(state, { mode: 0o700 });
  const { registration } = await instance.call('POST', '/v1/runners/registrations', { pool: 'default', trust: 'trusted' });
  const args = ['runner', '--url', instance.url, '--name', 'bench', '--state', state, '--registration', String(registration), ...more];
  return instance.start(args, /is ready/);
}

/** Makes a repository with these files committed on main. */
export async function makeRepository(path: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  await git(path, 'init', '-q', '-b', 'main');
  await commit(path, 'feat: start');
}

/** Commits everything in the repository's folder. */
export async function commit(path: string, message: string): Promise<void> {
  await git(path, 'add', '-A');
  await git(path, 'commit', '-q', '-m', message);
}

async function git(path: string, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Bo',
    GIT_AUTHOR_EMAIL: 'bo@example.org',
    GIT_COMMITTER_NAME: 'Bo',
    GIT_COMMITTER_EMAIL: 'bo@example.org',
  };
  return run('git', ['-C', path, ...args], env);
}

/** Runs a program to its end; its stdout, or an error with all it said. */
export function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, [...args], { env, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${String(error.code)}:\n${stderr}${stdout}`.slice(0, 4000)));
    });
  });
}

function startProcess(args: readonly string[], env: Readonly<Record<string, string>>, ready: RegExp): Promise<Process> {
  // As `npm start` and the program's first line start it.
  const child = spawn(process.execPath, ['--max-semi-space-size=4', join(root, 'bin/yardmaster.mjs'), ...args], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    clearTimeout(late);
  };
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      if (ready.test(output)) resolve({ child, output: () => output, stop });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code} before it was ready:\n${output.slice(-3000)}`)));
  });
}

async function callApi(url: string, token: string, method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
