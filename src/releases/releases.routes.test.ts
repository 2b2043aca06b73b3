import { expect, test } from 'vitest';
import { catalogResolvers, servicesIn } from '../catalog/catalog.queries.ts';
import { changesRoutes } from '../changes/changes.routes.ts';
import type { Role } from '../contract/actions.ts';
import { makeGate } from '../identity/gate.api.ts';
import { deleteBinding, insertBinding, insertCredential } from '../identity/identity.store.ts';
import { secretDigest } from '../identity/password.system.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { testFloor } from '../testing/database.ts';
import { releaseWorld, type Who } from '../testing/release-world.ts';
import { freezesRoutes } from './calendar/freezes.routes.ts';
import { mirrorHistory } from './history.queries.ts';
import { releaseResolver, releasesRoutes } from './releases.routes.ts';

const world = await releaseWorld(await testFloor());
const { floor, people } = world;
const gate = makeGate({ machines: [], resolvers: { ...catalogResolvers, release: releaseResolver }, servicesIn });
const mounted = [...releasesRoutes({ history: mirrorHistory }), ...freezesRoutes, ...changesRoutes];
const app = buildApp(mounted, { floor, gate, stopping: new AbortController().signal, observe: () => undefined });

/** A token of a person or bot, as narrow as asked; answers its text. */
async function token(holder: string, actions: string[] | null = null): Promise<string> {
  const key = `ym_tok_${floor.randomHex(16)}`;
  await world.tx(async (tx) => {
    const at = await tx.now();
    const row = {
      id: floor.newId('tok'),
      org_id: floor.org,
      holder_id: holder,
      kind: 'token' as const,
      name: 'test',
      actions,
      services: null,
    };
    await insertCredential(tx, {
      ...row,
      created_at: at,
      expires_at: '2100-01-01T00:00:00.000Z',
      secretDigest: secretDigest(key),
      by: 'test',
    } as never);
  });
  return key;
}

type Answer = { status: number; json: Record<string, never> & { [key: string]: unknown } };

async function call(key: string | null, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { host: 'localhost', 'content-type': 'application/json', 'idempotency-key': floor.randomHex(16) };
  if (key !== null) headers['authorization'] = `Bearer ${key}`;
  const response = await app.request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: response.status, json: (await response.json()) as Answer['json'] };
}

const role = (who: Who, name: Role) =>
  world.tx(async (tx) =>
    insertBinding(tx, {
      id: floor.newId('rol'),
      org: floor.org,
      holder: people[who].id,
      role: name,
      team: null,
      service: null,
      environment: null,
      by: 'test',
      at: await tx.now(),
    }),
  );

const run = await world.build(await world.commit('feat: a thing'));
await role('rita', 'developer');
await role('ann', 'developer');
await world.tx((tx) => deleteBinding(tx, people.ann.id, 'approver', null, null, null));
const [rita, ann, beth, mona] = await Promise.all((['rita', 'ann', 'beth', 'mona'] as const).map((who) => token(people[who].id)));

