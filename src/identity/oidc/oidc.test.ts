import { createHmac } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { buildApp } from '../../platform/http/server.system.ts';
import { testFloor } from '../../testing/database.ts';
import { openIdentityProvider } from '../../testing/identity-provider.ts';
import { makeGate } from '../gate.api.ts';
import { identityRoutes } from '../identity.routes.ts';
import { firstAdminLink } from '../sign-in.commands.ts';

const idp = await openIdentityProvider('http://127.0.0.1:7420/sign-in/callback');
const floor = await testFloor({ config: { egressAllow: idp.place } });
const gate = makeGate({ machines: [], resolvers: {}, servicesIn: async () => new Set(), isProduction: async () => true });
const app = buildApp(identityRoutes, { floor, gate, stopping: new AbortController().signal, observe: () => undefined });
const password = 'correct horse battery';

type Json = Record<string, never>;
async function call(key: string | null, method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
  const headers: Record<string, string> = { 'content-type': 'application/json', host: 'localhost', ...more };
  if (key !== null) headers['authorization'] = `Bearer ${key}`;
  const response = await app.request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: response.status, json: (await response.json()) as Json, headers: response.headers };
}
const first = await call(null, 'POST', '/v1/setup', { link: await firstAdminLink(floor), name: 'Ada', email: 'ada@example.org', password });
const admin = String(first.json['token']);

const settings = {
  scopes: ['profile', 'email', 'groups'],
  provision: true,
  roles: [
    { group: 'devs', role: 'developer', on: { team: 'crew' } },
    { group: 'approvers', role: 'approver', on: {} },
  ],
};
const provider = { name: 'corp', title: 'Corp login', issuer: idp.url, clientId: idp.client.id, secret: idp.client.secret, settings };
const added = await call(admin, 'POST', '/v1/sign-in-providers', provider);
expect(added.status, JSON.stringify(added.json)).toBe(201);
const change = async (more: object) => {
  const answer = await call(admin, 'PATCH', '/v1/sign-in-providers/corp', { settings: { ...settings, ...more } });
  expect(answer.status, JSON.stringify(answer.json)).toBe(200);
};

const cy = { sub: 'cy-1', name: 'Cy Careful', email: 'Cy@Example.org', email_verified: true, groups: ['devs', 'others'] };
type Came = Awaited<ReturnType<typeof call>>;
async function signIn(screen = false): Promise<Came> {
  const begun = await call(null, 'POST', '/v1/sign-in/corp/begin', {});
  if (begun.status !== 200) return begun;
  const response = await idp.walk(String(begun.json['url']));
  return call(null, 'POST', '/v1/sign-in/finish', { secret: begun.json['secret'], response }, screen ? { 'x-yardmaster-screen': '1' } : {});
}
async function confirm(token: string): Promise<Came> {
  const begun = await call(token, 'POST', '/v1/sessions/current/provider', { provider: 'corp', purpose: 'confirm' });
  const response = await idp.walk(String(begun.json['url']));
  return call(token, 'POST', '/v1/sessions/current/provider/confirm', { secret: begun.json['secret'], response });
}
const me = async (came: Came): Promise<Json> => (await call(String(came.json['token']), 'GET', '/v1/me')).json;
const roles = async (came: Came): Promise<unknown> => (await me(came))['roles'];

test('the first sign-in makes the person, their groups give roles and take them again, and what was given by hand stays', async () => {
  idp.as(cy);
  const came = await signIn();
  expect(came.status, JSON.stringify(came.json)).toBe(200);
  const about = await me(came);
  expect(about).toMatchObject({ name: 'Cy Careful', provider: { name: 'corp' }, accounts: [idp.url] });
  expect(about['roles']).toEqual([{ role: 'developer', on: { team: 'crew' }, mapped: 'Corp login' }]);
  await call(admin, 'POST', '/v1/roles', { holder: about['person'], role: 'viewer', on: {} });
  idp.as({ ...cy, groups: ['approvers'] });
  const again = await signIn();
  expect((await me(again))['person'], 'the same person by issuer and subject').toBe(about['person']);
  expect(await roles(again)).toEqual([
    { role: 'viewer', on: {} },
    { role: 'approver', on: {}, mapped: 'Corp login' },
  ]);
  idp.as({ ...cy, email: undefined, groups: undefined });
  expect(await roles(await signIn())).toEqual([{ role: 'viewer', on: {} }]);
});

