import { expect, test } from 'vitest';
import { seedBigYard } from '../../../web/journeys/support/seed-big-yard.ts';
import { openApi } from '../../app/api.fixture.ts';
import type { Board } from '../../contract/yard.ts';

const api = await openApi();
const board = async (query = '', token = api.admin): Promise<Board> => {
  const reply = await api.real('GET', `/v1/yard${query}`, token);
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
  return reply.json as Board;
};
/** A bot that holds viewer over one scope. */
async function viewer(name: string, on: object): Promise<string> {
  const { person } = (await api.real('GET', '/v1/me', api.admin)).json;
  const { bot } = (await api.real('POST', '/v1/bots', api.admin, { name, owner: person })).json;
  await api.real('POST', '/v1/roles', api.admin, { holder: bot, role: 'viewer', on });
  return String((await api.real('POST', '/v1/tokens', api.admin, { name, bot })).json['token']);
}

test('an empty instance shows the road, and only that one is signed in', async () => {
  const empty = await board();
  expect(empty).toMatchObject({ environments: [], rows: [], services: 0, teams: [] });
  expect(empty.firstSteps?.filter((one) => one.done).map((one) => one.step)).toEqual(['sign-in']);
});

test('a yard of 60 services: every place with its version, what is odd where it was put, and each filter finds what it counts', async () => {
  await seedBigYard(api.floor, { services: 60, environments: 5, releases: 4, runs: 2 });
  const whole = await board();
  expect(whole.rows).toHaveLength(60);
  expect(whole.environments.map((one) => [one.name, one.agentAlive])).toEqual(
    ['dev', 'test', 'stage', 'pre', 'prod'].map((name) => [name, true]),
  );
  expect(whole.firstSteps).toBe(null);
  for (const row of whole.rows) for (const cell of row.cells) expect(row.versions[cell?.is ?? -1]?.version).toMatch(/^1\.[1-4]\.0$/);
  const moving = whole.rows.find((row) => row.service.endsWith('-040'));
  expect(moving?.cells[4]?.moving).toMatchObject({ state: 'observing', weight: 10 });
  expect(whole.rows.find((row) => row.service.endsWith('-051'))?.cells[4]?.failed).toMatchObject({ state: 'failed' });
  expect(whole.rows.find((row) => row.service.endsWith('-041'))?.cells[4]?.health).toBe('degraded');
  for (const state of [
    'moving',
    'waiting',
    'failed',
    'incident',
    'pending',
    'build-failed',
    'building',
    'drift',
    'unverified',
    'debt',
  ] as const)
    expect((await board(`?state=${state}`)).rows).toHaveLength(whole.counts[state]);
  expect(whole.counts.waiting).toBeGreaterThan(0);
  const team = whole.rows[0]?.team ?? '';
  expect(new Set((await board(`?team=${team}&tier=${whole.rows[0]?.tier}`)).rows.map((row) => row.team))).toEqual(new Set([team]));
  expect((await board('?text=CART')).rows.every((row) => row.service.includes('cart'))).toBe(true);
  expect((await board('?text=%25')).rows).toEqual([]);
});

test('asked again with its tag it is 304, also when a fact came that changes nothing of it, and anew once something has', async () => {
  const first = await api.real('GET', '/v1/yard', api.admin);
  const tag = first.headers.get('etag') ?? '';
  await viewer('unrelated', {});
  expect(await api.real('GET', '/v1/yard', api.admin, undefined, { 'if-none-match': tag })).toMatchObject({ status: 304, text: '' });
  await api.real('POST', '/v1/freezes/stop-the-line', api.admin, { reason: 'smoke', ticket: 'T-1' });
  const after = await api.real('GET', '/v1/yard', api.admin, undefined, { 'if-none-match': tag });
  expect(after).toMatchObject({ status: 200, json: { freezes: [{ reason: 'smoke', until: null, by: 'Ada Admin' }] } });
});

test('who sees one team sees the rows, counts and teams of it, and no other viewer’s answer', async () => {
  const tag = (await api.real('GET', '/v1/yard', api.admin)).headers.get('etag') ?? '';
  const token = await viewer('narrow', { team: 'team-02' });
  const own = await api.real('GET', '/v1/yard', token, undefined, { 'if-none-match': tag });
  expect(own).toMatchObject({ status: 200, json: { services: 3, teams: ['team-02'], firstSteps: null } });
  expect(new Set((own.json as Board).rows.map((row) => row.team))).toEqual(new Set(['team-02']));
});

test('the card of a place says who brought it, who verified it and what comes next', async () => {
  const row = (await board()).rows.find((one) => one.service.endsWith('-040'));
  const card = await api.real('GET', `/v1/yard/cells/${row?.service}/prod`, api.admin);
  expect(card).toMatchObject({
    status: 200,
    json: {
      running: { version: row?.versions[row.cells[4]?.is ?? -1]?.version, requestedBy: { name: 'system:promotion' } },
      verifications: [{ check: 'health' }, { check: 'smoke' }],
      next: { version: '1.4.0', deployment: { state: 'observing' } },
    },
  });
  expect((await api.real('GET', `/v1/yard/cells/${row?.service}/nowhere`, api.admin)).status).toBe(404);
});

