import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { apiOf, type Api } from './api.ts';
import { startBalancer, type Balancer } from './balancer.ts';
import { openJournal, type Journal } from './journal.ts';
import { daemonOf, endAllOf, type Daemon } from './processes.ts';
import { makeRepository, type Repository } from './repository.ts';

/** A whole instance of its own: servers, runner, agent, database, repository, two persons; nothing shared with another. */
export type Instance = {
  readonly folder: string;
  readonly journal: Journal;
  readonly servers: readonly Daemon[];
  readonly runner: Daemon;
  readonly agent: Daemon;
  readonly balancer: Balancer;
  readonly ports: readonly number[];
  /** Ada asks for releases, Bob approves. */
  readonly ada: Api;
  readonly bob: Api;
  readonly repository: Repository;
  /** What its servers are started with, but for their ports. */
  readonly serverEnv: Readonly<Record<string, string>>;
  /** Where the checker is told to look. */
  readonly checkArguments: readonly string[];
  readonly close: (keep: boolean) => Promise<void>;
};

const root = join(import.meta.dirname, '../..');
export const PASSWORD = 'a long enough password';

const CATALOG = (repository: string): string => `policy: startup
teams:
  watch: { title: Watchmakers }
environments:
  dev: { kind: development }
  prod: { kind: production, after: dev, protected: true }
services:
  clock:
    team: watch
    tier: 3
    stack: node
    repository: ${repository}
    run: { command: [${process.execPath}, server.mjs], ready-within: 30s }
    configuration:
      prod: { LOUD: quiet }
`;

/** Starts an instance and gives it people, a catalog, a runner, an agent and a secret, by API and CLI alone. */
export async function makeInstance(serverCount: 1 | 2): Promise<Instance> {
  const folder = mkdtempSync(join(tmpdir(), 'ymc-'));
  // The database may run as another user, who must be able to pass.
  chmodSync(folder, 0o755);
  const journal = openJournal(folder);
  const ports = await Promise.all(Array.from({ length: serverCount }, freePort));
  const balancer = await startBalancer(ports);
  const url = `http://127.0.0.1:${balancer.port}`;
  const base = { PATH: process.env['PATH'] ?? '', HOME: folder, NODE_COMPILE_CACHE: join(tmpdir(), 'ymc-compiled') };
  const env = {
    ...base,
    YARDMASTER_STATE: join(folder, 'state'),
    YARDMASTER_LEASE_MS: '2000',
    YARDMASTER_SWEEP_MS: '500',
    YARDMASTER_POLL_MS: '500',
    YARDMASTER_LOG_LEVEL: 'info',
  };
  const servers = ports.map((own, at) =>
    daemonOf({
      name: `server-${at + 1}`,
      args: ['server'],
      env: { ...env, YARDMASTER_PORT: String(own) },
      log: join(folder, `server-${at + 1}.log`),
    }),
  );
  try {
    const anybody = apiOf(url, journal);
    await startServers(servers, ports, folder);
    const people = await signEverybodyIn(anybody, folder);
    const repository = makeRepository(join(folder, 'repository'));
    await applyCatalog(folder, url, people.adaToken, CATALOG(repository.path), base);
    const secret = `planted-${randomBytes(18).toString('hex')}`;
    writeFileSync(join(folder, 'planted.secret'), secret, { mode: 0o600 });
    await people.ada.send('PUT', '/v1/services/clock/secrets/PLANTED', { value: secret, protectedOnly: true });
    const { runner, agent } = await startMachines(people.ada, folder, url, base);
    journal.note('started', { who: [...servers, runner, agent].map((daemon) => daemon.name), how: 'first' });
    writeFileSync(join(folder, 'ada.token'), people.adaToken, { mode: 0o600 });
    return {
      folder,
      journal,
      servers,
      runner,
      agent,
      balancer,
      ports,
      ada: people.ada,
      bob: people.bob,
      repository,
      serverEnv: env,
      checkArguments: ['--folder', folder, '--url', url],
      async close(keep) {
        for (const daemon of [agent, runner, ...servers]) await daemon.kill();
        await balancer.close();
        await endAllOf(folder);
        if (!keep) rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    for (const server of servers) await server.kill();
    await balancer.close();
    await endAllOf(folder);
    throw new Error(`no instance could be made in ${folder}: ${String(error)}`, { cause: error });
  }
}

async function startServers(servers: readonly Daemon[], ports: readonly number[], folder: string): Promise<void> {
  for (const [at, server] of servers.entries()) {
    server.start();
    await answering(ports[at] ?? 0, 60_000, join(folder, `${server.name}.log`));
  }
}

/** Resolves once the server on `port` is ready. */
export async function answering(port: number, ms: number, log: string): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    if (ready?.status === 200) return;
    await sleep(25);
  }
  throw new Error(`the server on port ${port} is not ready after ${ms} ms; see ${log}`);
}

