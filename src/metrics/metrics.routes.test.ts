import { expect, test } from 'vitest';
import { openApi } from '../app/api.fixture.ts';
import type { KpiView, TrendWeek } from '../contract/metrics.ts';
import { incidentDetected, serviceUpgraded } from '../environments/environments.events.ts';
import { releaseCreated } from '../releases/releases.events.ts';
import { system } from '../kernel/actor.ts';
import { releaseWorld } from '../testing/release-world.ts';

const api = await openApi();
const world = await releaseWorld(api.floor);
const { shop, prod, dev, floor } = world;
const me = system(floor.org, 'test');
const digest = `sha256:${'a'.repeat(64)}`;

/** A release with one commit, made now and running in an environment now. */
async function ship(release: string, environment: { id: string; name: string }, type = 'standard'): Promise<void> {
  await world.tx(async (tx) => {
    const made = {
      version: release,
      type,
      commit: 'c',
      run: 'r',
      digests: [digest],
      change: 'c',
      plan: 'manual',
      targets: ['prod'],
      requestedBy: null,
      notesDigest: digest,
      commits: [],
      more: 0,
    };
    await tx.record(releaseCreated, { subject: release, actor: me, service: shop.id, body: made });
    const runs = {
      environment: environment.id,
      release,
      version: release,
      artifacts: [digest],
      configuration: digest,
      deployment: `dep-${release}`,
      previous: null,
    };
    await tx.record(serviceUpgraded, { subject: shop.id, actor: me, service: shop.id, body: runs });
  });
}
const get = async (path: string) => (await api.real('GET', path, api.admin)).json;
const dora = async (query = ''): Promise<Record<'deploymentFrequency' | 'changeFailureRate' | 'reworkRate', KpiView>> =>
  (await get(`/v1/metrics/dora${query}`)) as never;

await ship('one', prod);
await ship('two', prod, 'hotfix');
await ship('three', dev);
await world.tx((tx) =>
  tx.record(incidentDetected, {
    subject: 'inc-1',
    actor: me,
    service: shop.id,
    body: {
      service: shop.id,
      environment: prod.id,
      severity: 'high',
      startedAt: '2026-01-01T00:00:00.000Z',
      detectedAt: '2026-01-01T00:00:00.000Z',
      source: 'person',
    },
  }),
);

test('figures count what runs in production, by service, team, tier and environment; and open to what is behind them', async () => {
  const all = await dora('?days=1');
  expect(all.deploymentFrequency).toMatchObject({
    value: 2,
    counted: 2,
    before: { value: null, counted: 0 },
    services: [{ service: 'shop', counted: 2 }],
  });
  expect(all.reworkRate).toMatchObject({ value: 0.5 });
  expect(all.changeFailureRate).toMatchObject({ value: null, unknown: [{ what: 'incident inc-1' }] });
  for (const query of ['service=shop', 'team=' + shop.team, 'tier=1', 'environment=prod'])
    expect((await dora(`?days=1&${query}`)).deploymentFrequency.counted).toBe(2);
  for (const query of ['service=bank', 'team=nobody', 'tier=3'])
    expect((await dora(`?days=1&${query}`)).deploymentFrequency.value).toBeNull();
  expect(await get('/v1/metrics/dora?environment=dev')).toMatchObject({ code: 'metrics.not-production' });
});

test('what a number opens to is exactly what it counts; pages go on; excluded and unknown have their reason', async () => {
  const events = (query: string) =>
    get(`/v1/metrics/dora/events?days=1&${query}`) as Promise<{
      items: { role: string; what: string; why: string | null; service: string }[];
      next: string | null;
      total: object;
    }>;
  const counted = await events('figure=deploymentFrequency');
  expect(counted.items.map((one) => [one.role, one.what, one.service])).toEqual([
    ['counted', 'deployment dep-two', 'shop'],
    ['counted', 'deployment dep-one', 'shop'],
  ]);
  const first = await events('figure=deploymentFrequency&limit=1');
  const second = await events(`figure=deploymentFrequency&limit=1&cursor=${first.next}`);
  expect([...first.items, ...second.items]).toEqual(counted.items);
  expect(second.next).toBeNull();
  const failures = await events('figure=changeFailureRate');
  expect(failures.items).toMatchObject([{ role: 'unknown', what: 'incident inc-1', why: expect.stringContaining('nobody linked') }]);
  expect(failures.total).toEqual({ counted: 0, excluded: 0, unknown: 1 });
  expect((await events('figure=changeFailureRate&role=counted')).items).toEqual([]);
  const file = await api.real('GET', '/v1/metrics/dora/events.csv?days=1&figure=deploymentFrequency', api.admin);
  expect(file.text.trim().split('\r\n')).toHaveLength(3);
});

test('the last week of the trend is the figure of the last seven days', async () => {
  const { items } = (await get('/v1/metrics/dora/trend?weeks=3')) as { items: TrendWeek[] };
  expect(items).toHaveLength(3);
  expect(items[0]?.deploymentFrequency).toEqual({ value: null, counted: 0, unknown: 0 });
  const week = (await dora('?days=7')).deploymentFrequency;
  expect(items[2]?.deploymentFrequency).toEqual({ value: week.value, counted: week.counted, unknown: 0 });
  expect(items[2]?.changeFailureRate).toMatchObject({ unknown: 1 });
  for (const name of ['dora', 'dora/trend']) expect((await api.real('GET', `/v1/metrics/${name}.csv`, api.admin)).status).toBe(200);
});
