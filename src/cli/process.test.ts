import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// The program as people start it, against a small server of our own that says what the test wants to hear.
vi.setConfig({ testTimeout: 60_000 });

const bin = join(import.meta.dirname, '../../bin/ym.mjs');
const id = (prefix: string) => `${prefix}_${'0'.repeat(32)}`;
const digest = `sha256:${'a'.repeat(64)}`;
const at = '2026-11-23T10:00:00.000Z';
const EVIL = 'shop\u001b[2J\u001b[32m✔ allow\u202egnp\u0007\u009b31m\nline';

const problem = (status: number, code: string) => ({ type: `urn:x:${code}`, title: `It is ${code}.`, status, code, remedy: 'Do better.' });
const release = {
  id: id('rel'),
  service: 'shop',
  version: '1.0.0',
  type: 'standard',
  state: 'open',
  commit: 'c'.repeat(40),
  run: id('run'),
  digests: [digest],
  change: id('chg'),
  plan: 'continuous',
  schemaChange: 'none',
  targets: ['prod'],
  requestedBy: null,
  createdAt: at,
  rowVersion: 1,
};
const mayShip = (verdict: string) => ({
  decision: null,
  release: id('rel'),
  environment: 'prod',
  purpose: 'deploy',
  verdict,
  intent: digest,
  rules: [{ rule: 'gates', verdict, reasons: [{ code: 'a.b', text: EVIL }], read: [], missing: [], earliest: null, notAfter: null }],
  missing: [
    { what: EVIL, who: [EVIL], givers: { persons: [{ id: id('per'), name: EVIL, delegate: EVIL }], count: 1, roles: [], others: [EVIL] } },
  ],
  words: { headline: EVIL, missing: [EVIL], when: EVIL, rules: [{ rule: 'gates', verdict, reasons: [EVIL] }] },
  earliest: null,
  notAfter: at,
  at,
  policy: { name: 'standard', version: 1, digest },
  inputs: {},
  digest,
});

let verdict = 'allow';
let answers: Record<string, { status: number; body: unknown }> = {};
let server: Server;
let url = '';
let folder = '';
/** The body of the newest request that had one. */
let sent = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ym-process-'));
  server = createServer((request, response) => {
    const path = `${request.method} ${(request.url ?? '').split('?')[0]}`;
    const { status, body } = answers[path] ?? { status: 404, body: problem(404, 'test.nothing-here') };
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        if (chunks.length > 0) sent = Buffer.concat(chunks).toString();
        response
          .writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
          .end(JSON.stringify(body));
      });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answers = {
    'GET /v1/releases': { status: 200, body: { items: [release], next: null } },
    'GET /v1/teams': {
      status: 200,
      body: { items: [{ id: id('tea'), name: 'storefront', title: EVIL, members: [], unknownMembers: 0, version: 1 }] },
    },
    'GET /v1/policies': { status: 403, body: problem(403, 'identity.not-allowed') },
    'GET /v1/me': { status: 401, body: problem(401, 'identity.not-signed-in') },
    'GET /v1/environments': { status: 500, body: problem(500, 'platform.bug') },
    'GET /v1/tokens': { status: 200, body: { items: 'nonsense' } },
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

function ym(...args: string[]): Promise<Ended> {
  answers[`GET /v1/releases/${id('rel')}/may-ship`] = { status: 200, body: mayShip(verdict) };
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: folder, YARDMASTER_URL: url, YARDMASTER_TOKEN: 'x' };
    const child = spawn(process.execPath, [bin, ...args], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }));
  });
}

/** What --json wrote: exactly one object in exactly one line. */
function one(out: string): Record<string, unknown> {
  expect(out.endsWith('\n') && out.indexOf('\n') === out.length - 1, `one line: ${JSON.stringify(out)}`).toBe(true);
  return JSON.parse(out) as Record<string, unknown>;
}

test.each([
  ['allow', 0],
  ['deny', 3],
  ['wait', 4],
  ['unknown', 4],
])('may-ship that says %s ends with %i, in words and as JSON', async (says, code) => {
  verdict = says;
  expect((await ym('may-ship', 'shop', '--env', 'prod')).code).toBe(code);
  const json = await ym('may-ship', 'shop', '--env', 'prod', '--json');
  expect(json.code).toBe(code);
  expect(one(json.out)['verdict']).toBe(says);
});

