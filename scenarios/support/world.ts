import { execFile } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type RunningServer } from '../../src/app/server.system.ts';
import { parseConfig } from '../../src/platform/config.ts';
import { runRunner } from '../../src/runner/main.ts';
import { testDatabase } from '../../src/testing/database.ts';
import { playAgent } from './agent.ts';
import { databaseLine, type Line } from '../../src/testing/database-line.ts';
import { gitRepository, type GitRepository } from './repository.ts';

export const root = join(import.meta.dirname, '../..');
const PASSWORD = 'a long enough password';

/** Everybody of the stories. All but Ada hold the same roles, so that only what they did tells them apart. */
export const PEOPLE = {
  ada: { name: 'Ada Admin', roles: ['admin'] },
  ann: { name: 'Ann Author', roles: ['developer', 'approver'] },
  cora: { name: 'Cora Committer', roles: ['developer', 'approver'] },
  coco: { name: 'Coco Coauthor', roles: ['developer', 'approver'] },
  rita: { name: 'Rita Requester', roles: ['developer', 'approver'] },
  beth: { name: 'Beth Bystander', roles: ['developer', 'approver'] },
  mona: { name: 'Mona Manager', roles: ['release-manager'] },
} as const;

export type Answer = { readonly status: number; readonly body: Record<string, unknown> };
export type CliAnswer = { readonly exit: number; readonly body: Record<string, unknown>; readonly text: string };

