import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { RouteShape } from '../contract/route.ts';
import { system } from '../kernel/actor.ts';
import { supportBundle } from '../operations/support/bundle.system.ts';
import { rotateData, rotateMaster } from '../platform/keys/rotate.commands.ts';
import { resealTask, rewrapTask } from '../platform/keys/rotate.work.ts';
import { openApi, type Api } from './api.fixture.ts';
import { sampleOf } from './samples.fixture.ts';
import { sealedColumns } from './slices.ts';

// What is secret is shown once or never: no answer and no row of any table holds it afterwards.

const api: Api = await openApi();
const PLANTED = 'planted-value-of-a-secret-Qm7xW2';
const PASSWORD = 'planted passphrase of a person 93';
const CATALOG =
  'teams: {crew: {title: Crew}}\nenvironments: {dev: {kind: development}}\nservices: {shop: {team: crew, tier: 3, repository: https://example.org/shop.git}}\n';

const secrets = new Map<string, string>([
  ['the value of a secret', PLANTED],
  ['a password', PASSWORD],
  ['the token of the first admin', api.admin],
]);

const keyed = new Map<string, number>();

/** An unsafe call with an Idempotency-Key, as ym makes them: its answer is one that the server may keep. */
async function ok(method: string, path: string, body: unknown, token: string | null = api.admin): Promise<Record<string, unknown>> {
  const reply = await api.real(method, path, token, body, { 'idempotency-key': `key-${keyed.size}` });
  keyed.set(`${method} ${path} ${keyed.size}`, reply.status);
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
  return reply.json;
}

/** Makes one of everything that is secret. */
async function plant(): Promise<void> {
  const plan = await ok('POST', '/v1/catalog/plan', { text: CATALOG });
  await ok('POST', '/v1/catalog/apply', { text: CATALOG, plan: plan['digest'] });
  await ok('PUT', '/v1/services/shop/secrets/TOKEN', { value: PLANTED });
  const me = await ok('GET', '/v1/me', undefined);
  const invited = await ok('POST', '/v1/people', { name: 'Bo', emails: ['bo@example.org'], roles: [{ role: 'developer', on: {} }] });
  secrets.set('an invitation', String(invited['invitation']));
  const signedUp = await ok('POST', '/v1/setup', { link: invited['invitation'], password: PASSWORD }, null);
  secrets.set('a session of an invitation', String(signedUp['token']));
  const session = await ok('POST', '/v1/sessions', { email: 'bo@example.org', password: PASSWORD }, null);
  secrets.set('a session', String(session['token']));
  const { bot } = await ok('POST', '/v1/bots', { name: 'robot', owner: me['person'] });
  secrets.set('the token of a bot', String((await ok('POST', '/v1/tokens', { name: 'robot', bot }))['token']));
  secrets.set('the secret of a hook', String((await ok('POST', '/v1/services/shop/hook', undefined))['secret']));
  const incidents = await ok('POST', '/v1/incident-hooks', sampleOf(bodyOf('POST', '/v1/incident-hooks') as never));
  secrets.set('the secret of an incident hook', String(incidents['secret']));
  for (const kind of ['runners', 'agents'] as const) {
    const made = await ok('POST', `/v1/${kind}/registrations`, {});
    secrets.set(`the registration of ${kind}`, String(made['registration']));
    secrets.set(
      `the key of ${kind}`,
      String((await ok('POST', `/v1/${kind}`, { registration: made['registration'], name: 'm-1' }, null))['key']),
    );
  }
}

function bodyOf(method: string, path: string): unknown {
  return api.routes.find(({ route }) => route.method === method && route.path === path)?.route.body;
}

test('no GET answers a secret, to nobody; no table holds one in the clear', async () => {
  await plant();
  for (const [what, secret] of secrets) expect(secret.length, what).toBeGreaterThan(15);
  const runner = secrets.get('the key of runners') ?? '';
  const agent = secrets.get('the key of agents') ?? '';
  const leaks: string[] = [];
  let answered = 0;
  for (const { route } of api.routes) {
    if (route.method !== 'GET') continue;
    for (const token of [api.admin, runner, agent, null]) {
      const { status, text, headers } = await api.real('GET', pathOf(route), token);
      if (status === 200) answered += 1;
      for (const [what, secret] of secrets)
        if (`${text}${JSON.stringify([...headers])}`.includes(secret)) leaks.push(`GET ${route.path} answers ${what}`);
    }
  }
  expect(leaks).toEqual([]);
  expect(answered).toBeGreaterThan(20);
  expect(await tablesWith([...secrets])).toEqual([]);
});