test('a service on one page: its places, what it needs and who needs it, with whether they fit', async () => {
  const row = (await board()).rows.find((one) => one.service.endsWith('-040'));
  const page = await api.real('GET', `/v1/services/${row?.service}/overview`, api.admin);
  expect(page).toMatchObject({ status: 200, json: { service: { name: row?.service }, runs: { length: 2 }, releases: { length: 4 } } });
  const needs = page.json['needs'] as { service: string; places: { fits: string }[] }[];
  const neededBy = page.json['neededBy'] as { service: string }[];
  expect([needs.map((one) => one.service.slice(-3)), neededBy.map((one) => one.service.slice(-3))]).toEqual([['020'], ['060']]);
  expect(needs[0]?.places.map((one) => one.fits)).toEqual(['yes', 'yes', 'yes', 'yes', 'yes']);
  // The seed started everything with other values than the catalog has.
  expect(page.json['outdated']).toEqual(['dev', 'test', 'stage', 'pre', 'prod']);
  expect(page.text).not.toContain('"sealed"');
});

test('the environments add up to the board, and one shows what was said and what is done there', async () => {
  const whole = await board();
  const { items } = (await api.real('GET', '/v1/yard/environments', api.admin)).json as { items: Record<string, unknown>[] };
  expect(items.map((one) => [one['name'], one['running'], (one['agents'] as unknown[]).length])).toEqual(
    ['dev', 'test', 'stage', 'pre', 'prod'].map((name) => [name, 60, 1]),
  );
  expect(items[4]).toMatchObject({ waiting: whole.counts.waiting, moving: whole.counts.moving, incidents: whole.counts.incident });
  const prod = await api.real('GET', '/v1/yard/environments/prod', api.admin);
  expect(prod).toMatchObject({ status: 200, json: { rows: { length: 60 }, verifications: { length: 50 }, history: { length: 50 } } });
  expect((await api.real('GET', '/v1/yard/environments/nowhere', api.admin)).status).toBe(404);
});

test('the difference of two environments lists what differs, and only of services that may be seen', async () => {
  const ask = async (query: string, token = api.admin) => api.real('GET', `/v1/environments/diff?${query}`, token);
  const all = await ask('left=dev&right=prod');
  expect(all).toMatchObject({ status: 200, json: { services: { length: 60 }, alike: 0 } });
  expect(all.json['settings']).toContainEqual({ setting: 'kind', left: 'development', right: 'production' });
  const one = (all.json['services'] as { service: string; configuration: unknown[] }[])[0];
  expect(one?.configuration).toEqual([
    { key: 'LEVEL', left: 'debug', right: 'info' },
    { key: 'REGION', left: null, right: 'eu' },
  ]);
  const token = await viewer('narrow-two', { team: 'team-02' });
  expect((await ask('left=dev&right=prod', token)).json['services']).toHaveLength(3);
  const mine = new Set((await board('', token)).rows.map((row) => row.service));
  const other = (await board()).rows.find((row) => !mine.has(row.service));
  expect((await ask(`left=dev&right=prod&service=${other?.service}`, token)).status).toBe(403);
  expect((await ask('left=dev&right=nowhere')).status).toBe(404);
});

test('a booking is made, shown on the board, and ended by who made it or who may freeze', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const made = await api.real('POST', '/v1/environments/stage/bookings', api.admin, { until, reason: 'a load test' });
  expect(made).toMatchObject({
    status: 201,
    json: { environment: 'stage', service: null, owner: { name: 'Ada Admin' }, state: 'active', until },
  });
  expect((await board()).environments[2]?.booked).toMatchObject({ booking: made.json['id'], owner: 'Ada Admin' });
  expect((await api.real('GET', '/v1/bookings?environment=stage', api.admin)).json['items']).toMatchObject([{ id: made.json['id'] }]);
  expect((await api.real('GET', '/v1/bookings?environment=dev', api.admin)).json['items']).toEqual([]);
  const bo = await api.real('POST', '/v1/people', api.admin, {
    name: 'Bo',
    emails: ['bo@example.org'],
    roles: [{ role: 'developer', on: {} }],
  });
  const link = bo.json['invitation'];
  const bos = String((await api.real('POST', '/v1/setup', null, { link, password: 'a long enough password' })).json['token']);
  const end = `/v1/bookings/${String(made.json['id'])}/end`;
  expect((await api.real('POST', end, bos, {})).status).toBe(403);
  expect(await api.real('POST', end, api.admin, {})).toMatchObject({ status: 200, json: { state: 'over' } });
  expect(await api.real('POST', end, api.admin, {})).toMatchObject({ status: 409, json: { code: 'environments.booking-over' } });
  expect((await board()).environments[2]?.booked).toBe(null);
});
