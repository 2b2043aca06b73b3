import { request as httpRequest, createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { afterAll, expect, test } from 'vitest';
import { slices } from '../../app/slices.ts';
import { wiringOf } from '../../app/flow.ts';
import { wire } from '../../app/wire.ts';
import { firstAdminLink } from '../../identity/sign-in.commands.ts';
import type { Floor } from '../../platform/floor.ts';
import { buildApp } from '../../platform/http/server.system.ts';
import { placeFacts, publishCheckpoint } from '../../platform/ledger/sequencer.system.ts';
import { testFloor } from '../../testing/database.ts';
import { actionFor } from './hearing.ts';

type Told = { readonly id: string | null; readonly name: string; readonly data: Record<string, unknown> };
type Listener = {
  readonly told: Told[];
  status: number;
  closed: boolean;
  hangUp(): void;
  until(what: (told: readonly Told[]) => boolean): Promise<void>;
};

const floor = await testFloor({ wiring: wiringOf() });
const [one, two] = await Promise.all([serve(floor), serve(floor)]);
const admin = await first(floor);

async function serve(on: Floor): Promise<number> {
  const { routes, gate } = wire();
  const app = buildApp(routes, { floor: on, gate, stopping: new AbortController().signal, observe: () => undefined });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function send(port: number, method: string, path: string, token: string | null, body?: unknown): Promise<Record<string, string>> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return JSON.parse(text) as Record<string, string>;
}

async function first(on: Floor): Promise<string> {
  const person = { link: await firstAdminLink(on), name: 'Ada', email: 'ada@example.org', password: 'a long enough password' };
  const { token = '' } = await send(one, 'POST', '/v1/setup', null, person);
  const text = 'teams: { crew: { title: Crew } }\nservices: { shop: { team: crew, tier: 3 }, bank: { team: crew, tier: 3 } }\n';
  const plan = await send(one, 'POST', '/v1/catalog/plan', token, { text });
  await send(one, 'POST', '/v1/catalog/apply', token, { text, plan: plan['digest'] });
  await place();
  return token;
}

/** What the sequencer does by itself in a running server. */
async function place(): Promise<void> {
  while ((await placeFacts(floor)) > 0);
  await publishCheckpoint(floor);
}

function listen(port: number, token: string, headers: Readonly<Record<string, string>> = {}): Listener {
  const changed = new Set<() => void>();
  const told: Told[] = [];
  const listener: Listener = {
    told,
    status: 0,
    closed: false,
    hangUp: () => void request.destroy(),
    async until(what) {
      const end = Date.now() + 5000;
      while (!what(told)) {
        if (Date.now() > end) throw new Error(`did not come; so far: ${JSON.stringify(told)}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 100);
          changed.add(() => (clearTimeout(timer), resolve()));
        });
      }
    },
  };
  const request = httpRequest(
    { host: '127.0.0.1', port, path: '/v1/live', headers: { ...headers, authorization: `Bearer ${token}` } },
    (response: IncomingMessage) => {
      listener.status = response.statusCode ?? 0;
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) told.push(...parsed(block));
        for (const wake of changed) wake();
      });
      response.on('close', () => (listener.closed = true));
      response.on('error', () => undefined);
    },
  );
  request.on('error', () => (listener.closed = true));
  request.end();
  afterAll(() => void request.destroy());
  return listener;
}

function parsed(block: string): Told[] {
  const field = (name: string): string | null =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? null;
  const name = field('event');
  return name === null ? [] : [{ id: field('id'), name, data: JSON.parse(field('data') ?? 'null') as Record<string, unknown> }];
}

const facts = (told: readonly Told[]): string[] =>
  told.filter(({ name }) => name === 'fact').map(({ data }) => `${data['type']} ${data['subject']}`);
const begun = (told: readonly Told[]): boolean => told.some(({ name }) => name === 'hello');

async function bot(
  name: string,
  roles: readonly object[],
  narrowed: object = {},
): Promise<{ bot: string; token: string; tokenId: string }> {
  const me = await send(one, 'GET', '/v1/me', admin);
  const { bot: id = '' } = await send(one, 'POST', '/v1/bots', admin, { name, owner: me['person'] });
  for (const role of roles) await send(one, 'POST', '/v1/roles', admin, { holder: id, ...role });
  const made = await send(one, 'POST', '/v1/tokens', admin, { name, bot: id, ...narrowed });
  return { bot: id, token: made['token'] ?? '', tokenId: made['id'] ?? '' };
}

const secret = (service: string, name: string): Promise<unknown> =>
  send(one, 'PUT', `/v1/services/${service}/secrets/${name}`, admin, { value: 'a value that is long' });
const serviceId = async (name: string): Promise<string> =>
  floor.db.read(floor.org, async (tx) => (await tx.one<{ id: string }>('select id from service where name = $1', [name])).id);

test('each type of fact that a slice announces is read by an action that somebody holds', () => {
  const types = slices.flatMap((slice) => slice.events.map(({ type }) => type));
  expect(types.length).toBeGreaterThan(60);
  const forAuditors = types.filter((type) => actionFor(type) === 'admin.audit');
  expect(
    forAuditors.filter(
      (type) =>
        !/^(?:person|bot|role|token|session|account|second-factor|instance|backup|retention|legal-hold|work|workload|provider|connection|mail|chat|ci|inventory|[a-z]+-key)\./.test(
          type,
        ),
    ),
  ).toEqual([]);
});

test('a viewer hears facts in the order of the ledger, with ids only, and after a cut goes on without loss or repeat', async () => {
  const viewer = listen(one, admin);
  await viewer.until(begun);
  expect(viewer.told[0]).toMatchObject({ name: 'hello', data: { resumed: false } });
  await secret('shop', 'A');
  await place();
  await viewer.until((told) => facts(told).length === 1);
  const last = viewer.told.at(-1);
  expect(Object.keys(last?.data ?? {}).sort()).toEqual(['seq', 'service', 'subject', 'type']);
  viewer.hangUp();
  await secret('shop', 'B');
  await secret('bank', 'C');
  await place();
  const back = listen(two, admin, { 'last-event-id': last?.id ?? '' });
  await back.until((told) => facts(told).length === 2);
  expect(back.told[0]).toMatchObject({ name: 'hello', id: null, data: { resumed: true } });
  await secret('shop', 'D');
  await place();
  await back.until((told) => facts(told).length === 3);
  const seqs = [...viewer.told, ...back.told].filter(({ name }) => name === 'fact').map(({ data }) => Number(data['seq']));
  expect(seqs).toEqual(seqs.map((_, at) => (seqs[0] ?? 0) + at));
});

test('who sees one service hears nothing of another, and of what a new role opens from then on', async () => {
  const { bot: id, token } = await bot('narrow', [{ role: 'viewer', on: { service: 'shop' } }]);
  await place();
  const viewer = listen(one, token);
  await viewer.until(begun);
  await secret('bank', 'E');
  await secret('shop', 'E');
  await place();
  await viewer.until((told) => facts(told).length > 0);
  const [shop, bank] = [await serviceId('shop'), await serviceId('bank')];
  expect(viewer.told.filter(({ name }) => name === 'fact').map(({ data }) => data['service'])).toEqual([shop]);
  await send(one, 'POST', '/v1/roles', admin, { holder: id, role: 'viewer', on: { service: 'bank' } });
  await secret('bank', 'F');
  await place();
  await viewer.until((told) => told.some(({ data }) => data['service'] === bank));
  // Of people it hears only what is about itself.
  expect(facts(viewer.told).filter((text) => /^(?:role|token|person|bot)/.test(text))).toEqual([`role.given ${id}`]);
});

test('a token hears only what its actions read', async () => {
  const { token } = await bot('reader', [{ role: 'viewer', on: {} }], { actions: ['catalog.read'] });
  await place();
  const viewer = listen(one, token);
  await viewer.until(begun);
  await secret('shop', 'G');
  const text = 'teams: { crew: { title: Crew } }\nservices: { shop: { team: crew, tier: 2 }, bank: { team: crew, tier: 3 } }\n';
  const plan = await send(one, 'POST', '/v1/catalog/plan', admin, { text });
  await send(one, 'POST', '/v1/catalog/apply', admin, { text, plan: plan['digest'] });
  await place();
  await viewer.until((told) => facts(told).length > 0);
  expect(facts(viewer.told).map((fact) => fact.split(' ')[0])).toEqual(['service.changed']);
});

test('a stream ends within a second of its credential, though nothing is placed in the ledger', async () => {
  const { token, tokenId } = await bot('ending', [{ role: 'viewer', on: {} }]);
  const viewer = listen(two, token);
  await viewer.until(begun);
  await send(one, 'DELETE', `/v1/tokens/${tokenId}`, admin);
  const began = performance.now();
  await viewer.until(() => viewer.closed);
  expect(performance.now() - began).toBeLessThan(6000);
  expect(viewer.told.at(-1)?.name).toBe('ended');
  const again = listen(one, token);
  await again.until(() => again.status === 401);
});

test('a session that nobody used for too long ends its stream', async () => {
  const body = { email: 'ada@example.org', password: 'a long enough password' };
  const { token = '' } = await send(one, 'POST', '/v1/sessions', null, body);
  const viewer = listen(one, token);
  await viewer.until(begun);
  await floor.db.tx('*', (tx) =>
    tx.query(
      `update credential set seen_at = yardmaster_now() - $1 * interval '1 millisecond' where kind = 'session' and id = (select id from credential where kind = 'session' order by created_at desc, id desc limit 1)`,
      [floor.config.sessionIdleMs + 1000],
    ),
  );
  await viewer.until(() => viewer.closed);
  expect(viewer.told.at(-1)?.name).toBe('ended');
});

test('a stream ends when its holder has no role left', async () => {
  const { bot: id, token } = await bot('leaving', [{ role: 'viewer', on: {} }]);
  const viewer = listen(one, token);
  await viewer.until(begun);
  await send(one, 'POST', '/v1/roles/take', admin, { holder: id, role: 'viewer', on: {} });
  await place();
  await viewer.until(() => viewer.closed);
  expect(viewer.told.at(-1)?.name).toBe('ended');
});

test('a cursor of another epoch, from beyond the end or far behind begins with a reset', async () => {
  for (const cursor of ['2.1', '1.99999999']) {
    const viewer = listen(one, admin, { 'last-event-id': cursor });
    await viewer.until(begun);
    expect(viewer.told.map(({ name }) => name).slice(0, 2), cursor).toEqual(['reset', 'hello']);
    expect(viewer.told[1]?.data['resumed']).toBe(false);
    viewer.hangUp();
  }
});

test('one person holds a bounded number of streams, and a closed one makes room', async () => {
  const open = Array.from({ length: 40 }, () => listen(two, admin));
  const statuses = async (): Promise<number[]> => {
    await Promise.all(open.map((one) => one.until(() => one.status !== 0)));
    return open.map(({ status }) => status);
  };
  expect((await statuses()).filter((status) => status === 429).length).toBeGreaterThan(0);
  for (const one of open) one.hangUp();
  await sleep(300);
  const later = listen(two, admin);
  await later.until(() => later.status !== 0);
  expect(later.status).toBe(200);
});