test('the whole road over HTTP: release, refused self-approval on record, approval, may-ship, freeze, replay', async () => {
  // What it would be called is told before, and nothing is given by asking.
  for (let time = 0; time < 2; time += 1)
    expect(await call(rita!, 'GET', '/v1/services/shop/next-version')).toMatchObject({
      status: 200,
      json: { next: '0.1.0', tag: 'v0.1.0', run, strategy: 'trunk', branch: 'main', refused: false, preview: false, held: [], more: 0 },
    });
  expect(await call(rita!, 'GET', '/v1/services/nowhere/next-version')).toMatchObject({ status: 404 });
  const made = await call(rita!, 'POST', '/v1/releases', { service: 'shop', run });
  expect(made).toMatchObject({
    status: 201,
    json: { version: '0.1.0', service: 'shop', schemaChange: 'none', requestedBy: people.rita.id },
  });
  const release = String(made.json['id']);
  const shown = await call(beth!, 'GET', `/v1/releases/${release}`);
  const prod = (shown.json['environments'] as unknown as { environment: string; intent: string; version: number; verdict: string }[]).find(
    (one) => one.environment === 'prod',
  )!;
  expect(prod.verdict).toBe('wait');
  const ballot = { environment: 'prod', verdict: 'approve', reason: 'read it', intent: prod.intent, version: prod.version };
  const path = `/v1/releases/${release}/approvals`;

  // The author holds no approver role: refused for what they did, and on record, all the same.
  expect(await call(ann!, 'POST', path, ballot)).toMatchObject({
    status: 403,
    json: { code: 'changes.self-approval', remedy: expect.any(String) },
  });
  expect(await call(rita!, 'POST', path, ballot)).toMatchObject({ status: 403, json: { code: 'changes.self-approval' } });
  expect((await world.facts('approval.refused')).filter((fact) => fact.subject === release)).toHaveLength(2);
  const narrow = await token(people.beth.id, ['release.read']);
  expect(await call(narrow, 'POST', path, ballot)).toMatchObject({ status: 403, json: { code: 'changes.no-role-in-route' } });
  expect(await call(null, 'POST', path, ballot)).toMatchObject({ status: 401 });
  expect(await call(beth!, 'POST', path, { ...ballot, version: 99 })).toMatchObject({ status: 409, json: { code: 'changes.stale-vote' } });
  expect(await call(beth!, 'POST', path, ballot)).toMatchObject({ status: 201, json: { state: 'active', person: people.beth.id } });
  expect(await call(rita!, 'GET', `/v1/releases/${release}/may-ship?environment=prod`)).toMatchObject({
    status: 200,
    json: { verdict: 'allow', decision: null },
  });

  expect(await call(rita!, 'POST', '/v1/freezes/stop-the-line', { reason: 'r', ticket: 'T' })).toMatchObject({ status: 403 });
  const stopped = await call(mona!, 'POST', '/v1/freezes/stop-the-line', { reason: 'fire', ticket: 'INC-1' });
  expect(stopped).toMatchObject({
    status: 201,
    json: {
      freeze: { activeNow: true },
      blocks: [
        { release, environment: 'dev' },
        { release, environment: 'prod' },
      ],
    },
  });
  expect(await call(rita!, 'GET', `/v1/releases/${release}/may-ship?environment=prod`)).toMatchObject({
    json: { verdict: 'wait', earliest: null },
  });
  const freeze = stopped.json['freeze'] as unknown as { id: string; version: number };
  expect(await call(mona!, 'POST', `/v1/freezes/${freeze.id}/end`, { reason: 'out', version: freeze.version })).toMatchObject({
    status: 200,
    json: { activeNow: false },
  });

  const { mayShip } = await import('./may-ship.api.ts');
  const answer = await world.tx((tx) =>
    mayShip(tx, { releaseId: release, environmentId: world.prod.id, actor: people.rita, purpose: 'deploy', record: true }),
  );
  expect(await call(rita!, 'GET', `/v1/decisions/${answer.decision}`)).toMatchObject({
    status: 200,
    json: { digest: answer.digest, verdict: 'allow' },
  });
  expect(await call(rita!, 'POST', `/v1/decisions/${answer.decision}/replay`, {})).toMatchObject({
    json: { same: true, derived: answer.digest, differences: [] },
  });
  expect(await call(rita!, 'GET', `/v1/releases/${release}/decisions`)).toMatchObject({
    json: { items: [{ decision: answer.decision }], next: null },
  });
  expect(await call(rita!, 'GET', `/v1/changes?service=shop`)).toMatchObject({
    json: { items: [{ release, state: 'open', type: 'normal' }], next: null },
  });
});

test('what is asked wrongly is a problem with a remedy: unknown names, fields and forms', async () => {
  const wrong: [string, string, unknown, number][] = [
    ['POST', '/v1/releases', { service: 'nothing', run }, 404],
    ['POST', '/v1/releases', { service: 'shop', run, extra: 1 }, 400],
    ['POST', '/v1/releases', { service: ['shop'], run }, 400],
    ['GET', `/v1/releases/rel_${'0'.repeat(32)}`, undefined, 404],
    ['GET', `/v1/decisions/dec_${'0'.repeat(32)}`, undefined, 404],
    ['GET', '/v1/releases/rel_x', undefined, 400],
    ['GET', '/v1/releases?limit=9999', undefined, 400],
  ];
  for (const [method, path, body, status] of wrong) {
    const answer = await call(rita!, method, path, body);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.json).toMatchObject({ code: expect.any(String), remedy: expect.any(String) });
  }
  const freeze = {
    kind: 'deny',
    scope: {},
    when: { kind: 'recurring', start: '2026-06-01T08:00', minutes: 60, zone: 'Mars/Base', rule: 'FREQ=DAILY' },
    reason: 'r',
    ticket: 't',
  };
  expect(await call(mona!, 'POST', '/v1/freezes', freeze)).toMatchObject({ status: 400, json: { code: 'releases.bad-window' } });
  expect(await call(rita!, 'GET', '/v1/releases?cursor=junk')).toMatchObject({ status: 200 });
});