test('a browser gets its session as a cookie, and no token in sight of scripts', async () => {
  idp.as(cy);
  const came = await signIn(true);
  expect(came.json['token']).toBe('');
  expect(came.headers.get('set-cookie')).toMatch(/ym_session.*HttpOnly; SameSite=Strict/);
});

test('what began in one browser is finished in no other, not twice, and not for another purpose', async () => {
  idp.as(cy);
  const [one, two] = await Promise.all([
    call(null, 'POST', '/v1/sign-in/corp/begin', {}),
    call(null, 'POST', '/v1/sign-in/corp/begin', {}),
  ]);
  const response = await idp.walk(String(one.json['url']));
  const finish = (secret: unknown, what = response) => call(null, 'POST', '/v1/sign-in/finish', { secret, response: what });
  expect((await finish(two.json['secret'])).json['code']).toBe('identity.sign-in-gone');
  expect((await finish('0'.repeat(64))).json['code']).toBe('identity.sign-in-gone');
  expect((await finish(one.json['secret'], `${response}&state=x`)).status).toBeGreaterThanOrEqual(400);
  const third = await call(null, 'POST', '/v1/sign-in/corp/begin', {});
  const fresh = await idp.walk(String(third.json['url']));
  expect(
    (await call(admin, 'POST', '/v1/sessions/current/provider/confirm', { secret: third.json['secret'], response: fresh })).json['code'],
  ).toBe('identity.sign-in-gone');
  const fourth = await call(null, 'POST', '/v1/sign-in/corp/begin', {});
  const right = await idp.walk(String(fourth.json['url']));
  expect((await finish(fourth.json['secret'], right)).status).toBe(200);
  expect((await finish(fourth.json['secret'], right)).json['code']).toBe('identity.sign-in-gone');
});

test('an address links only where the admin lets it and the provider has verified it; never by itself', async () => {
  const bo = await call(admin, 'POST', '/v1/people', { name: 'Bo', emails: ['bo@example.org'] });
  const account = { sub: 'bo-1', name: 'Bo', email: 'bo@example.org', email_verified: true };
  idp.as(account);
  expect((await signIn()).json['code'], 'never').toBe('identity.sign-in-refused');
  await change({ link: 'verified-address' });
  idp.as({ ...account, email_verified: false });
  expect((await signIn()).json['code'], 'not verified').toBe('identity.sign-in-refused');
  idp.as({ ...account, email_verified: undefined });
  expect((await signIn()).json['code'], 'nobody says').toBe('identity.sign-in-refused');
  idp.as(account);
  const came = await signIn();
  expect((await me(came))['person']).toBe(bo.json['person']);
  await change({ link: 'never' });
  idp.as({ ...account, email: 'bo@elsewhere.example' });
  expect((await me(await signIn()))['person'], 'linked is linked, whatever the address is by now').toBe(bo.json['person']);
});

test('who is in no domain or group that is let in is refused, and what they were signed in with ends', async () => {
  idp.as({ ...cy, email: 'cy@example.org' });
  const came = await signIn();
  expect(came.status).toBe(200);
  await change({ domains: ['corp.example'] });
  expect((await signIn()).json['code']).toBe('identity.sign-in-refused');
  expect((await call(String(came.json['token']), 'GET', '/v1/me')).status).toBe(401);
  await change({ groups: ['staff'] });
  expect((await signIn()).json['code']).toBe('identity.sign-in-refused');
  await change({ provision: false });
  idp.as({ sub: 'new-1', name: 'New' });
  expect((await signIn()).json['code']).toBe('identity.sign-in-refused');
  await change({});
  idp.as('nobody');
  const refused = await signIn();
  expect(refused.json).toMatchObject({ code: 'identity.sign-in-refused', title: expect.stringContaining('access_denied') });
});

