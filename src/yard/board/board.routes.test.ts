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
