import { expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { testFloor } from '../testing/database.ts';
import { makeGate } from './gate.api.ts';
import { identityRoutes } from './identity.routes.ts';
import { deactivate } from './people.commands.ts';
import { firstAdminLink } from './sign-in.commands.ts';

const floor = await testFloor();
const gate = makeGate({ machines: [], resolvers: {}, servicesIn: async () => new Set() });
const app = buildApp(identityRoutes, { floor, gate, stopping: new AbortController().signal, observe: () => undefined });
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const password = 'correct horse battery';

type Answer = { status: number; json: Record<string, string> };

async function call(key: string | null, method: string, path: string, body?: unknown, idempotency?: string): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/json', host: 'localhost' };
  if (key !== null) headers['authorization'] = `Bearer ${key}`;
  if (idempotency !== undefined) headers['idempotency-key'] = idempotency;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await app.request(path, { method, headers, ...(body === undefined ? {} : { body: text }) });
  return { status: response.status, json: (await response.json()) as Answer['json'] };
}

/** A person with a session; answers both. */
async function person(name: string, roles: readonly unknown[] = []): Promise<{ id: string; token: string }> {
  const added = await call(admin, 'POST', '/v1/people', { name, emails: [`${name}@example.org`], roles });
  const signed = await call(null, 'POST', '/v1/setup', { link: added.json['invitation'], password });
  return { id: added.json['person'] ?? '', token: signed.json['token'] ?? '' };
}

const first = await call(
  null,
  'POST',
  '/v1/setup',
  { link: await firstAdminLink(floor), name: 'Ada', email: 'ada@example.org', password },
  'k-setup',
);
const admin = first.json['token'] ?? '';

test('no credential, nor a digest that a password could be guessed by, is kept under an Idempotency-Key', async () => {
  const session = await call(null, 'POST', '/v1/sessions', { email: 'ada@example.org', password }, 'k-session');
  const invited = await call(admin, 'POST', '/v1/people', { name: 'Bo', emails: ['bo@example.org'] }, 'k-person');
  const token = await call(admin, 'POST', '/v1/tokens', { name: 'mine' }, 'k-token');
  const secrets = [admin, session.json['token'], invited.json['invitation'], token.json['token']];
  expect(secrets.every((secret) => typeof secret === 'string' && secret.startsWith('ym_'))).toBe(true);
  const kept = await tx((t) =>
    t.query<{ key: string }>(`select key from idempotency where key = any($1)`, [['k-setup', 'k-session', 'k-person', 'k-token']]),
  );
  expect(kept).toEqual([]);
  // A key of a command without a credential is kept as ever.
  await call(admin, 'PUT', '/v1/me/delegate', { person: null }, 'k-delegate');
  expect(await tx((t) => t.query(`select key from idempotency`))).toEqual([{ key: 'k-delegate' }]);
});

test('a bearer that is narrow or a bot’s reaches no further than itself', async () => {
  const dev = await person('dev', [{ role: 'developer', on: {} }]);
  const narrow = (await call(dev.token, 'POST', '/v1/tokens', { name: 'ci', expiresInDays: 1, actions: ['run.read'] })).json;
  const other = (await call(dev.token, 'POST', '/v1/tokens', { name: 'other' })).json;
  const boss = await person('boss');

  expect(await call(narrow['token'] ?? '', 'PUT', '/v1/me/delegate', { person: boss.id })).toMatchObject({ status: 403 });
  expect(await call(narrow['token'] ?? '', 'DELETE', `/v1/tokens/${other['id']}`)).toMatchObject({ status: 403 });
  expect(await call(narrow['token'] ?? '', 'DELETE', `/v1/tokens/${narrow['id']}`)).toMatchObject({ status: 200 });
  expect(await call(dev.token, 'PUT', '/v1/me/delegate', { person: boss.id })).toMatchObject({ status: 200 });

  // Two bots of one owner: the small one makes no token of the great one, and ends none of its owner's.
  const small = (await call(admin, 'POST', '/v1/bots', { name: 'small', owner: dev.id })).json['bot'] ?? '';
  const great = (await call(admin, 'POST', '/v1/bots', { name: 'great', owner: dev.id })).json['bot'] ?? '';
  const key = (await call(dev.token, 'POST', '/v1/tokens', { name: 'small', bot: small })).json['token'] ?? '';
  expect(await call(key, 'POST', '/v1/tokens', { name: 'more', bot: great })).toMatchObject({ status: 403 });
  expect(await call(key, 'DELETE', `/v1/tokens/${other['id']}`)).toMatchObject({ status: 403 });
  expect(await call(key, 'POST', '/v1/tokens', { name: 'again' })).toMatchObject({ status: 201 });
  const seen = (await call(key, 'GET', '/v1/tokens')).json['items'] as unknown as { holder: string }[];
  expect(new Set(seen.map((one) => one.holder))).toEqual(new Set([small]));
});

