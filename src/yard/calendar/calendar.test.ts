import { expect, test } from 'vitest';
import { openApi } from '../../app/api.fixture.ts';
import type { CalendarItem } from '../../contract/calendar.ts';
import type { Collisions } from '../../contract/freezes.ts';
import { newRelease } from '../../testing/release-story.ts';
import { releaseWorld } from '../../testing/release-world.ts';

const api = await openApi();
const world = await releaseWorld(api.floor);
const release = await newRelease(world);
const DAY = 86_400_000;
const now = (): Promise<string> => world.tx((tx) => tx.now());
const later = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
const post = (path: string, body: unknown) => api.real('POST', path, api.admin, body);
const get = async (query = ''): Promise<{ items: CalendarItem[]; note: string | null }> =>
  (await api.real('GET', `/v1/calendar${query}`, api.admin)).json as never;
const freeze = (from: string, until: string | null, more: object = {}) => ({
  kind: 'deny',
  scope: {},
  when: { kind: 'once', from, until },
  reason: 'closing',
  ticket: 'OPS-1',
  ...more,
});

test('the calendar holds freezes and releases; filters leave out what they name', async () => {
  const at = await now();
  const made = (await post('/v1/freezes', freeze(later(at, DAY), later(at, 2 * DAY), { scope: { environment: 'prod', service: 'shop' } })))
    .json;
  const { id } = made['freeze'] as { id: string };
  const all = await get();
  expect(all.items.map((item) => item.kind).toSorted()).toEqual(['freeze', 'release']);
  expect(all.items.find((item) => item.kind === 'freeze')).toMatchObject({
    object: id,
    state: 'planned',
    title: 'Freeze: shop in prod',
    service: 'shop',
  });
  expect(all.items.find((item) => item.kind === 'release')).toMatchObject({ object: release.id, state: 'open' });
  const kinds = async (query: string): Promise<string[]> => (await get(query)).items.map((item) => item.kind).toSorted();
  expect(await kinds('?kind=freeze')).toEqual(['freeze']);
  expect(await kinds('?service=shop')).toEqual(['freeze', 'release']);
  expect(await kinds('?service=other')).toEqual([]);
  expect(await kinds('?environment=dev')).toEqual([]);
  expect(await kinds('?environment=prod')).toEqual(['freeze']);
  expect((await api.real('GET', '/v1/calendar?kind=all', api.admin)).status).toBe(400);
  expect((await api.real('GET', `/v1/calendar?from=${later(at, DAY)}&to=${at}`, api.admin)).json['code']).toBe('yard.bad-range');
  expect((await api.real('GET', `/v1/calendar?from=${at}&to=${later(at, 401 * DAY)}`, api.admin)).json['code']).toBe('yard.bad-range');
  await post(`/v1/freezes/${id}/end`, { reason: 'x', version: 1 });
  expect(await kinds('?kind=freeze')).toEqual([]);
});

test('a preview says what would be held, by the rule that holds it, and changes nothing', async () => {
  const at = await now();
  const facts = async (): Promise<number> => (await world.tx((tx) => tx.query('select 1 from fact'))).length;
  const before = await facts();
  const preview = async (body: object): Promise<Collisions> => (await post('/v1/freezes/preview', body)).json as never;
  const prod = await preview(freeze(later(at, DAY), later(at, 2 * DAY), { scope: { environment: 'prod' } }));
  expect(prod.releases).toEqual([
    {
      release: release.id,
      service: 'shop',
      version: release.versionName,
      environment: 'prod',
      state: 'planned',
      until: later(at, 2 * DAY),
    },
  ]);
  expect(prod.counts).toMatchObject({ releases: 1, environments: 1 });
  expect(prod.places).toContainEqual({ service: 'shop', environment: 'prod' });
  expect(prod.places.every((place) => place.environment === 'prod')).toBe(true);
  expect(prod.windows).toEqual([{ from: later(at, DAY), until: later(at, 2 * DAY) }]);
  expect((await preview(freeze(at, null, { exempt: ['standard'] }))).releases).toEqual([]);
  expect((await preview(freeze(at, null, { scope: { team: 'nobody' } }))).counts).toMatchObject({ releases: 0, places: 0 });
  const window = await preview(freeze(later(at, DAY), later(at, 2 * DAY), { kind: 'allow', scope: { environment: 'prod' } }));
  expect(window.releases).toMatchObject([{ environment: 'prod', until: later(at, DAY) }]);
  expect((await post('/v1/freezes/preview', freeze(later(at, DAY), at))).json['code']).toBe('releases.bad-window');
  expect(await facts()).toBe(before);
});

