import { expect, test } from 'vitest';
import { catalogSliceRoutes } from '../catalog/catalog.routes.ts';
import { catalogResolvers, servicesIn } from '../catalog/catalog.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import type { AccessGate } from '../platform/http/gate.port.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { notAllowed } from '../platform/platform.problems.ts';
import { testFloor } from '../testing/database.ts';
import { incidentResolver } from './environments.queries.ts';
import { environmentSliceRoutes } from './environments.routes.ts';
import { signDelivery } from '../kernel/webhook.ts';
import { setRunning } from './running.api.ts';

const floor = await testFloor();
const ada: Actor = {
  kind: 'person',
  id: 'per_ada',
  org: floor.org,
  credential: { kind: 'token', id: 'tok', actions: null, services: null },
};

/** `Bearer all` may do everything, `Bearer shop` what concerns the shop. */
const gate: AccessGate = {
  authenticate: async (_, authorization) => (authorization === undefined ? null : { ...ada, id: authorization.slice(7) }),
  authorise: async (_, actor, action, on) => {
    if (actor.id !== 'all' && on.service !== actor.id) throw notAllowed({ action, on: on.service ?? 'the organisation', roles: [] });
  },
  resolve: async (tx, kind, value) =>
    kind === 'incident' ? incidentResolver(tx, value) : (catalogResolvers as Record<string, typeof incidentResolver>)[kind]!(tx, value),
  visible: async (tx, actor) => (actor.id === 'all' ? 'all' : servicesIn(tx, [{ team: null, service: actor.id }])),
  holdsAnywhere: async () => true,
};
const routes = [...catalogSliceRoutes, ...environmentSliceRoutes({ existing: async (_, ids) => new Set(ids) })];
const app = buildApp(routes, { floor, gate, stopping: new AbortController().signal, observe: () => undefined });

