import { expect, test } from 'vitest';
import { applyCatalogFile, planCatalogFile } from '../catalog/apply.commands.ts';
import { environmentByName, serviceByName } from '../catalog/catalog.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { plus } from '../kernel/time.ts';
import { testFloor } from '../testing/database.ts';
import type { DeploymentLookup } from './deployment-lookup.port.ts';
import {
  healthOf,
  incidentResolver,
  lastVerified,
  openIncidents,
  runningEverywhere,
  runningHistory,
  verificationsOf,
  wasVerified,
  whatRuns,
} from './environments.queries.ts';
import { linkIncident, openIncident, resolveIncident } from './incident.commands.ts';
import { incidentViews } from './incident.views.ts';
import { setRunning } from './running.api.ts';
import { recordVerification, revokeVerifications } from './verification.api.ts';
import { verifyAsPerson } from './verify.commands.ts';

const floor = await testFloor();
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(floor.org, work);
const ada: Actor = {
  kind: 'person',
  id: 'per_ada',
  org: floor.org,
  credential: { kind: 'token', id: 'tok', actions: null, services: null },
};
const bot: Actor = {
  kind: 'bot',
  id: 'bot_1',
  org: floor.org,
  owner: 'per_ada',
  credential: { kind: 'token', id: 'tok', actions: null, services: null },
};
const agent: Actor = { kind: 'agent', id: 'agt_1', org: floor.org };
const DEPLOYMENTS = new Set(['dep_1', 'dep_2']);
const lookup: DeploymentLookup = { existing: async (_, ids) => new Set(ids.filter((id) => DEPLOYMENTS.has(id))) };

const text =
  'teams: {web: {}}\nenvironments: {dev: {kind: development}, prod: {kind: production, after: dev}}\nservices: {shop: {team: web}, prices: {team: web}}';
const { plan } = await tx((t) => planCatalogFile(t, { text, file: 'f', prune: false }));
await tx((t) => applyCatalogFile(t, ada, { text, file: 'f', prune: false, plan: plan.digest }));
const shop = (await tx((t) => serviceByName(t, 'shop')))!;
const dev = (await tx((t) => environmentByName(t, 'dev')))!;
const prod = (await tx((t) => environmentByName(t, 'prod')))!;

const act = (release: string, deployment: string, rollback = false, environmentId = dev.id) =>
  tx((t) =>
    setRunning(t, agent, {
      serviceId: shop.id,
      environmentId,
      releaseId: release,
      version: `1.0.${release.at(-1) ?? ''}`,
      artifactDigests: [digestOf(release)],
      configurationDigest: digestOf('configuration'),
      deploymentId: deployment,
      rollback,
    }),
  );
const check = (release: string, verdict: 'passed' | 'failed', name: 'health' | 'smoke' = 'health', deployment = 'dep_1') =>
  tx((t) =>
    recordVerification(t, agent, {
      serviceId: shop.id,
      environmentId: dev.id,
      releaseId: release,
      deploymentId: deployment,
      check: name,
      verdict,
      evidence: 'act_1',
    }),
  );
const count = async (type: string) =>
  Number((await tx((t) => t.one<{ n: number }>(`select count(*) as n from fact where type = $1`, [type]))).n);

test('what runs is said once per deployment, with the word of CDEvents, and history closes behind it', async () => {
  expect(await tx((t) => whatRuns(t, shop.id, dev.id))).toBeNull();
  expect(await act('rel_1', 'dep_1')).toBe(true);
  expect(await act('rel_1', 'dep_1')).toBe(false);
  expect(await act('rel_2', 'dep_2')).toBe(true);
  expect(await act('rel_1', 'dep_3', true)).toBe(true);
  expect([await count('service.deployed'), await count('service.upgraded'), await count('service.rolledback')]).toEqual([1, 1, 1]);
  expect(await tx((t) => whatRuns(t, shop.id, dev.id))).toMatchObject({
    releaseId: 'rel_1',
    deploymentId: 'dep_3',
    version: '1.0.1',
    artifactDigests: [digestOf('rel_1')],
  });
  const history = await tx((t) => runningHistory(t, shop.id, dev.id));
  expect(history.map((row) => [row.deploymentId, row.change, row.until === null])).toEqual([
    ['dep_3', 'rolledback', true],
    ['dep_2', 'upgraded', false],
    ['dep_1', 'deployed', false],
  ]);
  expect(history[1]?.until).toBe(history[0]?.since);
  await act('rel_9', 'dep_9', false, prod.id);
  expect((await tx((t) => runningEverywhere(t, shop.id))).map((row) => row.environmentId)).toEqual([dev.id, prod.id]);
  const rolled = await tx((t) => t.one<{ body: object }>(`select body from fact where type = 'service.rolledback'`));
  expect(rolled.body).toMatchObject({ deployment: 'dep_3', previous: { release: 'rel_2', version: '1.0.2', deployment: 'dep_2' } });
});

