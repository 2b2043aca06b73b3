import { expect, test } from 'vitest';
import type { RouteShape } from '../contract/route.ts';
import { openApi, type Api } from './api.fixture.ts';
import { sampleOf } from './samples.fixture.ts';

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