type Answer = { status: number; body: Record<string, unknown> & { items?: Record<string, unknown>[] } };
async function ask(who: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await app.request(path, {
    method,
    ...init,
    headers: { host: 'localhost', authorization: `Bearer ${who}`, 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
const text =
  'teams: {web: {}}\nenvironments: {dev: {kind: development}, prod: {kind: production, after: dev, strategy: {canary: {steps: [{weight: 10, for: 1s}]}}}}\nservices: {shop: {team: web, run: {command: [x], smoke: {command: [y]}}}, bank: {team: web}}';

test('the catalog is planned, applied with the plan that was seen, and read back', async () => {
  const plan = await ask('all', 'POST', '/v1/catalog/plan', { text });
  expect(plan).toMatchObject({ status: 200, body: { unchanged: 0, changes: { length: 5 } } });
  expect(await ask('all', 'POST', '/v1/catalog/apply', { text, plan: digestOf('another') })).toMatchObject({
    status: 409,
    body: { code: 'catalog.stale-plan' },
  });
  expect(await ask('all', 'POST', '/v1/catalog/apply', { text, plan: plan.body['digest'] })).toMatchObject({ status: 200 });
  expect((await ask('all', 'GET', '/v1/services')).body.items?.map((one) => one['name'])).toEqual(['bank', 'shop']);
  expect((await ask('shop', 'GET', '/v1/services')).body.items?.map((one) => one['name'])).toEqual(['shop']);
  expect(await ask('shop', 'GET', '/v1/services/shop')).toMatchObject({ status: 200, body: { run: { smoke: { command: ['y'] } } } });
  expect(await ask('shop', 'GET', '/v1/services/bank')).toMatchObject({ status: 403 });
  expect(await ask('all', 'GET', '/v1/services/nope')).toMatchObject({ status: 404, body: { code: 'catalog.no-such-service' } });
  expect((await ask('all', 'GET', '/v1/environments')).body.items).toMatchObject([
    { name: 'dev' },
    { name: 'prod', strategy: { kind: 'canary' } },
  ]);
  expect((await ask('all', 'GET', '/v1/teams')).body.items).toMatchObject([{ name: 'web' }]);
});

test('a wrong file is a problem with every diagnostic', async () => {
  const { status, body } = await ask('all', 'POST', '/v1/catalog/plan', { text: 'services: {a: {team: x, tier: 9}}' });
  expect(status).toBe(422);
  expect(body).toMatchObject({
    code: 'catalog.invalid-file',
    data: { diagnostics: [{ code: 'yaml.wrong-value', range: { start: { line: 1, column: 31 } } }] },
  });
});

const release = `rel_${'1'.repeat(32)}`;
const deployment = `dep_${'1'.repeat(32)}`;

test('a person verifies what runs, and takes it back', async () => {
  const path = '/v1/environments/dev/verify';
  expect(await ask('all', 'POST', path, { service: 'shop', verdict: 'passed' })).toMatchObject({
    status: 409,
    body: { code: 'environments.nothing-runs' },
  });
  await floor.db.tx(floor.org, async (tx) => {
    const one = async (table: 'service' | 'environment', name: string): Promise<string> =>
      (await tx.one<{ id: string }>(`select id from ${table} where name = $1`, [name])).id;
    const running = {
      releaseId: release,
      version: '1.0.0',
      artifactDigests: [digestOf('a')],
      configurationDigest: digestOf('c'),
      deploymentId: deployment,
      rollback: false,
    };
    await setRunning(
      tx,
      { kind: 'agent', id: 'agt_1', org: floor.org },
      { ...running, serviceId: await one('service', 'shop'), environmentId: await one('environment', 'dev') },
    );
  });
  expect(await ask('shop', 'POST', path, { service: 'bank', verdict: 'passed' })).toMatchObject({ status: 403 });
  expect(await ask('shop', 'POST', path, { service: 'shop', verdict: 'passed', note: 'looked at it' })).toMatchObject({
    status: 201,
    body: { release, check: 'person', by: 'person:shop' },
  });
  expect(await ask('shop', 'POST', '/v1/environments/dev/revoke', { service: 'shop', release, reason: 'wrong' })).toMatchObject({
    status: 200,
    body: { revoked: 1 },
  });
  expect((await ask('shop', 'GET', `/v1/environments/dev/verifications?service=shop&release=${release}`)).body.items).toMatchObject([
    { verdict: 'passed', revoked: { reason: 'wrong' } },
  ]);
});

test('an incident lives through the API; another service sees nothing of it', async () => {
  const opened = await ask('shop', 'POST', '/v1/incidents', { service: 'shop', title: 'Down', severity: 'critical' });
  expect(opened).toMatchObject({ status: 201, body: { state: 'open', service: 'shop', environment: null } });
  const path = `/v1/incidents/${String(opened.body['id'])}`;
  expect(await ask('bank', 'POST', `${path}/resolve`, {})).toMatchObject({ status: 403 });
  expect((await ask('bank', 'GET', '/v1/incidents')).body.items).toEqual([]);
  expect(await ask('shop', 'POST', `${path}/link`, { deployments: [deployment] })).toMatchObject({
    status: 200,
    body: { deployments: [deployment] },
  });
  expect(await ask('shop', 'POST', `${path}/resolve`, {})).toMatchObject({ status: 200, body: { state: 'resolved' } });
  expect(await ask('shop', 'POST', `${path}/resolve`, {})).toMatchObject({ status: 409, body: { code: 'environments.incident-closed' } });
  expect(await ask('shop', 'GET', path)).toMatchObject({ status: 200, body: { state: 'resolved' } });
  expect(await ask('shop', 'POST', '/v1/incidents', { title: 'Of no service' })).toMatchObject({ status: 403 });
});

test('lists turn pages by a cursor that is checked', async () => {
  for (const title of ['one', 'two']) await ask('all', 'POST', '/v1/incidents', { title });
  const seen: unknown[] = [];
  let next: unknown = '';
  while (next !== null) {
    const page: Answer = await ask(
      'all',
      'GET',
      `/v1/incidents?limit=1${next === '' ? '' : `&cursor=${encodeURIComponent(String(next))}`}`,
    );
    seen.push(...(page.body.items ?? []).map((item) => item['title']));
    next = page.body['next'];
  }
  expect(seen).toEqual(['two', 'one', 'Down']);
  expect(await ask('all', 'GET', "/v1/incidents?cursor=2026'--")).toMatchObject({ status: 400 });
});

test('a webhook is made once, takes signed deliveries without a token, and ends', async () => {
  const hook = await ask('all', 'POST', '/v1/incident-hooks', { name: 'monitoring' });
  expect(hook).toMatchObject({ status: 201, body: { path: expect.stringMatching(/^\/v1\/hooks\/incidents\/hok_/) as string } });
  const path = String(hook.body['path']);
  const send = async (delivery: string, secret = String(hook.body['secret'])): Promise<Response> => {
    const seconds = String(Math.floor(Date.now() / 1000));
    const raw = JSON.stringify({ action: 'open', id: 'a1', title: 'From outside', service: 'shop' });
    const signature = signDelivery(secret, seconds, delivery, new TextEncoder().encode(raw));
    const headers = {
      host: 'localhost',
      'x-yardmaster-timestamp': seconds,
      'x-yardmaster-delivery': delivery,
      'x-yardmaster-signature-256': signature,
    };
    return app.request(path, { method: 'POST', body: raw, headers });
  };
  const first = await send('d1');
  expect([first.status, await first.json()]).toMatchObject([202, { accepted: true, duplicate: false }]);
  expect(await (await send('d1')).json()).toMatchObject({ duplicate: true, incident: null });
  expect((await send('d2', 'wrong')).status).toBe(401);
  expect((await app.request(path, { method: 'POST', body: '{}', headers: { host: 'localhost' } })).status).toBe(401);
  expect((await ask('all', 'DELETE', `/v1/incident-hooks/${path.split('/').at(-1) ?? ''}`)).status).toBe(200);
  expect((await send('d3')).status).toBe(401);
});