const BAD: [string, string[], number, string][] = [
  ['an unknown command', ['frobnicate'], 2, 'cli.usage'],
  ['a missing option', ['approve', 'shop'], 2, 'cli.usage'],
  ['a missing argument', ['rollback'], 2, 'cli.usage'],
  ['a group without its command', ['token'], 2, 'cli.usage'],
  ['a wrong word', ['incident', 'list', '--state', 'half'], 2, 'cli.usage'],
  ['a wrong number', ['run', 'list', '--limit', '1e9'], 2, 'cli.usage'],
  ['a file that is not there', ['apply', '-f', 'nowhere.yaml'], 2, 'cli.unreadable-file'],
  ['something that does not exist', ['incident', 'show', id('inc')], 2, 'test.nothing-here'],
  ['not signed in', ['whoami'], 3, 'identity.not-signed-in'],
  ['not allowed', ['policy', 'list'], 3, 'identity.not-allowed'],
  ['no server', ['services', '--url', 'http://127.0.0.1:9'], 5, 'client.unreachable'],
  ['a server of something else', ['token', 'list'], 5, 'client.bad-answer'],
  ['a server with a bug', ['environments'], 70, 'platform.bug'],
];

test.each(BAD)('%s: the documented exit code, a remedy, and one JSON object with --json', async (_, args, code, problemCode) => {
  const [said, json] = await Promise.all([ym(...args), ym(...args, '--json')]);
  expect(said.code).toBe(code);
  expect(said.out).toBe('');
  expect(said.err).not.toMatch(/\n {4}at /);
  if (args.length > 1 || args[0] !== 'token') expect(said.err).toContain(`[${problemCode}]`);
  expect(json.code).toBe(code);
  const told = one(json.out)['problem'] as Record<string, unknown>;
  expect(told['code']).toBe(problemCode);
  expect(String(told['remedy']).length).toBeGreaterThan(5);
});

test('a bundle that is refused ends with 1, and says so in both forms', async () => {
  writeFileSync(join(folder, 'b.json'), '{}');
  writeFileSync(join(folder, 't.json'), JSON.stringify({ keys: [], checkpoints: [] }));
  const said = await ym('verify', 'b.json', '--trust', 't.json');
  expect(said.code).toBe(1);
  expect(said.out).toContain('REFUSED');
  const json = await ym('verify', 'b.json', '--trust', 't.json', '--json');
  expect(json.code).toBe(1);
  expect(one(json.out)['verified']).toBe(false);
});

test('hostile names never reach the terminal raw, in answers, problems and usage errors alike', async () => {
  verdict = 'deny';
  answers['GET /v1/services'] = { status: 400, body: { ...problem(400, 'test.evil'), title: EVIL, remedy: EVIL, place: EVIL } };
  const all = await Promise.all([
    ym('teams'),
    ym('teams', '--json'),
    ym('may-ship', 'shop', '--env', 'prod'),
    ym('may-ship', 'shop', '--env', 'prod', '--json'),
    ym('services'),
    ym('services', '--json'),
    ym(EVIL),
    ym(EVIL, '--json'),
    ym('run', 'list', '--state', EVIL),
    ym('apply', '-f', EVIL),
  ]);
  for (const { out, err } of all) {
    // eslint-disable-next-line no-control-regex
    expect(out + err).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    expect(out + err).toContain('shop');
  }
  expect((JSON.parse(all[1]?.out ?? '') as { items: { title: string }[] }).items[0]?.title).toBe(EVIL);
});

test('what needs no server asks none: a pipeline with errors is shown with its words underlined', async () => {
  writeFileSync(join(folder, 'p.yaml'), 'name: r\non: { manual: }\njobs:\n  a: { stepz: [] }\n  b: { needs: [c], steps: [] }\n');
  const { code, out } = await ym('pipeline', 'check', 'p.yaml', '--url', 'http://127.0.0.1:9');
  expect(code).toBe(2);
  expect(out).toMatch(/p\.yaml:4:8: error: .*\n.*\n4 \| {3}a: \{ stepz: \[\] \}\n {2}\| +\^\^\^\^\^/);
  expect(out).toMatch(/p\.yaml:5:/);
  const version = await ym('--version', '--json');
  expect(one(version.out)['version']).toMatch(/^\d+\.\d+\.\d+/);
});