test('a production approval asks for a fresh sign-in at the provider, and takes none that only looks like one', async () => {
  idp.as({ ...cy, groups: ['approvers'] }, { secondsAgo: 7200 });
  const came = await signIn();
  const token = String(came.json['token']);
  const approve = async (key: string) => {
    const actor = await gate.authenticate(floor, `Bearer ${key}`);
    return floor.db.read(floor.org, (tx) =>
      gate.authorise(tx, actor ?? { kind: 'hook', id: '', org: '' }, 'approval.give', { environment: 'prod' }).then(
        () => 'yes',
        (error: { code?: string }) => error.code,
      ),
    );
  };
  expect(await approve(token), 'two hours old at the provider, though the session is new').toBe('identity.sign-in-again');
  idp.as({ sub: 'somebody-else', name: 'Eve', groups: ['approvers'] });
  expect((await confirm(token)).json['code'], 'another account').toBe('identity.sign-in-refused');
  idp.as({ ...cy, groups: ['approvers'] }, { secondsAgo: 7200 });
  const old = await confirm(token);
  expect(old.json['code'], 'an older sign-in').toBe('identity.sign-in-refused');
  await change({ acr: ['high'] });
  idp.as({ ...cy, groups: ['approvers'] });
  expect((await confirm(token)).json['code'], 'not at the level asked for').toBe('identity.sign-in-refused');
  idp.as({ ...cy, groups: ['approvers'] }, { acr: 'high', amr: ['mfa'] });
  const confirmed = await confirm(token);
  expect(confirmed.status, JSON.stringify(confirmed.json)).toBe(200);
  expect(await approve(String(confirmed.json['token']))).toBe('yes');
  await expect(gate.authenticate(floor, `Bearer ${token}`), 'the old secret is worth nothing').resolves.toBeNull();
  await change({});
});

const cases: Record<string, (token: string) => Promise<string> | string> = {};
const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const read = (token: string, at: number) =>
  JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString()) as Record<string, unknown>;
const signed = async (head: string, body: string, key = idp.key()): Promise<string> => {
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, Buffer.from(`${part(head)}.${part(body)}`));
  return `${part(head)}.${part(body)}.${Buffer.from(signature).toString('base64url')}`;
};
const claims = (more: Readonly<Record<string, unknown>>) => (token: string) =>
  signed(JSON.stringify(read(token, 0)), JSON.stringify({ ...read(token, 1), ...more }));
const head = (more: Readonly<Record<string, unknown>>) => (token: string) =>
  signed(JSON.stringify({ ...read(token, 0), ...more }), JSON.stringify(read(token, 1)));
const seconds = () => Math.floor(Date.now() / 1000);
const others = await generateKeyPair('RS256', { extractable: true });