test('of many writers of one deployment at once, one records', async () => {
  const six = <T>(work: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 6 }, work));
  // Six open connections, or the first is done before the second has begun.
  await six(() => tx((t) => t.query('select pg_sleep(0.05)')));
  for (const round of [1, 2, 3, 4, 5]) expect((await six(() => act('rel_3', `dep_race${round}`))).filter(Boolean)).toHaveLength(1);
  await act('rel_3', 'dep_race');
  const history = await tx((t) => runningHistory(t, shop.id, dev.id));
  expect(history.filter((row) => row.until === null)).toHaveLength(1);
  expect(history.filter((row) => row.deploymentId.startsWith('dep_race'))).toHaveLength(6);
});

test('a probe that repeats itself says it once; a later failure revokes what it said', async () => {
  await check('rel_1', 'passed');
  await check('rel_1', 'passed');
  await check('rel_1', 'passed', 'smoke');
  expect(await count('environment.verified')).toBe(2);
  expect(await tx((t) => wasVerified(t, shop.id, dev.id, 'rel_1'))).toBe(true);
  await check('rel_1', 'failed');
  expect(await tx((t) => wasVerified(t, shop.id, dev.id, 'rel_1'))).toBe(false);
  expect(await count('environment.verification-revoked')).toBe(1);
  expect(await count('environment.verification-failed')).toBe(1);
  const said = await tx((t) => verificationsOf(t, shop.id, dev.id, 'rel_1'));
  expect(said.map((word) => [word.check, word.verdict, word.revoked?.reason ?? null])).toEqual([
    ['health', 'passed', 'the same check failed later'],
    ['smoke', 'passed', null],
    ['health', 'failed', null],
  ]);
  await check('rel_1', 'passed');
  expect(await tx((t) => wasVerified(t, shop.id, dev.id, 'rel_1'))).toBe(true);
});

test('a rollback goes to the last release that was verified here, never to the one that is left', async () => {
  expect(await tx((t) => lastVerified(t, shop.id, dev.id, 'rel_3'))).toMatchObject({ releaseId: 'rel_1' });
  expect(await tx((t) => lastVerified(t, shop.id, dev.id, 'rel_1'))).toBeNull();
  const revoked = await tx((t) =>
    revokeVerifications(t, ada, { serviceId: shop.id, environmentId: dev.id, releaseId: 'rel_1', reason: 'wrong prices' }),
  );
  expect(revoked).toBe(2);
  expect(await tx((t) => lastVerified(t, shop.id, dev.id, 'rel_3'))).toBeNull();
  expect(
    await tx((t) => revokeVerifications(t, ada, { serviceId: shop.id, environmentId: dev.id, releaseId: 'rel_1', reason: 'again' })),
  ).toBe(0);
});

test('a person verifies what runs now, by name; bots, other releases and empty places are refused', async () => {
  const ask = (actor: Actor, release: string | null, environment = dev) =>
    tx((t) => verifyAsPerson(t, actor, { service: shop, environment, verdict: 'passed', note: 'looked', release }));
  await expect(ask(bot, null)).rejects.toMatchObject({ code: 'environments.person-needed', status: 403 });
  await expect(ask(ada, 'rel_1')).rejects.toMatchObject({ code: 'environments.other-release-runs' });
  const prices = (await tx((t) => serviceByName(t, 'prices')))!;
  await expect(
    tx((t) => verifyAsPerson(t, ada, { service: prices, environment: dev, verdict: 'passed', note: null, release: null })),
  ).rejects.toMatchObject({
    code: 'environments.nothing-runs',
  });
  expect(await ask(ada, 'rel_3')).toMatchObject({ check: 'person', by: 'person:per_ada', releaseId: 'rel_3', deploymentId: 'dep_race' });
  expect(await tx((t) => wasVerified(t, shop.id, dev.id, 'rel_3'))).toBe(true);
});