test('a pipeline runs here without a server: logs for people, one object for programs, exit 1 where it failed', async () => {
  const { mkdirSync } = await import('node:fs');
  mkdirSync(join(folder, 'svc/.yardmaster'), { recursive: true });
  const pipeline = (step: string) => `name: r\non: { manual: }\njobs:\n  a: { steps: [{ run: '${step}' }] }\n`;
  writeFileSync(join(folder, 'svc/.yardmaster/pipeline.yaml'), pipeline('echo hello'));
  const good = await ym('run', 'local', '--directory', 'svc', '--executor', 'host');
  expect(good.code).toBe(0);
  expect(good.out).toContain('[a] hello');
  const json = await ym('run', 'local', '--directory', 'svc', '--executor', 'host', '--json', '--quiet');
  expect(one(json.out)).toMatchObject({ ok: true, jobs: [{ job: 'a', result: 'succeeded' }] });
  writeFileSync(join(folder, 'svc/.yardmaster/pipeline.yaml'), pipeline('exit 3'));
  expect((await ym('run', 'local', '--directory', 'svc', '--executor', 'host')).code).toBe(1);
});

test('ym run SERVICE starts a run: the word start may be left out', async () => {
  answers['POST /v1/runs'] = { status: 409, body: problem(409, 'test.heard-it') };
  for (const args of [
    ['run', 'shop'],
    ['run', 'start', 'shop'],
    ['run', '--no-wait', 'shop'],
  ])
    expect((await ym(...args)).err).toContain('[test.heard-it]');
  expect((await ym('run')).code).toBe(2);
});

test('an empty yard ticks the machines that joined, for whoever may see them', async () => {
  for (const route of ['services', 'freezes', 'runs', 'incidents', 'agents'])
    answers[`GET /v1/${route}`] = { status: 200, body: { items: [], next: null } };
  const before = answers['GET /v1/environments'];
  answers['GET /v1/environments'] = { status: 200, body: { items: [] } };
  const runner = {
    id: id('rnr'),
    name: 'builder-1',
    pool: 'default',
    trust: 'trusted',
    seenAt: at,
    revoked: false,
    version: null,
    executors: ['host'],
    isolation: null,
    doing: [],
  };
  answers['GET /v1/runners'] = { status: 200, body: { items: [runner] } };
  const { out } = await ym('status');
  answers['GET /v1/environments'] = before ?? { status: 500, body: null };
  delete answers['GET /v1/services'];
  expect(out).toMatch(/✔ 1\. ym runner register/);
  expect(out).toMatch(/ {2}2\. ym agent register/);
});

test('an option of a command that is called like one of ym is the command’s; that of ym stands before', async () => {
  answers['GET /v1/connections'] = { status: 200, body: { items: [], vendors: [] } };
  for (const route of ['POST /v1/connections', 'POST /v1/workloads/test'])
    answers[route] = { status: 409, body: problem(409, 'test.heard-it') };
  const elsewhere = 'https://opa.example.org';
  for (const args of [
    ['connect', 'add', 'opa', '--name', 'opa', '--url', elsewhere],
    ['--url', url, 'connect', 'add', 'opa', '--name', 'opa', '--url', elsewhere],
    ['connect', '--url', url, 'add', 'opa', '--name', 'opa', '--url', elsewhere],
  ]) {
    expect((await ym(...args)).err).toContain('[test.heard-it]');
    expect(JSON.parse(sent)).toMatchObject({ name: 'opa', vendor: 'opa', url: elsewhere });
  }
  writeFileSync(join(folder, 'token.txt'), 'a token of a job\n');
  expect((await ym('workload', 'test', '--token', 'token.txt')).err).toContain('[test.heard-it]');
  expect(JSON.parse(sent)).toEqual({ token: 'a token of a job' });
  expect((await ym('notify', 'mine', '--quiet', '22:00-07:00')).err).toContain('[test.');
  expect((await ym('connect', 'list', '--url', 'http://127.0.0.1:9')).code).toBe(5);
  expect((await ym('connect', '--url', 'http://127.0.0.1:9', 'list')).code).toBe(5);
  expect((await ym('connect', 'add', '--help')).out).toContain('The --url of ym stands before: ym --url ...');
});