cases['alg none'] = (token) => `${part({ alg: 'none' })}.${token.split('.')[1]}.`;
cases['alg nOnE'] = (token) => `${part({ alg: 'nOnE', kid: idp.jwk().kid })}.${token.split('.')[1]}.${token.split('.')[2]}`;
cases['alg none, signature kept'] = (token) => `${part({ alg: 'none', kid: idp.jwk().kid })}.${token.split('.')[1]}.${token.split('.')[2]}`;
cases['HS256 with the client secret'] = (token) => {
  const text = `${part({ alg: 'HS256' })}.${token.split('.')[1]}`;
  return `${text}.${createHmac('sha256', idp.client.secret).update(text).digest('base64url')}`;
};
cases['HS256 with the public key'] = (token) => {
  const text = `${part({ alg: 'HS256', kid: idp.jwk().kid })}.${token.split('.')[1]}`;
  return `${text}.${createHmac('sha256', JSON.stringify(idp.jwk())).update(text).digest('base64url')}`;
};
cases['RS384 in the header'] = head({ alg: 'RS384' });
cases['PS256 in the header'] = head({ alg: 'PS256' });
cases['ES256 in the header'] = head({ alg: 'ES256' });
cases['another key'] = (token) => signed(JSON.stringify(read(token, 0)), JSON.stringify(read(token, 1)), others.privateKey);
cases['another key with its own jwk'] = async (token) =>
  new SignJWT(read(token, 1))
    .setProtectedHeader({ alg: 'RS256', jwk: { kty: 'RSA' } as never, kid: idp.jwk().kid ?? '' })
    .sign(others.privateKey);
cases['kid of nobody'] = head({ kid: 'nobody' });
cases['kid that is a path'] = head({ kid: '/dev/null' });
cases['jku'] = head({ jku: 'http://127.0.0.1:1/' });
cases['x5u'] = head({ x5u: 'http://127.0.0.1:1/' });
cases['crit'] = head({ crit: ['b64'], b64: true });
cases['b64 false'] = head({ crit: ['b64'], b64: false });
cases['typ at+jwt'] = head({ typ: 'at+jwt' });
cases['typ logout+jwt'] = head({ typ: 'logout+jwt' });
cases['nested'] = head({ cty: 'JWT' });
cases['alg twice'] = (token) => signed(`{"alg":"none","alg":"RS256","kid":"${idp.jwk().kid}"}`, JSON.stringify(read(token, 1)));
cases['sub twice'] = (token) => signed(JSON.stringify(read(token, 0)), JSON.stringify(read(token, 1)).replace('{', '{"sub":"ada-1",'));
cases['one bit of the signature'] = (token) =>
  token.replace(/\.([^.])([^.]*)$/, (_all, one: string, rest: string) => `.${one === 'A' ? 'B' : 'A'}${rest}`);
cases['no signature'] = (token) => token.replace(/[^.]*$/, '');
cases['another payload'] = (token) => [token.split('.')[0], part({ ...read(token, 1), sub: 'ada-1' }), token.split('.')[2]].join('.');
cases['a fourth part'] = (token) => `${token}.AAAA`;
cases['an encrypted token'] = () => `${part({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`;
cases['no token'] = () => '';
cases['no JSON'] = (token) => signed(JSON.stringify(read(token, 0)), 'sub=cy-1');
cases['aud of another client'] = claims({ aud: 'other' });
cases['aud of several'] = claims({ aud: ['yardmaster', 'other'], azp: 'yardmaster' });
cases['no aud'] = claims({ aud: undefined });
cases['iss of somebody else'] = claims({ iss: 'https://accounts.google.com' });
cases['iss with a slash'] = claims({ iss: `${idp.url}/` });
cases['no iss'] = claims({ iss: undefined });
cases['azp of another client'] = claims({ azp: 'other' });
cases['another nonce'] = claims({ nonce: 'another' });
cases['no nonce'] = claims({ nonce: undefined });
cases['ended'] = claims({ iat: seconds() - 900, exp: seconds() - 300 });
cases['no exp'] = claims({ exp: undefined });
cases['exp that is text'] = claims({ exp: 'tomorrow' });
cases['issued in the future: clocks five minutes apart'] = claims({ iat: seconds() + 300, exp: seconds() + 900 });
cases['issued long ago'] = claims({ iat: seconds() - 5000 });
cases['no iat'] = claims({ iat: undefined });
cases['not yet'] = claims({ nbf: seconds() + 300 });
cases['no sub'] = claims({ sub: undefined });
cases['sub that is a number'] = claims({ sub: 1 });
cases['auth_time in the future'] = claims({ auth_time: seconds() + 86_400 });
cases['auth_time that is text'] = claims({ auth_time: 'now' });