/** A real server over its own database, a real runner, somebody who plays the agent, and a repository. */
export type World = {
  readonly url: string;
  readonly folder: string;
  readonly server: RunningServer;
  /** The line between server and database, which can be cut. */
  readonly database: Line;
  readonly repository: GitRepository;
  /** Tokens by who: the persons, and what the story adds. */
  readonly tokens: Map<string, string>;
  readonly ids: Map<string, string>;
  call(method: string, path: string, who: string | null, body?: unknown, key?: string): Promise<Answer>;
  ym(who: string | null, args: readonly string[]): Promise<CliAnswer>;
  /** Tells of a push by the signed webhook. */
  pushed(): Promise<void>;
  /** Lets time pass for the database and everybody who asks it. */
  clock(ms: number): Promise<void>;
  /** What the time is for the database. */
  now(): Promise<string>;
  facts(type: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
};

export const catalogText = (repository: string, level = '1', otherLevel = '1', strategy = 'all-at-once'): string => `policy: startup
teams: { crew: { title: Crew } }
environments:
  dev: { kind: development }
  prod: { kind: production, after: dev, protected: true, strategy: ${strategy} }
services:
  shop:
    team: crew
    tier: 3
    policy: startup
    repository: ${repository}
    run: { command: [node, server.js] }
    configuration: { prod: { LEVEL: "${level}" } }
  bank:
    team: crew
    tier: 3
    policy: standard
    configuration: { prod: { LEVEL: "${otherLevel}" } }
`;

/** `before` may prepare the state folder before the server starts; `more` are settings of the server. */
export async function makeWorld(
  before: (state: string) => void = () => undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-story-'));
  chmodSync(folder, 0o755);
  const fresh = await testDatabase();
  const line = await databaseLine(fresh.url);
  const settings = {
    YARDMASTER_STATE: join(folder, 'state'),
    YARDMASTER_LOG_LEVEL: 'silent',
    YARDMASTER_PORT: '0',
    YARDMASTER_SWEEP_MS: '300',
    DATABASE_URL: line.url,
    ...more,
  };
  before(settings.YARDMASTER_STATE);
  const server = await startServer(parseConfig(settings, false));
  const stop = new AbortController();
  const tokens = new Map<string, string>();
  const ids = new Map<string, string>();
  const call: World['call'] = (method, path, who, body, key) =>
    callApi(server.url, who === null ? null : token(tokens, who), method, path, body, key);
  await signEverybodyIn(server, call, tokens, ids);
  const repository = await gitRepository(join(folder, 'repository'));
  const ended = [await joinRunner(folder, server.url, call, stop.signal), await joinAgent(server.url, call, stop.signal)];
  let hook: Record<string, unknown> | null = null;
  return {
    url: server.url,
    folder,
    server,
    database: line,
    repository,
    tokens,
    ids,
    call,
    ym: (who, args) => runYm(folder, server.url, who === null ? null : token(tokens, who), args),
    async pushed() {
      hook ??= (await call('POST', '/v1/services/shop/hook', 'ada')).body;
      await sendHook(server.url, String(hook['path']), String(hook['secret']));
    },
    clock: async (ms) => {
      await server.floor.db.tx('*', (tx) => tx.query('insert into clock_offset values ($1)', [ms]));
    },
    now: () => server.floor.db.read(server.floor.org, (tx) => tx.now()),
    facts: (type) =>
      server.floor.db.read(server.floor.org, (tx) =>
        tx.query('select type, subject, actor, body from fact where type = $1 order by id', [type]),
      ),
    async close() {
      line.mend();
      stop.abort();
      await Promise.all(ended.map((one) => one()));
      await server.stop();
      await line.close();
      await fresh.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function token(tokens: ReadonlyMap<string, string>, who: string): string {
  const found = tokens.get(who);
  if (found === undefined) throw new Error(`nobody is called ${who}`);
  return found;
}

async function signEverybodyIn(
  server: RunningServer,
  call: World['call'],
  tokens: Map<string, string>,
  ids: Map<string, string>,
): Promise<void> {
  for (const [who, { name, roles }] of Object.entries(PEOPLE)) {
    const email = `${who}@example.org`;
    const given = roles.map((role) => ({ role, on: {} }));
    const invited =
      who === 'ada'
        ? server.firstAdmin
        : (await must(call('POST', '/v1/people', 'ada', { name, emails: [email], roles: given })))['invitation'];
    const more = who === 'ada' ? { name, email } : {};
    const signedIn = await must(call('POST', '/v1/setup', null, { link: invited, password: PASSWORD, ...more }));
    tokens.set(who, String(signedIn['token']));
    ids.set(who, String(signedIn['person']));
  }
}

/** The body of an answer that must be a good one. */
export async function must(answer: Promise<Answer>): Promise<Record<string, unknown>> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

type Join = () => Promise<void>;

async function joinRunner(folder: string, url: string, call: World['call'], signal: AbortSignal): Promise<Join> {
  const { registration } = await must(call('POST', '/v1/runners/registrations', 'ada', {}));
  const state = join(folder, 'runner');
  mkdirSync(state, { mode: 0o700 });
  const running = runRunner({ url, name: 'builder', registration: String(registration), state, executors: ['host'] }, signal);
  running.catch(() => undefined);
  return () => running.catch(() => undefined);
}

async function joinAgent(url: string, call: World['call'], signal: AbortSignal): Promise<Join> {
  const { registration } = await must(call('POST', '/v1/agents/registrations', 'ada', { labels: ['default'] }));
  const { key } = await must(call('POST', '/v1/agents', null, { registration, name: 'machine-1' }));
  const running = playAgent(url, String(key), signal);
  return () => running;
}

async function callApi(url: string, bearer: string | null, method: string, path: string, body: unknown, key?: string): Promise<Answer> {
  const headers: Record<string, string> = {
    ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const response = await fetch(url + path, {
    method,
    headers,
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** `ym` as its own process, as people use it. */
function runYm(folder: string, url: string, bearer: string | null, args: readonly string[]): Promise<CliAnswer> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    YARDMASTER_URL: url,
    ...(bearer === null ? {} : { YARDMASTER_TOKEN: bearer }),
  };
  return new Promise((resolve) => {
    const options = { env, cwd: folder, maxBuffer: 16 * 1024 ** 2 };
    execFile(process.execPath, [join(root, 'bin/ym.mjs'), ...args, '--json', '--quiet'], options, (error, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1) ?? '';
      resolve({ exit: error === null ? 0 : Number(error.code), body: asJson(last), text: stdout + stderr });
    });
  });
}

function asJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function sendHook(url: string, path: string, secret: string): Promise<void> {
  const body = JSON.stringify({ at: Date.now() });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}`, 'x-github-delivery': randomUUID() };
  const response = await fetch(url + path, { method: 'POST', body, headers });
  if (response.status !== 202) throw new Error(`the webhook was answered ${response.status}: ${await response.text()}`);
}

/** Asks until there is an answer; says what it waited for where none came. */
export async function until<Result>(what: string, look: () => Promise<Result | null>, ms = 30_000): Promise<Result> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}`);
    await sleep(40);
  }
}

/** Writes a file into the folder that `ym` runs in; answers its path. */
export function fileIn(world: World, name: string, text: string): string {
  const path = join(world.folder, name);
  writeFileSync(path, text);
  return path;
}
