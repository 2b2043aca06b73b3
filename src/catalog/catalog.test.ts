import { expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { digestOfValue } from '../kernel/digest.ts';
import { testFloor } from '../testing/database.ts';
import { applyCatalogFile, planCatalogFile } from './apply.commands.ts';
import {
  catalogResolvers,
  configurationChangersSince,
  dependantsOf,
  environmentsInOrder,
  policyChangersSince,
  serviceById,
  serviceByName,
  servicesIn,
} from './catalog.queries.ts';
import { listTeamViews } from './catalog.views.ts';

const floor = await testFloor();
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const person = (id: string): Actor => ({
  kind: 'person',
  id,
  org: floor.org,
  credential: { kind: 'token', id: 'tok', actions: null, services: null },
});
const ada = person('per_ada');
const bo = person('per_bo');
const bot: Actor = {
  kind: 'bot',
  id: 'bot_1',
  org: floor.org,
  owner: 'per_owner',
  credential: { kind: 'token', id: 'tok', actions: null, services: null },
};

const FILE = `
teams:
  web: {title: Web, members: [Ann@Example.com, bo@example.com]}
environments:
  prod: {kind: production, after: stage, strategy: {canary: {steps: [{weight: 10, for: 5s}, {weight: 50, for: 10s}]}}}
  dev: {kind: development}
  stage: {kind: staging, after: [dev]}
services:
  prices: {team: web, tier: 3}
  shop:
    team: web
    tier: 1
    depends-on: {prices: ^1.2}
    run: {command: [node, server.js]}
    configuration: {dev: {COLOUR: blue}, prod: {COLOUR: green}}
`;

async function apply(actor: Actor, text: string, prune = false) {
  const input = { text, file: 'yardmaster.yaml', prune };
  const { plan } = await tx((t) => planCatalogFile(t, input));
  return tx((t) => applyCatalogFile(t, actor, { ...input, plan: plan.digest }));
}
const facts = (type: string) =>
  tx((t) =>
    t.query<{ type: string; body: Record<string, unknown>; actor: string }>(
      `select type, body, actor from fact where type = $1 order by id`,
      [type],
    ),
  );

test('a catalog is planned, applied once, and then unchanged', async () => {
  const first = await apply(ada, FILE);
  expect(first.plan.changes.map((change) => `${change.act} ${change.kind} ${change.name}`)).toEqual([
    'create team web',
    'create environment dev',
    'create environment prod',
    'create environment stage',
    'create service prices',
    'create service shop',
  ]);
  const again = await apply(ada, FILE);
  expect(again.plan).toMatchObject({ changes: [], unchanged: 6 });
  expect(await facts('service.created')).toHaveLength(2);
  expect(await facts('service.changed')).toHaveLength(0);
});

test('queries answer in the words of the catalog', async () => {
  const shop = await tx((t) => serviceByName(t, 'shop'));
  expect(shop).toMatchObject({ team: 'web', tier: 1, policy: 'standard', dependsOn: [{ service: 'prices', range: '^1.2' }], version: 1 });
  expect(shop?.run).toMatchObject({ portEnv: 'PORT', health: '/healthz', readyWithinMs: 10_000 });
  expect((await tx(environmentsInOrder)).map((one) => [one.name, one.protected])).toEqual([
    ['dev', false],
    ['stage', false],
    ['prod', true],
  ]);
  expect(await tx((t) => dependantsOf(t, 'prices'))).toEqual(['shop']);
  expect(await tx((t) => servicesIn(t, [{ team: null, service: 'shop' }]))).toEqual(new Set([shop?.id]));
  expect((await tx((t) => servicesIn(t, [{ team: 'web', service: null }]))).size).toBe(2);
  expect((await tx((t) => servicesIn(t, []))).size).toBe(0);
  expect(await tx((t) => catalogResolvers.service(t, 'shop'))).toEqual({ service: 'shop', team: 'web' });
  await expect(tx((t) => catalogResolvers.service(t, 'shp'))).rejects.toMatchObject({ code: 'catalog.no-such-service', status: 404 });
  await expect(tx((t) => catalogResolvers.environment(t, 'nope'))).rejects.toMatchObject({ code: 'catalog.no-such-environment' });
  expect(await tx(listTeamViews)).toMatchObject([{ name: 'web', members: [], unknownMembers: 2 }]);
});

test('who changed the configuration is known by person, per environment, and bots by their owner', async () => {
  const shop = (await tx((t) => serviceByName(t, 'shop')))!;
  const before = await tx((t) => t.now());
  await apply(bo, FILE.replace('COLOUR: green', 'COLOUR: red'));
  await apply(bot, FILE.replace('COLOUR: green', 'COLOUR: red').replace('[node, server.js]', '[node, main.js]'));
  const changers = (environment?: string) => tx((t) => configurationChangersSince(t, shop.id, before, environment));
  expect((await changers()).map((one) => [one.person, one.environments])).toEqual([
    ['per_bo', ['prod']],
    ['per_owner', []],
  ]);
  // The way it runs touches every environment; a value of prod does not touch dev.
  expect((await changers('dev')).map((one) => one.person)).toEqual(['per_owner']);
  expect((await changers('prod')).map((one) => one.person)).toEqual(['per_bo', 'per_owner']);
  expect(await tx(async (t) => configurationChangersSince(t, shop.id, await t.now()))).toEqual([]);
  expect(await tx((t) => policyChangersSince(t, shop.id, before))).toEqual([]);
  const changed = await facts('service.changed');
  expect(changed[0]).toMatchObject({
    actor: 'person:per_bo',
    body: { name: 'shop', version: 2, fields: ['configuration'], environments: ['prod'] },
  });
  expect((await tx((t) => serviceById(t, shop.id)))?.version).toBe(3);
});

test('another default policy counts as a policy change of every service that follows it', async () => {
  const prices = (await tx((t) => serviceByName(t, 'prices')))!;
  const before = await tx((t) => t.now());
  await apply(ada, 'policy: regulated\nservices: {shop: {team: web, policy: startup}}');
  expect((await tx((t) => serviceById(t, prices.id)))?.policy).toBe('regulated');
  expect((await tx((t) => serviceByName(t, 'shop')))?.policy).toBe('startup');
  expect((await tx((t) => policyChangersSince(t, prices.id, before))).map((one) => one.person)).toEqual(['per_ada']);
  expect(await facts('catalog.default-policy-changed')).toMatchObject([{ body: { before: null, after: 'regulated' } }]);
});

test('a plan that was seen before somebody else applied is refused, and changes nothing', async () => {
  const mine = { text: 'teams: {mine: {}}', file: 'f', prune: false };
  const seen = await tx((t) => planCatalogFile(t, mine));
  await apply(bo, 'teams: {theirs: {}}');
  await expect(tx((t) => applyCatalogFile(t, ada, { ...mine, plan: seen.plan.digest }))).rejects.toMatchObject({
    code: 'catalog.stale-plan',
    status: 409,
  });
  await expect(tx((t) => applyCatalogFile(t, ada, { ...mine, text: 'teams: {other: {}}', plan: seen.plan.digest }))).rejects.toMatchObject({
    code: 'catalog.stale-plan',
  });
  expect((await tx(listTeamViews)).map((team) => team.name)).not.toContain('mine');
});

test('of many applies of one plan at once, one wins', async () => {
  const input = { text: 'teams: {race: {}}', file: 'f', prune: false };
  const { plan } = await tx((t) => planCatalogFile(t, input));
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, () => tx((t) => applyCatalogFile(t, ada, { ...input, plan: plan.digest }))),
  );
  expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  expect((await facts('team.created')).filter((fact) => fact.body['name'] === 'race')).toHaveLength(1);
});