test(`${Object.keys(cases).length} ID tokens that are wrong in one thing each sign nobody in`, async () => {
  expect(Object.keys(cases).length).toBeGreaterThanOrEqual(40);
  idp.as(cy);
  const wrong: string[] = [];
  const before = (await call(admin, 'GET', '/v1/people')).json['items'] as unknown as unknown[];
  for (const [name, how] of Object.entries(cases)) {
    idp.change(how);
    const came = await signIn();
    if (came.json['code'] !== 'identity.sign-in-refused') wrong.push(`${name}: ${came.status} ${JSON.stringify(came.json)}`);
  }
  idp.change((token) => signed(JSON.stringify(read(token, 0)), JSON.stringify(read(token, 1))));
  expect((await signIn()).status, 'signed here again, and nothing changed: taken').toBe(200);
  idp.change(null);
  expect(wrong).toEqual([]);
  const after = (await call(admin, 'GET', '/v1/people')).json['items'] as unknown as unknown[];
  expect(after).toHaveLength(before.length);
}, 600_000);

test('passwords may be for admins alone; the last provider stays then, and an admin can always come in', async () => {
  const dev = await call(admin, 'POST', '/v1/people', { name: 'Di', emails: ['di@example.org'] });
  const signed1 = await call(null, 'POST', '/v1/setup', { link: dev.json['invitation'], password });
  expect((await call(admin, 'PUT', '/v1/sign-in-rule', { passwords: 'admins' })).status).toBe(200);
  expect((await call(null, 'POST', '/v1/sessions', { email: 'di@example.org', password })).json['code']).toBe('identity.passwords-off');
  expect((await call(String(signed1.json['token']), 'POST', '/v1/sessions/current/confirm', { password })).json['code']).toBe(
    'identity.passwords-off',
  );
  expect((await call(null, 'POST', '/v1/sessions', { email: 'ada@example.org', password })).status).toBe(201);
  expect((await call(null, 'POST', '/v1/sessions', { email: 'di@example.org', password: 'wrong password' })).json['code']).toBe(
    'identity.wrong-password',
  );
  expect((await call(admin, 'DELETE', '/v1/sign-in-providers/corp')).json['code']).toBe('identity.no-way-left');
  await call(admin, 'PUT', '/v1/sign-in-rule', { passwords: 'everybody' });
});

test('a terminal is let in by a person in a browser, once, and ends with what they say', async () => {
  idp.as(cy);
  const browser = String((await signIn()).json['token']);
  const asked = await call(null, 'POST', '/v1/sign-in/terminal', {});
  const take = () => call(null, 'POST', '/v1/sign-in/terminal/take', { secret: asked.json['secret'] });
  expect((await take()).json['session']).toBeNull();
  const code = String(asked.json['code']).toLowerCase().replace('-', ' ');
  expect((await call(browser, 'POST', '/v1/sign-in/terminal/look', { code })).status).toBe(200);
  expect((await call(browser, 'POST', '/v1/sign-in/terminal/approve', { code: 'XXXX-XXXX' })).json['code']).toBe('identity.terminal-gone');
  expect((await call(browser, 'POST', '/v1/sign-in/terminal/approve', { code })).status).toBe(200);
  const session = (await take()).json['session'] as unknown as { token: string };
  const about = (await call(session.token, 'GET', '/v1/me')).json;
  expect(about).toMatchObject({ name: 'Cy Careful', provider: { name: 'corp' } });
  expect(about['freshUntil'], 'fresh no longer than the browser’s').not.toBeNull();
  expect((await take()).json['code']).toBe('identity.terminal-gone');
});