test('no file of the state folder holds one, in any common form; after a rotation of all keys neither does a table', async () => {
  const { floor } = api;
  const actor = system(floor.org, 'test');
  await rotateMaster(floor, actor);
  await floor.db.tx(floor.org, (tx) => rotateData(tx, actor, null, null));
  await rewrapTask.run(floor, {}, floor.org);
  const old = await floor.db.read('*', (tx) => tx.query<{ id: string }>(`select id from data_key where state = 'old'`));
  expect(old.length).toBeGreaterThan(0);
  for (const { id } of old) await resealTask(sealedColumns).run(floor, { key: id }, floor.org);
  expect(await tablesWith([...secrets])).toEqual([]);
  expect(filesWith(floor.config.state, [...secrets])).toEqual([]);
  // The search does find what is there.
  const { digest } = await floor.blobs.put(`x${Buffer.from(PLANTED).toString('base64')}y`);
  expect(filesWith(floor.config.state, [['planted', PLANTED]])).toEqual([`planted lies in ${digest.slice(7)}`]);
});

test('a support bundle holds no secret and no e-mail address, not even where the log did', async () => {
  const leaky = [...secrets].map(([what, secret]) =>
    what === 'the value of a secret' || what === 'a password'
      ? `{"msg":"a step","env":{"token":"${secret}"},"password":"${secret}","by":"bo@example.org"}\n`
      : `{"msg":"GET /x?hook=1 with ${what === 'the secret of an incident hook' ? `secret=${secret}` : secret} by Bo <bo@example.org>"}\n`,
  );
  const { bytes, manifest } = await supportBundle(api.floor, sealedColumns, leaky);
  const text = gunzipSync(bytes).toString('utf8');
  for (const [what, secret] of secrets)
    for (const form of formsOf(secret)) expect(text.includes(form), `${what} as ${form.slice(0, 6)}...`).toBe(false);
  expect(text).not.toContain('@example.org');
  expect(text).toContain('<e-mail>');
  expect(manifest.files.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['doctor.json', 'instance.json', 'tables.json', 'jobs.json', 'server.log']),
  );
  for (const { name, bytes: size } of manifest.files) if (!name.endsWith('.log')) expect(size, name).toBeGreaterThan(2);
  expect(text).not.toContain('couldNotBeHad');
  const reply = await api.real('GET', '/v1/admin/support-bundle', api.admin);
  expect(reply.status).toBe(200);
});

test('the search of the tables finds what does lie in one', async () => {
  expect(await tablesWith([['an address', 'bo@example.org']])).toEqual(['an address lies in person_email']);
});

/** Which tables hold one of these values, as text or as bytes. */
async function tablesWith(values: readonly (readonly [string, string])[]): Promise<string[]> {
  return api.floor.db.read('*', async (tx) => {
    const tables = await tx.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      for (const [what, value] of values) {
        const hex = Buffer.from(value).toString('hex');
        const rows = await tx.query(`select 1 from ${name} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0 limit 1`, [
          value,
          hex,
        ]);
        if (rows.length > 0) found.push(`${what} lies in ${name.replace(/^public\./, '')}`);
      }
    }
    expect(tables.length).toBeGreaterThan(30);
    return found;
  });
}

/** A route's address with what the instance has: the service shop, the environment dev. */
function pathOf(route: RouteShape): string {
  const params = (route.params === undefined ? {} : sampleOf(route.params)) as Record<string, unknown>;
  const names: Record<string, string> = { service: 'shop', environment: 'dev' };
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? String(params[name])));
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [value, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex'), encodeURIComponent(value)];
}

/** Which files under a folder hold one of these values, in one of its common forms. */
function filesWith(folder: string, values: readonly (readonly [string, string])[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .flatMap((path) => {
      const text = readFileSync(path, 'latin1');
      return values
        .filter(([, value]) => formsOf(value).some((form) => text.includes(form)))
        .map(([what]) => `${what} lies in ${path.split('/').at(-1) ?? ''}`);
    });
}
