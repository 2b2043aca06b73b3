import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apiOf, type Api, type Json } from './api.ts';
import { answering, firstAdmin, freePort, startMachines } from './instance.ts';
import { openJournal, type Journal } from './journal.ts';
import { daemonOf, endAllOf, type Daemon } from './processes.ts';
import { startSpread, type Spread } from './spread.ts';
import { until } from './ship.ts';

/** Two servers side by side, several services whose runs and starts take long, and everything of one version of the program at first. */
export type Fleet = {
  readonly folder: string;
  readonly journal: Journal;
  readonly services: readonly string[];
  readonly ports: readonly number[];
  readonly spread: Spread;
  readonly ada: Api;
  readonly machines: readonly Daemon[];
  /** Starts server `at` from a tree of the program; it is ready when this resolves. */
  start(at: number, tree: string): Promise<void>;
  /** Tells server `at` to stop as systemd does, and waits until it has. */
  stop(at: number): Promise<void>;
  commit(service: string, mark: string): string;
  close(keep: boolean): Promise<void>;
};

const root = join(import.meta.dirname, '../..');

/** The program as it was at a commit, with the packages of today; null where this clone does not have it. */
export function treeOf(ref: string, folder: string): string | null {
  try {
    execFileSync('git', ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { cwd: root, stdio: 'ignore' });
  } catch {
    return null;
  }
  const tree = join(folder, 'before');
  mkdirSync(tree);
  const archive = execFileSync('git', ['archive', '--format=tar', ref], { cwd: root, maxBuffer: 256 * 1024 ** 2 });
  execFileSync('tar', ['-x', '-C', tree], { input: archive });
  if (!existsSync(join(tree, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

/** A folder in which a fleet can live. */
export function fleetFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ymc-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** How long a step of a run and the start of a service take: long enough to be in the middle of while servers are exchanged. */
export type Times = { readonly stepMs: number; readonly startMs: number };

export async function makeFleet(folder: string, tree: string, size: number, slots: number, times: Times): Promise<Fleet> {
  const journal = openJournal(folder);
  const ports = [await freePort(), await freePort()];
  const spread = await startSpread(ports);
  const url = `http://127.0.0.1:${spread.port}`;
  const base = { PATH: process.env['PATH'] ?? '', HOME: folder, NODE_COMPILE_CACHE: join(tmpdir(), 'ymc-compiled') };
  const env = {
    ...base,
    YARDMASTER_STATE: join(folder, 'state'),
    YARDMASTER_LEASE_MS: '15000',
    YARDMASTER_SWEEP_MS: '500',
    YARDMASTER_POLL_MS: '500',
    YARDMASTER_LOG_LEVEL: 'info',
  };
  const servers: (Daemon | null)[] = [null, null];
  const machines: Daemon[] = [];
  const start = async (at: number, from: string): Promise<void> => {
    const log = join(folder, `server-${at + 1}.log`);
    const server = daemonOf({
      name: `server-${at + 1}`,
      args: ['server'],
      env: { ...env, YARDMASTER_PORT: String(ports[at]) },
      log,
      root: from,
    });
    server.start();
    servers[at] = server;
    await answering(ports[at] ?? 0, 60_000, log);
    journal.note('started', { who: [server.name], from: from === tree ? 'before' : 'now' });
  };
  const close = async (keep: boolean): Promise<void> => {
    for (const daemon of [...machines, ...servers]) await daemon?.kill();
    await spread.close();
    await endAllOf(folder);
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start(0, tree);
    await start(1, tree);
    const admin = await firstAdmin(apiOf(url, journal), folder);
    // Steps may run as another user.
    writeFileSync(join(folder, 'steps.log'), '');
    chmodSync(join(folder, 'steps.log'), 0o666);
    const services = Array.from({ length: size }, (_, at) => `service-${at + 1}`);
    for (const service of services) makeRepository(join(folder, 'repositories', service), service, folder, times);
    await apply(folder, url, admin.token, services, tree, base);
    const { runner, agent } = await startMachines(admin.api, folder, url, base, {
      root: tree,
      runner: ['--slots', String(slots), '--executor', 'host'],
    });
    machines.push(runner, agent);
    return {
      folder,
      journal,
      services,
      ports,
      spread,
      ada: admin.api,
      machines,
      start,
      async stop(at) {
        const server = servers[at];
        server?.signal('SIGTERM');
        await until(`server ${at + 1} to stop`, async () => (server?.running() === true ? null : true), 30_000);
        journal.note('stopped', { who: [server?.name] });
      },
      commit: (service, mark) => commit(join(folder, 'repositories', service), mark),
      close,
    };
  } catch (error) {
    await close(true);
    throw new Error(`no fleet could be made in ${folder}: ${String(error)}`, { cause: error });
  }
}

async function apply(
  folder: string,
  url: string,
  token: string,
  services: readonly string[],
  tree: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const words = services.map(
    (name) => `  ${name}:
    team: watch
    tier: 3
    stack: node
    repository: ${join(folder, 'repositories', name)}
    run: { command: [${process.execPath}, server.mjs], ready-within: 120s }
`,
  );
  const file = join(folder, 'yardmaster.yaml');
  writeFileSync(
    file,
    `policy: startup\nteams:\n  watch: { title: Watchmakers }\nenvironments:\n  dev: { kind: development }\nservices:\n${words.join('')}`,
  );
  const how = { env: { ...env, YARDMASTER_URL: url, YARDMASTER_TOKEN: token } };
  await promisify(execFile)(process.execPath, [join(tree, 'bin/ym.mjs'), 'apply', '-f', file, '--yes', '--json'], how);
}

/** Its step writes down that it began and that it ended, in a file that the product does not know: done once is done once. */
function makeRepository(path: string, service: string, folder: string, { stepMs, startMs }: Times): void {
  mkdirSync(join(path, '.yardmaster'), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(path, name), text);
  write(
    '.yardmaster/pipeline.yaml',
    `name: ${service}
on:
  push: { branches: [main] }
  manual: {}
jobs:
  build:
    retries: 3
    steps:
      - name: build
        env: { RUN: '\${{ run.id }}' }
        run: node build.mjs
    reports:
      - { kind: junit, path: reports/junit.xml }
    artifacts:
      - { name: ${service}, path: dist }
`,
  );
  write(
    'build.mjs',
    `import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
const tell = (what) => appendFileSync(${JSON.stringify(join(folder, 'steps.log'))}, \`\${what} \${process.env.RUN}\\n\`);
tell('begin');
for (let at = 0; at < ${Math.ceil(stepMs / 250)}; at += 1) { console.log('still building', at); await new Promise((done) => setTimeout(done, 250)); }
mkdirSync('dist', { recursive: true });
mkdirSync('reports', { recursive: true });
for (const name of ['server.mjs', 'mark.txt', 'package.json', 'package-lock.json']) cpSync(name, \`dist/\${name}\`);
writeFileSync('reports/junit.xml', '<testsuite name="s" tests="1" failures="0"><testcase classname="s" name="builds" time="0.1"/></testsuite>');
tell('end');
`,
  );
  write(
    'server.mjs',
    `import { createServer } from 'node:http';
setTimeout(() => createServer((request, response) => response.end('{}')).listen(Number(process.env.PORT), '127.0.0.1'), ${startMs});
`,
  );
  write('package.json', `{ "name": "${service}", "version": "0.0.0", "private": true, "type": "module" }\n`);
  write('package-lock.json', `{ "name": "${service}", "version": "0.0.0", "lockfileVersion": 3, "packages": {} }\n`);
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: path });
}

function commit(path: string, mark: string): string {
  writeFileSync(join(path, 'mark.txt'), `${mark}\n`);
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Dora Developer', '-c', 'user.email=dora@example.org', ...args], {
      cwd: path,
      env,
      encoding: 'utf8',
    }).trim();
  git('add', '-A');
  git('commit', '-q', '-m', `feat: build ${mark}`);
  return git('rev-parse', 'HEAD');
}

/** The runs of a commit. */
export async function runsOf(ada: Api, service: string, commitId: string): Promise<Json[]> {
  return (await ada.get(`/v1/runs?service=${service}&commit=${commitId}`))['items'] as Json[];
}