test('moved, it shows where it collides before it is saved; saved, the calendar shows both what it was and what it is', async () => {
  const at = await now();
  const scope = { scope: { environment: 'prod' } };
  const other = (await post('/v1/freezes', freeze(later(at, 10 * DAY), later(at, 12 * DAY), scope))).json['freeze'] as { id: string };
  const mine = (await post('/v1/freezes', freeze(later(at, 3 * DAY), later(at, 4 * DAY), scope))).json['freeze'] as { id: string };
  const moved = { ...freeze(later(at, 11 * DAY), later(at, 13 * DAY), scope), freeze: mine.id };
  const shown = (await post('/v1/freezes/preview', moved)).json as unknown as Collisions;
  expect(shown.overlaps.map((one) => one.freeze)).toEqual([other.id]);
  const change = { version: 1, because: 'the audit moved', when: moved.when };
  const reply = await api.real('PATCH', `/v1/freezes/${mine.id}`, api.admin, change);
  expect(reply.json).toMatchObject({ version: 2, when: moved.when, reason: 'closing' });
  expect((await api.real('PATCH', `/v1/freezes/${mine.id}`, api.admin, change)).json['code']).toBe('releases.stale-freeze');
  expect((await api.real('PATCH', `/v1/freezes/${mine.id}`, api.admin, { version: 2 })).status).toBe(400);
  expect((await api.real('GET', `/v1/freezes/${mine.id}`, api.admin)).json).toMatchObject({
    past: [{ version: 1, because: 'the audit moved', when: { from: later(at, 3 * DAY) } }],
  });
  const items = (await get('?kind=freeze')).items.filter((item) => item.object === mine.id);
  expect(items).toMatchObject([{ from: moved.when.from, until: moved.when.until, version: 2 }]);
  for (const [id, version] of [
    [other.id, 1],
    [mine.id, 2],
  ] as const)
    await post(`/v1/freezes/${id}/end`, { reason: 'x', version });
});

test('the feed is read with a token that can do nothing else, and only with that; revoked, it is gone at once', async () => {
  const make = async (actions?: string[]): Promise<{ id: string; token: string }> =>
    (await post('/v1/tokens', { name: 'my calendar', ...(actions === undefined ? {} : { actions }) })).json as never;
  const feed = await make(['calendar.read']);
  const ask = (token: string) => api.real('GET', `/v1/calendar.ics?token=${token}`);
  const answer = await ask(feed.token);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
  expect(answer.text).toContain(`UID:${release.id}@yardmaster`);
  for (const wide of [await make(), await make(['calendar.read', 'release.read']), await make(['release.read'])])
    expect((await ask(wide.token)).status).toBe(401);
  expect((await ask(api.admin)).status).toBe(401);
  expect((await ask('ym_tok_0000000000000000')).status).toBe(401);
  expect((await api.real('GET', '/v1/calendar.ics')).status).toBe(401);
  expect((await api.real('GET', '/v1/calendar.ics', api.admin)).status).toBe(200);
  // In an address nothing else takes it, and as a header it opens nothing else.
  expect((await api.real('GET', `/v1/calendar?token=${feed.token}`)).status).toBe(401);
  expect((await api.real('GET', '/v1/releases', feed.token)).status).toBe(403);
  expect((await api.real('DELETE', `/v1/tokens/${feed.id}`, api.admin)).status).toBe(200);
  expect((await ask(feed.token)).status).toBe(401);
  const stored = JSON.stringify(await world.tx((tx) => tx.query('select * from credential')));
  expect(stored).not.toContain(feed.token);
});

test('lists are files too, with the same filters, and what is named like a formula is only text', async () => {
  await world.tx((tx) => tx.write(`update release set version_name = '=1+1' where id = $1`, [release.id]));
  const file = await api.real('GET', '/v1/releases.csv?service=shop', api.admin);
  expect([file.status, file.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  expect(file.headers.get('content-disposition')).toContain('releases.csv');
  const [head, first, ...rest] = file.text.split('\r\n');
  expect(head).toContain('release,service,version');
  expect(first).toContain(`${release.id},shop,'=1+1,`);
  expect(rest).toEqual(['']);
  expect((await api.real('GET', '/v1/releases.csv?limit=3', api.admin)).status).toBe(400);
  expect((await api.real('GET', '/v1/releases.csv')).status).toBe(401);
  for (const list of ['runs', 'deployments', 'incidents', 'waivers', 'calendar'])
    expect((await api.real('GET', `/v1/${list}.csv`, api.admin)).status).toBe(200);
});
