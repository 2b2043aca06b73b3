import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logOf, yardmaster, yardmasterEnds, type Started } from '../host/daemon.fixture.ts';
import { freePort } from '../agent/instance.process.ts';

const root = mkdtempSync(join(tmpdir(), 'ym-main-'));
chmodSync(root, 0o755);
const state = join(root, 'state');
const started: Started[] = [];
let env: Record<string, string> = {};
let url = '';
let token = '';

beforeAll(async () => {
  const port = await freePort();
  env = { YARDMASTER_STATE: state, YARDMASTER_PORT: String(port), HOME: root };
  url = `http://127.0.0.1:${port}`;
}, 600_000);
afterAll(async () => {
  for (const one of started) one.child.kill('SIGKILL');
  await Promise.all(started.map((one) => one.ended));
  await yardmasterEnds(['agent', 'down', '--state', join(root, 'agent'), '--yes']);
  const pid = postmaster();
  if (pid !== null) process.kill(pid, 'SIGQUIT');
  rmSync(root, { recursive: true, force: true });
});

async function server(): Promise<Started> {
  const one = yardmaster(['server'], env);
  started.push(one);
  await one.says(/Yardmaster is at/);
  return one;
}

/** The database's process, where it runs. */
function postmaster(): number | null {
  const file = join(state, 'pg', 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return existsSync(`/proc/${pid}`) ? pid : null;
}

type Answer = { readonly status: number; readonly body: string; readonly tookMs: number };

/** A request whose body may be sent later. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string | number>,
  agent: Agent,
): { sending: ClientRequest; answer: Promise<Answer> } {
  const began = performance.now();
  const sending = request(url + path, { method, headers, agent });
  const answer = new Promise<Answer>((done, fail) => {
    sending.on('error', fail);
    sending.on('response', (response: IncomingMessage) => {
      let body = '';
      response.on('data', (part: Buffer) => (body += part.toString()));
      response.on('end', () => done({ status: response.statusCode ?? 0, body, tookMs: performance.now() - began }));
      response.on('error', fail);
    });
  });
  answer.catch(() => undefined);
  return { sending, answer };
}

const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

test('an empty server is entered once; the ledger is audited and gets a new epoch beside it', async () => {
  const one = await server();
  // The line behind the first.
  await one.says(/ym_link_[0-9a-f]+ /);
  const [link] = /ym_link_[0-9a-f]+/.exec(one.said().out) ?? [];
  const response = await fetch(`${url}/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link, name: 'Ada', email: 'ada@example.org', password: 'a long enough password' }),
  });
  const entered = (await response.json()) as { token: string };
  expect(entered).toMatchObject({ token: expect.stringMatching(/^ym_/) as string });
  token = entered.token;
  await expect
    .poll(async () => (await fetch(`${url}/v1/ledger/checkpoint`, { headers: { authorization: `Bearer ${token}` } })).status, {
      timeout: 10_000,
    })
    .toBe(200);

  const audit = await yardmasterEnds(['ledger', 'audit', '--json'], env);
  expect(audit.code).toBe(0);
  expect(JSON.parse(audit.out)).toMatchObject({ findings: [] });
  expect((JSON.parse(audit.out) as { entries: number }).entries).toBeGreaterThan(0);

  const epoch = await yardmasterEnds(['ledger', 'open-epoch', '--reason', 'restored from a backup', '--json'], env);
  expect(epoch.code).toBe(0);
  expect((JSON.parse(epoch.out) as { origin: string }).origin).toMatch(/\/2$/);
  expect((await yardmasterEnds(['ledger', 'audit'], env)).out).toMatch(/nothing was changed\n$/);
}, 600_000);

test('a second server on the port ends with a problem that says so, and harms nothing', async () => {
  const { code, err, out } = await yardmasterEnds(['server'], env);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(logOf(err).at(-1)).toMatchObject({ code: 'platform.port-taken', remedy: expect.stringContaining('YARDMASTER_PORT') as string });
  expect(err).not.toContain('    at ');
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
}, 600_000);

test('an agent and a runner whose key the server does not know say so and end', async () => {
  const agent = join(root, 'agent');
  mkdirSync(agent, { mode: 0o700 });
  writeFileSync(join(agent, 'identity.json'), JSON.stringify({ agent: 'agt_x', name: 'm', key: 'ym_agt_revoked' }));
  const runner = join(root, 'runner');
  mkdirSync(runner, { mode: 0o700 });
  const identity = {
    url,
    name: 'r',
    runner: 'rnr_x',
    key: 'ym_rnr_revoked',
    pool: 'default',
    trust: 'trusted',
    planKeys: [{ keyId: 'k', publicKeyPem: 'p' }],
  };
  writeFileSync(join(runner, 'runner.json'), JSON.stringify(identity));
  const ends = async (args: readonly string[]): ReturnType<typeof yardmasterEnds> => {
    const one = yardmaster(args, env);
    started.push(one);
    return { code: await one.ended, ...one.said() };
  };
  const [a, r] = await Promise.all([
    ends(['agent', '--url', url, '--name', 'm', '--state', agent, '--router', 'builtin']),
    ends(['runner', '--url', url, '--name', 'r', '--state', runner, '--executor', 'host']),
  ]);
  expect([a.code, logOf(a.err).at(-1)]).toMatchObject([1, { code: 'agent.key-refused' }]);
  expect([r.code, logOf(r.err).at(-1)]).toMatchObject([1, { code: 'runner.key-refused' }]);
}, 600_000);

test('SIGTERM under load: what is under way ends well, long polls end at once, then 0', async () => {
  const one = started[0] as Started;
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const authorization = `Bearer ${token}`;
  const json = (value: unknown): string => JSON.stringify(value);
  const post = async (path: string, body: unknown, auth: string): Promise<Record<string, unknown>> => {
    const headers = { authorization: auth, 'content-type': 'application/json' };
    return (await (await fetch(url + path, { method: 'POST', headers, body: json(body) })).json()) as Record<string, unknown>;
  };
  const { registration } = await post('/v1/agents/registrations', { labels: ['x'] }, authorization);
  const { key } = await post('/v1/agents', { registration, name: 'poller' }, '');
  const claim = json({ session: 'a'.repeat(32), doing: [], waitMs: 20_000 });
  const poll = ask('POST', '/v1/agent/claim', { authorization: `Bearer ${String(key)}`, 'content-type': 'application/json' }, agent);
  poll.sending.end(claim);
  // A person is added by requests whose last byte comes only after the signal.
  const slow = Array.from({ length: 8 }, (_, at) => {
    const body = json({ name: `Person ${at}`, emails: [`p${at}@example.org`], roles: [] });
    const asked = ask('POST', '/v1/people', { authorization, 'content-type': 'application/json', 'content-length': body.length }, agent);
    asked.sending.write(body.slice(0, -1));
    return { ...asked, last: body.slice(-1) };
  });
  const idle = ask('GET', '/healthz', {}, agent);
  idle.sending.end();
  expect((await idle.answer).status).toBe(200);
  await sleep(1000);

  const began = performance.now();
  one.child.kill('SIGTERM');
  const polled = await poll.answer;
  expect(polled.status).toBe(200);
  expect(JSON.parse(polled.body)).toMatchObject({ act: null });
  expect(performance.now() - began).toBeLessThan(8000);
  await sleep(500);
  for (const { sending, last } of slow) sending.end(last);
  const answers = await Promise.all(slow.map(({ answer }) => answer));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
  const answered = performance.now();
  expect(await one.ended).toBe(0);
  // Sooner than connections are cut off: it waited for answers, not for idle connections.
  expect(performance.now() - answered).toBeLessThan(8000);
  expect(logOf(one.said().err).at(-1)).toMatchObject({ msg: 'stopped' });
  expect(postmaster()).toBeNull();
  agent.destroy();
}, 600_000);

test('what was answered while it stopped is there after a start; a request that never ends is cut off; a second signal ends at once', async () => {
  const one = await server();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const listed = await (await fetch(`${url}/v1/people`, { headers })).text();
  for (let at = 0; at < 8; at += 1) expect(listed).toContain(`Person ${at}`);

  const agent = new Agent();
  const never = ask('POST', '/v1/people', { ...headers, 'content-length': 1000 }, agent);
  never.sending.write('{');
  await sleep(500);
  let over = false;
  void one.ended.then(() => (over = true));
  one.child.kill('SIGTERM');
  await sleep(1500);
  expect(over).toBe(false);
  const began = performance.now();
  one.child.kill('SIGTERM');
  expect(await one.ended).toBe(130);
  expect(performance.now() - began).toBeLessThan(6000);
  await expect(never.answer).rejects.toThrow();
  agent.destroy();
}, 600_000);