test('an incident is opened, linked to deployments that exist, and resolved once', async () => {
  const input = {
    serviceId: shop.id,
    environmentId: dev.id,
    severity: 'critical' as const,
    title: 'No prices',
    description: null,
    startedAt: null,
    deployments: [],
  };
  expect(await tx((t) => healthOf(t, shop.id, dev.id))).toEqual({ state: 'healthy', because: [] });
  const incident = await tx((t) => openIncident(t, ada, lookup, input));
  expect(incident).toMatchObject({ state: 'open', source: 'person', deployments: [] });
  expect(await tx((t) => healthOf(t, shop.id, dev.id))).toEqual({ state: 'down', because: [incident.id] });
  expect(await tx((t) => openIncidents(t, shop.id, prod.id))).toEqual([]);
  expect(await tx((t) => incidentResolver(t, incident.id))).toEqual({ service: 'shop', team: 'web', environment: 'dev' });

  await expect(tx((t) => linkIncident(t, ada, lookup, incident.id, ['dep_1', 'dep_none']))).rejects.toMatchObject({
    code: 'environments.no-such-deployment',
  });
  expect(await count('incident.linked')).toBe(0);
  await tx((t) => linkIncident(t, ada, lookup, incident.id, ['dep_1', 'dep_1']));
  expect((await tx((t) => linkIncident(t, ada, lookup, incident.id, ['dep_1', 'dep_2']))).deployments).toEqual(['dep_1', 'dep_2']);
  expect(await count('incident.linked')).toBe(2);

  const now = await tx((t) => t.now());
  await expect(tx((t) => resolveIncident(t, ada, incident.id, plus(now, 60_000)))).rejects.toMatchObject({
    code: 'environments.wrong-instant',
  });
  await expect(tx((t) => resolveIncident(t, ada, incident.id, plus(incident.startedAt, -1)))).rejects.toMatchObject({
    code: 'environments.wrong-instant',
  });
  const ends = await Promise.allSettled(Array.from({ length: 5 }, () => tx((t) => resolveIncident(t, ada, incident.id, null))));
  expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1);
  expect(await count('incident.resolved')).toBe(1);
  await expect(tx((t) => resolveIncident(t, ada, incident.id, null))).rejects.toMatchObject({ code: 'environments.incident-closed' });
  // The cause is often found after the repair.
  await expect(tx((t) => linkIncident(t, ada, lookup, incident.id, ['dep_2']))).resolves.toMatchObject({ state: 'resolved' });
  await expect(tx((t) => openIncident(t, ada, lookup, { ...input, startedAt: plus(now, 3_600_000) }))).rejects.toMatchObject({
    code: 'environments.wrong-instant',
  });
});

test('an incident without an environment counts in every one, and lists show only what may be seen', async () => {
  const wide = await tx((t) =>
    openIncident(t, ada, lookup, {
      serviceId: shop.id,
      environmentId: null,
      severity: 'minor',
      title: 'Slow',
      description: null,
      startedAt: null,
      deployments: [],
    }),
  );
  expect((await tx((t) => openIncidents(t, shop.id, prod.id))).map((one) => one.id)).toEqual([wide.id]);
  expect((await tx((t) => healthOf(t, shop.id, prod.id))).state).toBe('degraded');
  const all = { state: null, service: null, environment: null, services: null, after: null, limit: 10 };
  expect(await tx((t) => incidentViews(t, all))).toHaveLength(2);
  expect(await tx((t) => incidentViews(t, { ...all, services: [] }))).toEqual([]);
  const [first] = await tx((t) => incidentViews(t, { ...all, limit: 1 }));
  expect(first).toMatchObject({ id: wide.id, service: 'shop', environment: null });
  const rest = await tx((t) => incidentViews(t, { ...all, after: { detectedAt: first!.detectedAt, id: first!.id } }));
  expect(rest.map((one) => one.title)).toEqual(['No prices']);
});