test('a file of the other kind is told by name, and errors stand under the name that the file has here', async () => {
  writeFileSync(join(folder, 'mine.yaml'), 'name: standard\ntiers: {}\n');
  writeFileSync(join(folder, 'level.yaml'), 'title: Ours\nrequires: []\n');
  const check = await ym('policy', 'check', 'level.yaml');
  expect(check.code).toBe(2);
  expect(check.err).toContain('ym policy check-level level.yaml');
  expect((await ym('policy', 'put-minimum', 'mine.yaml')).err).toContain('ym policy put POLICY mine.yaml');
  expect((await ym('policy', 'backtest', 'level.yaml')).err).toContain('ym policy backtest level.yaml --minimum');
  const place = {
    code: 'x.y',
    severity: 'error',
    message: 'tiers is empty',
    remedy: 'Fill it.',
    line: 2,
    column: 1,
    endLine: 2,
    endColumn: 6,
  };
  const answer = { valid: false, name: null, digest: null, diagnostics: [place], text: 'policy.yaml', examples: [], changed: [] };
  answers['POST /v1/policies/check'] = { status: 200, body: answer };
  const { out } = await ym('policy', 'check', 'mine.yaml');
  expect(out).toContain('mine.yaml:2:1: error: tiers is empty');
  expect(out).toContain('2 | tiers: {}\n  | ^^^^^');
  expect(out).not.toContain('policy.yaml');
});

test('what is shown of a policy is the document alone, and putting it again changes nothing', async () => {
  const one = {
    name: 'standard',
    version: 2,
    title: 'Tested',
    digest,
    preset: false,
    approvals: 0,
    changedBy: null,
    changedAt: at,
    document: {},
    source: 'name: standard\n',
  };
  answers['GET /v1/policies/standard'] = { status: 200, body: one };
  const shown = await ym('policy', 'show', 'standard');
  expect(shown.out).toBe('name: standard\n');
  expect(shown.err).toContain('standard version 2, sha256:');
  writeFileSync(join(folder, 'shown.yaml'), shown.out);
  answers['PUT /v1/policies/standard'] = { status: 409, body: problem(409, 'test.was-put') };
  expect((await ym('policy', 'put', 'standard', 'shown.yaml')).out).toContain('nothing was changed');
  writeFileSync(join(folder, 'shown.yaml'), `${shown.out}title: More\n`);
  expect((await ym('policy', 'put', 'standard', 'shown.yaml')).err).toContain('[test.was-put]');
});

test('a waiver of a check that nothing asks of the service says so, with the names that there are', async () => {
  const person = { id: id('per'), name: 'Ada' };
  const waiver = {
    id: id('wvr'),
    kind: 'check',
    state: 'requested',
    active: false,
    subject: 'coverge-60',
    service: 'shop',
    team: 'storefront',
    environment: null,
    owner: person,
    requestedBy: person,
    reason: 'r',
    ticket: 'T-1',
    price: null,
    extends: null,
    expiresAt: at,
    createdAt: at,
    decided: null,
    version: 1,
  };
  answers['POST /v1/waivers'] = { status: 201, body: waiver };
  const rules = [{ words: 'Covered.', check: 'coverage-60', origin: null }];
  answers['GET /v1/services/shop/rules'] = {
    status: 200,
    body: {
      service: 'shop',
      team: 'storefront',
      tier: 2,
      policy: { name: 'standard', version: 1 },
      commit: null,
      levels: [],
      unreadable: [],
      kinds: [{ kind: 'production', digest, rules }],
    },
  };
  const ask = ['waiver', 'request', '--service', 'shop', '--kind', 'check', '--reason', 'r', '--ticket', 'T-1', '--for', '3d'];
  const typo = await ym(...ask, '--subject', 'coverge-60');
  expect(typo.code).toBe(0);
  expect(typo.out.replaceAll('\n', ' ')).toContain(
    'No check coverge-60 is asked of shop now, so this suspends nothing. Those asked: coverage-60.',
  );
  answers['POST /v1/waivers'] = { status: 201, body: { ...waiver, subject: 'coverage-60' } };
  expect((await ym(...ask, '--subject', 'coverage-60')).out).not.toContain('suspends nothing');
});