test('a token outlives the token that made it by nothing', async () => {
  const dev = await person('shortly');
  const day = (await call(dev.token, 'POST', '/v1/tokens', { name: 'a day', expiresInDays: 1 })).json;
  const year = (await call(day['token'] ?? '', 'POST', '/v1/tokens', { name: 'a year', expiresInDays: 366 })).json;
  expect(year['expiresAt']).toBe(day['expiresAt']);
});

test('guesses at one password come one after the other, however many are sent at once', async () => {
  const tries = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      call(null, 'POST', '/v1/sessions', { email: 'guess@example.org', password: `guess ${index}` }),
    ),
  );
  expect(tries.every((one) => one.status === 401 || one.status === 429)).toBe(true);
  expect(tries.filter((one) => one.status === 401).length).toBeLessThanOrEqual(8);
});

test('text that can not be stored, and instants that are none, are refused with their place', async () => {
  const { token } = await person('text', [{ role: 'admin', on: {} }]);
  const nul = await call(token, 'POST', '/v1/tokens', { name: 'a\0b' });
  expect(nul).toMatchObject({ status: 400, json: { code: 'platform.bad-request' } });
  expect(JSON.stringify(nul.json)).toContain('body.name');
  expect(await call(token, 'POST', '/v1/tokens', '{"name":"half \\ud800"}')).toMatchObject({ status: 400 });
  expect(await call(token, 'POST', '/v1/people/per_%00/deactivate', {})).toMatchObject({ status: 400 });
  expect(await call(token, 'POST', '/v1/tokens', { name: 'whole 😀' })).toMatchObject({ status: 201 });
});

test('two admins who deactivate each other at once leave one', async () => {
  const all = { role: 'admin', on: {} };
  const [eve, mal] = [await person('eve', [all]), await person('mal', [all])];
  const actorOf = async (token: string) => (await gate.authenticate(floor, `Bearer ${token}`)) as Actor;
  const [eveActor, malActor] = [await actorOf(eve.token), await actorOf(mal.token)];
  for (const { id } of await tx((t) => t.query<{ id: string }>(`select id from person where active and id <> all($1)`, [[eve.id, mal.id]])))
    await tx((t) => deactivate(t, eveActor, id));
  const one = tx(async (t) => {
    await deactivate(t, eveActor, mal.id);
    await new Promise((later) => setTimeout(later, 300));
  });
  await new Promise((later) => setTimeout(later, 100));
  // It reads who is admin while the first has decided and not committed.
  await expect(tx((t) => deactivate(t, malActor, eve.id))).rejects.toMatchObject({ code: 'identity.last-admin' });
  await one;
});

test('odd addresses reach no handler, and their refusal is sealed like every answer', async () => {
  for (const path of [
    '/v1/people/',
    '//v1/people',
    '/v1/People',
    '/v1/people;.x',
    '/v1/people%2f',
    '/v1/../v1/people/..',
    '/v1/people.json',
    '/%76%31/nothing',
  ]) {
    const response = await app.request(path, { headers: { host: 'localhost' } });
    expect([401, 404], path).toContain(response.status);
    expect(response.headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(response.headers.get('cache-control'), path).toBe('no-store');
    expect(response.headers.get('x-request-id'), path).toMatch(/^req_[0-9a-f]+$/);
  }
  const head = await app.request('/v1/people', { method: 'HEAD', headers: { host: 'localhost' } });
  expect([401, 404]).toContain(head.status);
  for (const method of ['OPTIONS', 'PATCH', 'PROPFIND'])
    expect((await app.request(new Request('http://localhost/v1/people', { method, headers: { host: 'localhost' } }))).status).toBe(404);
});