test('only pruning removes, never what is still needed, and a removed name can be taken again', async () => {
  const shop = (await tx((t) => serviceByName(t, 'shop')))!;
  const kept = await apply(ada, 'teams: {web: {}}\nservices: {prices: {team: web}}');
  expect(kept.plan.changes.filter((change) => change.act === 'remove')).toEqual([]);
  await expect(apply(ada, 'services: {prices: {team: web}}', true)).rejects.toMatchObject({
    code: 'catalog.invalid-file',
    data: { diagnostics: [{ code: 'catalog.unknown-team' }] },
  });
  await apply(ada, 'teams: {web: {}}\nservices: {prices: {team: web}}', true);
  expect(await tx((t) => serviceByName(t, 'shop'))).toBeNull();
  expect((await tx((t) => serviceById(t, shop.id)))?.name).toBe('shop');
  expect(await facts('service.retired')).toMatchObject([{ body: { name: 'shop' } }]);
  await apply(ada, FILE);
  const fresh = await tx((t) => serviceByName(t, 'shop'));
  expect(fresh?.id).not.toBe(shop.id);
});

test('addresses of members are in no fact', async () => {
  const found = await tx((t) =>
    t.query(`select 1 from fact where body::text ilike '%example.com%' or convert_from(leaf, 'UTF8') ilike '%example.com%'`),
  );
  expect(found).toEqual([]);
});

test('an address can not be guessed from a fact either: its digest covers how many members there are', async () => {
  const before = (await facts('team.changed')).length;
  await apply(ada, FILE.replace('bo@example.com', 'cy@example.com'));
  const [last] = (await facts('team.changed')).slice(before);
  expect(last?.body['definition']).toBe(digestOfValue({ title: 'Web', members: 2 }));
});

test('another organisation sees nothing of it', async () => {
  await floor.db.tx('*', (t) =>
    t.query(`insert into organisation (id, name, created_at) values ('org_other', 'Other', '2026-01-01T00:00:00Z')`),
  );
  expect(await floor.db.read('org_other', (t) => serviceByName(t, 'shop'))).toBeNull();
  expect(await floor.db.read('org_other', environmentsInOrder)).toEqual([]);
});
