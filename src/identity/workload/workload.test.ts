import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import type { Actor } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import { witnessOf } from '../../kernel/witness.ts';
import { buildApp } from '../../platform/http/server.system.ts';
import { testFloor } from '../../testing/database.ts';
import { openIssuer } from '../../testing/issuer.ts';
import { makeGate } from '../gate.api.ts';
import { identityRoutes } from '../identity.routes.ts';
import { firstAdminLink } from '../sign-in.commands.ts';

const issuer = await openIssuer();
const floor = await testFloor({ config: { egressAllow: issuer.place } });
const gate = makeGate({ machines: [], resolvers: {}, servicesIn: async () => new Set() });
const app = buildApp(identityRoutes, { floor, gate, stopping: new AbortController().signal, observe: () => undefined });

type Answer = { status: number; json: Record<string, never> };
async function call(key: string | null, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/json', host: 'localhost' };
  if (key !== null) headers['authorization'] = `Bearer ${key}`;
  const response = await app.request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: response.status, json: (await response.json()) as Answer['json'] };
}
const link = await firstAdminLink(floor);
const admin = String(
  (await call(null, 'POST', '/v1/setup', { link, name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' })).json['token'],
);

const AUDIENCE = 'https://yard.example.org';
const trust = {
  name: 'shop-ci',
  issuer: issuer.url,
  audience: AUDIENCE,
  conditions: { repository: ['acme/shop', 'acme/shop-*'], ref: ['refs/heads/main', 'refs/tags/**'] },
  services: ['shop'],
};
expect((await call(admin, 'POST', '/v1/workloads', trust)).status).toBe(201);

let job = 0;
const claims = (more: Readonly<Record<string, unknown>> = {}) => ({
  aud: AUDIENCE,
  sub: 'repo:acme/shop:ref:refs/heads/main',
  jti: `job-${(job += 1)}`,
  repository: 'acme/shop',
  repository_id: '42',
  ref: 'refs/heads/main',
  ref_protected: 'true',
  workflow_ref: 'acme/shop/.github/workflows/ci.yaml@refs/heads/main',
  run_id: '1234',
  sha: 'a'.repeat(40),
  ...more,
});
const refusal = async (token: string): Promise<string> => {
  const { status, json } = await call(token, 'GET', '/v1/me');
  return status === 200 ? 'accepted' : `${status} ${String(json['code'])}`;
};

test('a job comes in with its token as it is, and its claims are there for who asks', async () => {
  const token = await issuer.sign(claims());
  const me = await call(token, 'GET', '/v1/me');
  expect(me.status, JSON.stringify(me.json)).toBe(200);
  expect(me.json['roles']).toEqual([{ role: 'developer', on: { service: 'shop' } }]);
  const actor = (await gate.authenticate(floor, `Bearer ${token}`)) as Actor;
  expect(witnessOf(actor)).toEqual({
    trust: 'shop-ci',
    issuer: issuer.url,
    subject: 'repo:acme/shop:ref:refs/heads/main',
    repository: 'acme/shop',
    repositoryId: '42',
    ref: 'refs/heads/main',
    refProtected: true,
    workflow: 'acme/shop/.github/workflows/ci.yaml@refs/heads/main',
    environment: null,
    runId: '1234',
    sha: 'a'.repeat(40),
  });
  const facts = await floor.db.read(floor.org, (tx) => tx.query(`select 1 from fact where type = 'workload.came-in'`));
  expect(facts).toHaveLength(1);
});

test('many requests of one job at once come in as one', async () => {
  const token = await issuer.sign(claims());
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(token, 'GET', '/v1/me')));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
});

test('GitLab’s words mean the same', async () => {
  const gitlab = { ...trust, name: 'gitlab', conditions: { project_path: ['group/sub/*'], ref_protected: ['true'] }, audience: 'gitlab' };
  expect((await call(admin, 'POST', '/v1/workloads', gitlab)).status).toBe(201);
  const token = await issuer.sign({
    aud: ['gitlab'],
    sub: 'project_path:group/sub/app:ref_type:branch:ref:main',
    jti: 'gitlab-1',
    project_path: 'group/sub/app',
    project_id: '7',
    ref: 'main',
    ref_type: 'branch',
    ref_protected: true,
    pipeline_id: 99,
    ci_config_ref_uri: 'gitlab.example/group/sub/app//.gitlab-ci.yml@refs/heads/main',
    sha: 'b'.repeat(40),
  });
  const exchanged = await call(null, 'POST', '/v1/workloads/exchange', { token });
  expect(exchanged.json['witness']).toMatchObject({ repository: 'group/sub/app', ref: 'refs/heads/main', refProtected: true, runId: '99' });
});

test('exchanged once, for a token that ends with it; then the token itself is worth nothing', async () => {
  const now = Math.floor(Date.now() / 1000);
  const token = await issuer.sign(claims({ exp: now + 200 }));
  const first = await call(null, 'POST', '/v1/workloads/exchange', { token, trust: 'shop-ci' });
  expect(first.status, JSON.stringify(first.json)).toBe(200);
  expect(first.json['expiresAt']).toBe(new Date((now + 200) * 1000).toISOString());
  expect(await refusal(String(first.json['token']))).toBe('accepted');
  const again = await call(null, 'POST', '/v1/workloads/exchange', { token });
  expect(again.json['code']).toBe('identity.workload-spent');
  expect(await refusal(token)).toBe('401 identity.workload-spent');
  const long = await issuer.sign(claims({ exp: now + 86_000 }));
  const hour = await call(null, 'POST', '/v1/workloads/exchange', { token: long });
  expect(Date.parse(String(hour.json['expiresAt'])) - Date.now()).toBeLessThanOrEqual(3_600_000);
});

test('what it comes in with makes no token, and neither decides nor administers, whatever its bot may', async () => {
  const { person } = (await call(admin, 'GET', '/v1/me')).json;
  const { bot } = (await call(admin, 'POST', '/v1/bots', { name: 'mighty', owner: person })).json;
  await call(admin, 'POST', '/v1/roles', { holder: bot, role: 'admin', on: {} });
  const conditions = { repository: ['acme/mighty'] };
  expect((await call(admin, 'POST', '/v1/workloads', { ...trust, name: 'mighty', bot, services: undefined, conditions })).status).toBe(201);
  const token = await issuer.sign(claims({ repository: 'acme/mighty' }));
  const actor = (await gate.authenticate(floor, `Bearer ${token}`)) as Actor;
  const may = (action: string) =>
    floor.db.read(floor.org, (tx) =>
      gate.authorise(tx, actor, action as never, {}).then(
        () => true,
        () => false,
      ),
    );
  expect(await may('release.create')).toBe(true);
  for (const action of ['approval.give', 'waiver.decide', 'deployment.break-glass', 'connection.write', 'admin.people', 'admin.audit'])
    expect(await may(action), action).toBe(false);
  expect((await call(token, 'GET', '/v1/people')).status).toBe(403);
  expect((await call(token, 'POST', '/v1/tokens', { name: 'for ever' })).json['code']).toBe('identity.workload-makes-no-token');
});

const forty: Record<string, () => Promise<string>> = {};
const mutate = (name: string, make: () => Promise<string>) => (forty[name] = make);
const now = () => Math.floor(Date.now() / 1000);
const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const resigned = async (change: (parts: string[]) => void): Promise<string> => {
  const parts = (await issuer.sign(claims())).split('.');
  change(parts);
  return parts.join('.');
};
const header = (more: Readonly<Record<string, unknown>>) => () => issuer.sign(claims(), more);
const withClaims = (more: Readonly<Record<string, unknown>>) => () => issuer.sign(claims(more));
/** Signs exactly this text as header and payload, with the issuer's own key: right but for what it says. */
const raw = async (head: string, body: string): Promise<string> => {
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', issuer.privateKey(), Buffer.from(`${part(head)}.${part(body)}`));
  return `${part(head)}.${part(body)}.${Buffer.from(signature).toString('base64url')}`;
};
const kid = () => issuer.keys()[0]?.kid ?? '';
const good = () => JSON.stringify({ iss: issuer.url, iat: now(), exp: now() + 300, ...claims() });

mutate('alg none, no signature', () => resigned((p) => p.splice(0, 3, part({ alg: 'none' }), p[1] ?? '', '')));
mutate('alg None', () => resigned((p) => p.splice(0, 1, part({ alg: 'None', kid: kid() }))));
mutate('alg none with the signature kept', () => resigned((p) => p.splice(0, 1, part({ alg: 'none', kid: kid() }))));
mutate('HS256 with the public key as secret', async () => {
  const pem = await exportSPKI((await importJWK(issuer.keys()[0] ?? {}, 'RS256', { extractable: true })) as never);
  const signed = `${part({ alg: 'HS256', kid: kid() })}.${part(good())}`;
  return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
});
mutate('HS256 with the modulus as secret', async () => {
  const signed = `${part({ alg: 'HS256', kid: kid() })}.${part(good())}`;
  return `${signed}.${createHmac('sha256', Buffer.from(issuer.keys()[0]?.n ?? '', 'base64url'))
    .update(signed)
    .digest('base64url')}`;
});
mutate('RS512, which is not taken', async () => raw(JSON.stringify({ alg: 'RS512', kid: kid() }), good()));
mutate('PS256 in the header, signed as RS256', async () => raw(JSON.stringify({ alg: 'PS256', kid: kid() }), good()));
mutate('kid of nobody', header({ kid: 'nobody' }));
mutate('kid that is a path', header({ kid: '../../dev/null' }));
mutate('kid that is SQL', header({ kid: "' or 1=1 --" }));
mutate('kid that is an object', () => raw(JSON.stringify({ alg: 'RS256', kid: { a: 1 } }), good()));
mutate('a key of its own in the header (jwk)', async () => {
  const other = await openIssuer();
  return new SignJWT({ ...claims(), iss: issuer.url, iat: now(), exp: now() + 300 })
    .setProtectedHeader({ alg: 'RS256', kid: kid(), jwk: other.keys()[0] as never })
    .sign(other.privateKey());
});
mutate('the right signature, and a jwk beside', header({ jwk: { kty: 'RSA' } }));
mutate('keys at an address of its own (jku)', header({ jku: 'http://127.0.0.1:1/keys' }));
mutate('certificates at an address of its own (x5u)', header({ x5u: 'http://127.0.0.1:1/keys' }));
mutate('another key of the same name', async () => {
  const other = await openIssuer();
  return new SignJWT({ ...claims(), iss: issuer.url, iat: now(), exp: now() + 300 })
    .setProtectedHeader({ alg: 'RS256', kid: kid() })
    .sign(other.privateKey());
});
mutate('critical header', () => raw(JSON.stringify({ alg: 'RS256', kid: kid(), crit: ['exp'], exp: 1 }), good()));
mutate('b64 false', () => raw(JSON.stringify({ alg: 'RS256', kid: kid(), crit: ['b64'], b64: false }), good()));
mutate('b64 false without crit', () => raw(JSON.stringify({ alg: 'RS256', kid: kid(), b64: false }), good()));
mutate('an access token (typ at+jwt)', header({ typ: 'at+jwt' }));
mutate('a logout token (typ)', header({ typ: 'logout+jwt' }));
mutate('alg twice in the header', () => raw(`{"alg":"none","alg":"RS256","kid":"${kid()}"}`, good()));
mutate('repository twice in the claims', () =>
  raw(JSON.stringify({ alg: 'RS256', kid: kid() }), good().replace('{', '{"repository":"acme/other",')),
);
mutate('audience twice, once by an escape', () =>
  raw(JSON.stringify({ alg: 'RS256', kid: kid() }), good().replace('{', String.raw`{"a\u0075d":"other",`)),
);
mutate('claims that are a list', () => raw(JSON.stringify({ alg: 'RS256', kid: kid() }), '[1]'));
mutate('claims that are no JSON', () => raw(JSON.stringify({ alg: 'RS256', kid: kid() }), `${good()}}`));
mutate('one bit of the signature', () =>
  resigned((p) =>
    p.splice(
      2,
      1,
      (p[2] ?? '').replace(/^./, (one) => (one === 'A' ? 'B' : 'A')),
    ),
  ),
);
mutate('last bits of the signature that mean nothing', async () => {
  const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return resigned((p) =>
    p.splice(
      2,
      1,
      (p[2] ?? '').replace(/.$/, (one) => signs[signs.indexOf(one) | 1] ?? 'B'),
    ),
  );
});
mutate('another payload under the signature', () =>
  resigned((p) => p.splice(1, 1, part({ ...claims(), iss: issuer.url, iat: now(), exp: now() + 999 }))),
);
mutate('no signature', () => resigned((p) => p.splice(2, 1, '')));
mutate('a fourth part', () => resigned((p) => p.push('AAAA')));
mutate('an encrypted token (five parts)', async () => `${part({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`);
mutate('a nested token (cty)', header({ cty: 'JWT' }));
mutate('audience of somebody else', withClaims({ aud: 'https://other.example' }));
mutate('ours among several audiences', withClaims({ aud: [AUDIENCE, 'https://other.example'] }));
mutate('no audience', withClaims({ aud: undefined }));
mutate('issuer of somebody else', withClaims({ iss: 'https://token.actions.githubusercontent.com' }));
mutate('issuer with a slash more', withClaims({ iss: `${issuer.url}/` }));
mutate('issuer that is a list', withClaims({ iss: [issuer.url] as never }));
mutate('ended', withClaims({ iat: now() - 600, exp: now() - 61 }));
mutate('no end', withClaims({ exp: undefined }));
mutate('an end that is text', withClaims({ exp: String(now() + 300) as never }));
mutate('not yet', withClaims({ nbf: now() + 300 }));
mutate('issued in the future: clocks five minutes apart', withClaims({ iat: now() + 300, exp: now() + 600 }));
mutate('issued too long ago', withClaims({ iat: now() - 4000, exp: now() + 300 }));
mutate('no time of issue', withClaims({ iat: undefined }));
mutate('no subject', withClaims({ sub: undefined }));
mutate('another repository', withClaims({ repository: 'acme/other' }));
mutate('a repository that begins like ours', withClaims({ repository: 'acme/shop2' }));
mutate('another case', withClaims({ repository: 'Acme/Shop' }));
mutate('a pull request', withClaims({ ref: 'refs/pull/1/merge' }));
mutate('no ref', withClaims({ ref: undefined }));
mutate('longer than 8 KiB', withClaims({ more: 'x'.repeat(7000) }));

test(`${Object.keys(forty).length} tokens that are wrong in one thing each are refused, as bearer and at the exchange`, async () => {
  expect(Object.keys(forty).length).toBeGreaterThanOrEqual(40);
  const wrong: string[] = [];
  for (const [name, make] of Object.entries(forty)) {
    const token = await make();
    const bearer = await refusal(token);
    const exchanged = await call(null, 'POST', '/v1/workloads/exchange', { token });
    if (!bearer.startsWith('401') || exchanged.status < 400 || exchanged.status >= 500)
      wrong.push(`${name}: ${bearer}, ${exchanged.status}`);
  }
  expect(wrong).toEqual([]);
  // And the same path lets in what is right.
  expect(await refusal(await raw(JSON.stringify({ alg: 'RS256', kid: kid() }), good()))).toBe('accepted');
});

test('the test of a token names the condition that refuses it, and uses nothing up', async () => {
  const token = await issuer.sign(claims({ ref: 'refs/heads/feature/x' }));
  const tested = await call(admin, 'POST', '/v1/workloads/test', { token });
  expect(tested.json['accepted']).toBeNull();
  const shop = (tested.json['trusts'] as unknown as { name: string; conditions: { claim: string }[] }[]).find(
    ({ name }) => name === 'shop-ci',
  );
  expect(shop).toMatchObject({
    ok: false,
    wrong: [],
    conditions: [
      { claim: 'ref', ok: false, found: ['refs/heads/feature/x'], wanted: ['refs/heads/main', 'refs/tags/**'] },
      { claim: 'repository', ok: true },
    ],
  });
  const right = await issuer.sign(claims());
  for (let time = 0; time < 2; time += 1)
    expect((await call(admin, 'POST', '/v1/workloads/test', { token: right })).json['accepted']).toBe('shop-ci');
  expect(await refusal(right)).toBe('accepted');
  const told = await call(token, 'GET', '/v1/me');
  expect(JSON.stringify(told.json)).not.toContain('refs/tags');
  expect(JSON.stringify(told.json)).toContain('no trust takes what it says in ref');
});

test('two trusts that both accept a token are no choice: the exchange names one', async () => {
  await call(admin, 'POST', '/v1/workloads', { ...trust, name: 'shop-too' });
  const token = await issuer.sign(claims());
  expect(await refusal(token)).toBe('401 identity.workload-refused');
  const named = await call(null, 'POST', '/v1/workloads/exchange', { token, trust: 'shop-too' });
  expect(named.status).toBe(200);
  expect((await call(admin, 'DELETE', '/v1/workloads/shop-too')).json['ended']).toBe(1);
  expect(await refusal(String(named.json['token']))).toMatch(/^401/);
});

test('keys that are rotated are found, the old ones end, and an issuer that is down is no refusal', async () => {
  const before = await issuer.sign(claims());
  expect(await refusal(before)).toBe('accepted');
  const old = await issuer.sign(claims());
  await issuer.rotate();
  const asked = issuer.asked();
  const fresh = await issuer.sign(claims());
  // Within half a minute of the last time nobody makes us ask again: it is refused until then.
  expect(await refusal(fresh)).toBe('401 identity.workload-refused');
  expect(issuer.asked()).toBe(asked);
  expect(await refusal(old), 'the keys we know still serve').toBe('accepted');
  expect(await refusal(before), 'who is in stays in').toBe('accepted');
});

test('a trust that would let in everybody is refused; so is what no workload may do, and an address that is not called', async () => {
  const add = async (more: object) => (await call(admin, 'POST', '/v1/workloads', { ...trust, name: 'new', ...more })).json['code'];
  const github = 'https://token.actions.githubusercontent.com';
  expect(await add({ conditions: {} })).toBe('identity.trust-too-wide');
  expect(await add({ conditions: { repository: ['*'] } })).toBe('identity.trust-too-wide');
  expect(await add({ conditions: { repository: ['acme/shop', '**'] } })).toBe('identity.trust-too-wide');
  expect(await add({ issuer: github, conditions: { ref: ['refs/heads/main'] } })).toBe('identity.trust-too-wide');
  expect(await add({ issuer: github, conditions: { repository: ['acme*'] } })).toBe('identity.trust-too-wide');
  expect(await add({ issuer: github, conditions: { sub: ['repo:*'] } })).toBe('identity.trust-too-wide');
  expect(await add({ actions: ['approval.give'] })).toBe('identity.not-for-workloads');
  expect(await add({ actions: ['admin.people'] })).toBe('identity.not-for-workloads');
  expect(await add({ services: undefined })).toBe('identity.trust-needs-scope');
  for (const address of [
    'http://169.254.169.254/',
    'https://[::1]/',
    'https://10.0.0.1',
    'http://127.0.0.1:1',
    'file:///etc/passwd',
    'https://u:p@example.org',
  ])
    expect(await add({ issuer: address }), address).toMatch(/^egress\./);
  expect(await add({ name: 'shop-ci' })).toBe('identity.trust-exists');
});

test('with the trust everything ends that came in by it', async () => {
  const token = await issuer.sign(claims());
  // The key is the rotated one: ask for it now, as half a minute later would.
  const { issuerKeys } = await import('../issuer/keys.system.ts');
  await issuerKeys(floor.egress).look(issuer.url);
  expect(await refusal(token)).toBe('accepted');
  expect((await call(admin, 'GET', '/v1/workloads')).json['items']).toMatchObject([
    { name: 'gitlab' },
    { name: 'mighty' },
    { name: 'shop-ci', last: { repository: 'acme/shop' } },
  ]);
  expect((await call(admin, 'DELETE', '/v1/workloads/shop-ci')).status).toBe(200);
  expect(await refusal(token)).toMatch(/^401/);
  await expect(gate.authenticate(floor, `Bearer ${token}`)).rejects.toBeInstanceOf(Problem);
});