type People = { readonly ada: Api; readonly bob: Api; readonly adaToken: string };

/** Ada becomes the first admin by the link that the first server printed. */
export async function firstAdmin(anybody: Api, folder: string): Promise<{ readonly api: Api; readonly token: string }> {
  const link = await printedLink(join(folder, 'server-1.log'));
  const ada = await anybody.send('POST', '/v1/setup', { link, name: 'Ada Admin', email: 'ada@example.org', password: PASSWORD });
  const token = String(ada['token']);
  return { api: anybody.as(token), token };
}

async function signEverybodyIn(anybody: Api, folder: string): Promise<People> {
  const { api: asAda, token: adaToken } = await firstAdmin(anybody, folder);
  const dora = await asAda.send('POST', '/v1/people', {
    name: 'Dora Developer',
    emails: ['dora@example.org'],
    roles: [{ role: 'developer', on: {} }],
  });
  await anybody.send('POST', '/v1/setup', { link: dora['invitation'], password: PASSWORD });
  const invited = await asAda.send('POST', '/v1/people', {
    name: 'Bob Boss',
    emails: ['bob@example.org'],
    roles: [{ role: 'approver', on: {} }],
  });
  const bob = await anybody.send('POST', '/v1/setup', { link: invited['invitation'], password: PASSWORD });
  return { ada: asAda, bob: anybody.as(String(bob['token'])), adaToken };
}

/** The link is printed a moment after the first answer. */
async function printedLink(log: string): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const [link] = /ym_link_[0-9a-f]+/.exec(readFileSync(log, 'utf8')) ?? [];
    if (link !== undefined) return link;
    await sleep(25);
  }
  throw new Error(`no link for the first admin stands in ${log}`);
}

/** Not synchronously: the balancer that the command talks through lives in this process. */
async function applyCatalog(folder: string, url: string, token: string, text: string, env: NodeJS.ProcessEnv): Promise<void> {
  const file = join(folder, 'yardmaster.yaml');
  writeFileSync(file, text);
  const how = { env: { ...env, YARDMASTER_URL: url, YARDMASTER_TOKEN: token } };
  await promisify(execFile)(process.execPath, [join(root, 'bin/ym.mjs'), 'apply', '-f', file, '--yes', '--json'], how);
}

/** A runner and an agent, of another tree of the program where one is named, once the server has heard of both. */
export async function startMachines(
  ada: Api,
  folder: string,
  url: string,
  env: Record<string, string>,
  options: { readonly root?: string; readonly runner?: readonly string[] } = {},
): Promise<{ runner: Daemon; agent: Daemon }> {
  const places = { runner: join(folder, 'runner'), agent: join(folder, 'agent') };
  for (const place of Object.values(places)) mkdirSync(place, { mode: 0o700 });
  const forRunner = await ada.send('POST', '/v1/runners/registrations', { pool: 'default', trust: 'trusted' });
  const forAgent = await ada.send('POST', '/v1/agents/registrations', { labels: ['default'] });
  const daemon = (name: 'runner' | 'agent', registration: unknown, more: readonly string[]): Daemon =>
    daemonOf({
      name,
      args: [name, '--url', url, '--name', name, '--state', places[name], '--registration', String(registration), ...more],
      env,
      log: join(folder, `${name}.log`),
      ...(options.root === undefined ? {} : { root: options.root }),
    });
  const runner = daemon('runner', forRunner['registration'], options.runner ?? []);
  const agent = daemon('agent', forAgent['registration'], ['--router', 'builtin']);
  runner.start();
  agent.start();
  const until = performance.now() + 30_000;
  for (;;) {
    const seen = async (path: string, key: string): Promise<boolean> =>
      ((await ada.get(path))['items'] as Record<string, unknown>[]).some((one) => one[key] !== null);
    if ((await seen('/v1/runners', 'seenAt')) && (await seen('/v1/agents', 'lastSeenAt'))) return { runner, agent };
    if (performance.now() > until)
      throw new Error(`runner and agent did not come: ${[...runner.surprises(), ...agent.surprises()].join(', ')}; see ${folder}/*.log`);
    await sleep(50);
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  return await new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? done(address.port) : fail(new Error('no free port'))));
    });
  });
}
