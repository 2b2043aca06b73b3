import { afterEach, expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { testFloor } from '../../testing/database.ts';
import { callerFor } from './caller.http.ts';
import { addConnection, changeConnection, checkConnection, removeConnection, type Vendors } from './connection.commands.ts';
import { rowByName } from './connection.store.ts';
import { startStub, type Heard, type Says } from './stub.fixture.ts';
import { nextByLink, path, quietByHeaders, type Vendor } from './vendor.ts';

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const actor = system(floor.org, 'test');

const vendor: Vendor = {
  name: 'acme',
  title: 'Acme',
  offers: ['forge'],
  url: null,
  credential: [{ name: 'token', title: 'Token', required: true }],
  settings: [{ name: 'group', title: 'Group', required: false }],
  headers: { accept: 'application/json' },
  authorize: async (_connection, credential) => ({ headers: { authorization: `Bearer ${credential['token']}` }, until: null }),
  quiet: quietByHeaders,
  next: nextByLink,
  check: async (caller) => ({ as: String(((await caller.ask({ path: 'user' })).json as { login: string }).login), found: [] }),
};
const vendors: Vendors = new Map([[vendor.name, vendor]]);

let stub: Awaited<ReturnType<typeof startStub>> | null = null;
let made = 0;
afterEach(async () => {
  await stub?.close();
  stub = null;
});

async function connected(answer: (heard: Heard, count: number) => Says) {
  stub = await startStub(answer);
  made += 1;
  const row = await addConnection(floor, actor, vendors, {
    name: `acme-${made}`,
    vendor: 'acme',
    url: `${stub.url}/api`,
    settings: {},
    credential: { token: 's3cret' },
  });
  const state = () => floor.db.read(floor.org, (tx) => rowByName(tx, row.name));
  return { row, stub, state, caller: () => callerFor(floor, floor.org, row.id, () => vendor) };
}

test('a credential is sealed, goes to its own host only, and is answered to nobody', async () => {
  const { row, stub: other, caller } = await connected(() => ({ json: { login: 'ada' } }));
  expect((await (await caller()).ask({ path: path('user'), query: { a: 'b c', none: undefined } })).json).toEqual({ login: 'ada' });
  expect(other.heard[0]).toMatchObject({ method: 'GET', path: '/api/user', headers: { authorization: 'Bearer s3cret' } });
  expect(other.heard[0]?.query.get('a')).toBe('b c');
  const stored = await floor.db.read(floor.org, (tx) => tx.query('select * from connection where id = $1', [row.id]));
  expect(JSON.stringify(stored)).not.toContain('s3cret');
  await expect((await caller()).ask({ path: 'http://localhost:1/x' })).rejects.toMatchObject({ code: 'connections.elsewhere' });
  await expect(changeConnection(floor, actor, vendors, row.name, { url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({
    code: 'connections.incomplete',
  });
});

test('what is private is refused when it is saved, and nothing is kept', async () => {
  const add = (url: string) =>
    addConnection(floor, actor, vendors, { name: 'inner', vendor: 'acme', url, settings: {}, credential: { token: 'x' } });
  await expect(add('http://169.254.169.254/')).rejects.toMatchObject({ code: 'egress.forbidden' });
  await expect(add('https://u:p@127.0.0.1/')).rejects.toMatchObject({ code: 'egress.bad-url' });
  await expect(
    addConnection(floor, actor, vendors, { name: 'inner', vendor: 'acme', url: 'http://127.0.0.1', settings: { x: '1' }, credential: {} }),
  ).rejects.toMatchObject({
    code: 'connections.incomplete',
    sentence: expect.stringContaining('credential.token is missing'),
  });
  expect(await floor.db.read(floor.org, (tx) => rowByName(tx, 'inner'))).toBeNull();
});

test('trouble is met with bounded patience: 5xx, a cut line, a short wait', async () => {
  const flaky = await connected((_heard, count) => (count === 1 ? { status: 502 } : count === 2 ? 'hang up' : { json: [] }));
  await (await flaky.caller()).ask({ path: 'x' });
  expect(flaky.stub.heard).toHaveLength(3);
  expect(await flaky.state()).toMatchObject({ state: 'working', failures: 0 });
  await flaky.stub.close();

  const down = await connected(() => ({ status: 503 }));
  await expect((await down.caller()).ask({ path: 'x' })).rejects.toMatchObject({ code: 'connections.answered-badly' });
  expect(down.stub.heard).toHaveLength(3);
  expect(await down.state()).toMatchObject({ state: 'failing' });
  // What can't be repeated is asked once.
  await expect((await down.caller()).ask({ method: 'POST', path: 'x', json: {} })).rejects.toMatchObject({
    code: 'connections.answered-badly',
  });
  expect(down.stub.heard).toHaveLength(4);
  await down.stub.close();

  const waiting = await connected((_heard, count) => (count === 1 ? { status: 429, headers: { 'retry-after': '0' } } : { json: 1 }));
  await (await waiting.caller()).ask({ path: 'x' });
  expect(waiting.stub.heard).toHaveLength(2);
});

test('asked to be quiet, it is: nothing goes out until then', async () => {
  const limited = await connected(() => ({
    status: 403,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 900) },
  }));
  await expect((await limited.caller()).ask({ path: 'x' })).rejects.toMatchObject({ code: 'connections.quiet' });
  await expect((await limited.caller()).ask({ path: 'x' })).rejects.toMatchObject({ code: 'connections.quiet' });
  expect(limited.stub.heard).toHaveLength(1);
});

test('a credential that is refused is not tried again until there is another', async () => {
  const ended = await connected(() => ({ status: 401 }));
  await expect((await ended.caller()).ask({ path: 'x' })).rejects.toMatchObject({ code: 'connections.refused' });
  await expect((await ended.caller()).ask({ path: 'x' })).rejects.toMatchObject({ code: 'connections.refused' });
  expect(ended.stub.heard).toHaveLength(2);
  expect(await ended.state()).toMatchObject({ state: 'refused' });
  expect(await checkConnection(floor, floor.org, vendors, ended.row.name)).toMatchObject({ checked: { as: null, found: [{ ok: false }] } });
  await changeConnection(floor, actor, vendors, ended.row.name, { credential: { token: 'new' } });
  await expect((await ended.caller()).ask({ path: 'x' })).rejects.toMatchObject({ code: 'connections.refused' });
  expect(ended.stub.heard.at(-1)?.headers.authorization).toBe('Bearer new');
  await floor.db.tx(floor.org, (tx) => removeConnection(tx, actor, ended.row.name));
  await expect(ended.caller()).rejects.toMatchObject({ code: 'connections.no-such-connection' });
});

test('pages follow links of the same host, as many as asked', async () => {
  const paged = await connected((heard) => {
    const page = Number(heard.query.get('page') ?? 1);
    const link = `<${stub?.url}/api/list?page=${page + 1}>; rel="next", <${stub?.url}/x>; rel="last"`;
    return page < 4 ? { json: [page], headers: { link } } : { json: [page] };
  });
  const all: unknown[] = [];
  for await (const page of (await paged.caller()).pages({ path: 'list', query: { per: 1 } })) all.push(page);
  expect(all).toEqual([[1], [2], [3], [4]]);
  const few = async () => {
    for await (const page of (await paged.caller()).pages({ path: 'list' }, 2)) all.push(page);
  };
  await expect(few()).rejects.toMatchObject({ code: 'connections.too-many-pages' });
});

test('segments that others name stay segments', () => {
  expect(path('repos', '..', 'a/b', 'x?y#z', '.')).toBe('repos/%252E%252E/a%2Fb/x%3Fy%23z/%252E');
});