test('keys rotated, a provider that is down: who is in stays in, the rest is told so, and admins have their password', async () => {
  idp.as(cy);
  const came = await signIn();
  await idp.rotate();
  const { issuerKeys } = await import('../issuer/keys.system.ts');
  // As half a minute later would: the unknown key makes us ask again.
  await issuerKeys(floor.egress).look(idp.url);
  expect((await signIn()).status).toBe(200);
  idp.down(true);
  await expect(issuerKeys(floor.egress).look(idp.url)).rejects.toMatchObject({ code: 'identity.issuer-unreachable' });
  const begun = await call(null, 'POST', '/v1/sign-in/corp/begin', {});
  if (begun.status === 200) {
    const finished = await call(null, 'POST', '/v1/sign-in/finish', {
      secret: begun.json['secret'],
      response: `code=x&state=${String(begun.json['state'])}&iss=${encodeURIComponent(idp.url)}`,
    });
    expect(finished.status).toBeGreaterThanOrEqual(400);
  }
  expect((await call(admin, 'POST', '/v1/sign-in-providers/corp/check', {})).json['code']).toBe('identity.issuer-unreachable');
  expect((await call(String(came.json['token']), 'GET', '/v1/me')).status).toBe(200);
  expect((await call(null, 'POST', '/v1/sessions', { email: 'ada@example.org', password })).status).toBe(201);
  idp.down(false);
  const found = (await call(admin, 'POST', '/v1/sign-in-providers/corp/check', {})).json['found'] as unknown as {
    ok: boolean;
    what: string;
  }[];
  expect(found.filter(({ ok }) => !ok)).toEqual([]);
});

test('an account is linked by the person themselves, and unlinked by an admin, which ends what it opened', async () => {
  const link = async (token: string) => {
    const begun = await call(token, 'POST', '/v1/sessions/current/provider', { provider: 'corp', purpose: 'link' });
    const response = await idp.walk(String(begun.json['url']));
    return call(token, 'POST', '/v1/sessions/current/provider/link', { secret: begun.json['secret'], response });
  };
  idp.as({ sub: 'ada-at-corp', name: 'Ada' });
  expect((await link(admin)).json).toEqual({ linked: true });
  const came = await signIn();
  const ada = (await me(came))['person'];
  expect(ada).toBe((await call(admin, 'GET', '/v1/me')).json['person']);
  idp.as(cy);
  expect((await link(admin)).json['code']).toBe('identity.account-taken');
  expect((await call(admin, 'POST', `/v1/people/${ada}/accounts/unlink`, { issuer: idp.url })).json['ended']).toBe(1);
  expect((await call(String(came.json['token']), 'GET', '/v1/me')).status).toBe(401);
});

test('addresses of providers go only where the operator lets them', async () => {
  const add = async (issuer: string) =>
    (await call(admin, 'POST', '/v1/sign-in-providers', { ...provider, name: 'x', issuer })).json['code'];
  for (const address of [
    'http://169.254.169.254/',
    'https://[::ffff:127.0.0.1]/',
    'http://127.0.0.1:1',
    'https://localhost',
    'file:///etc/passwd',
  ])
    expect(await add(address), address).toMatch(/^egress\./);
  expect((await call(admin, 'PATCH', '/v1/sign-in-providers/corp', { issuer: 'http://10.0.0.1/' })).json['code']).toMatch(/^egress\./);
  const kept = JSON.stringify((await call(admin, 'GET', '/v1/sign-in-providers')).json);
  expect(kept).not.toContain(idp.client.secret);
});

test('with the provider its sessions and the roles of its groups end', async () => {
  idp.as({ ...cy, groups: ['approvers'] });
  const came = await signIn();
  expect((await call(admin, 'DELETE', '/v1/sign-in-providers/corp')).json['removed']).toBe(true);
  expect((await call(String(came.json['token']), 'GET', '/v1/me')).status).toBe(401);
  expect((await call(null, 'POST', '/v1/sign-in/corp/begin', {})).json['code']).toBe('identity.no-such-provider');
});
