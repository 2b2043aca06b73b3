import { expect, test } from 'vitest';
import { openApi } from '../../app/api.fixture.ts';
import type { DebtView } from '../../contract/debts.ts';
import { openDebt } from '../../waivers/debt.api.ts';
import { newRelease } from '../../testing/release-story.ts';
import { releaseWorld } from '../../testing/release-world.ts';

const api = await openApi();
const world = await releaseWorld(api.floor);
const { people, shop, prod } = world;
const release = await newRelease(world);
const now = (): Promise<string> => world.tx((tx) => tx.now());
const later = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
type Answer = {
  items: DebtView[];
  next: string | null;
  teams: { team: string; open: number; cap: number; unpaid: number; overdue: number }[];
  summary: Record<string, unknown>;
};
/** A token, because sessions end in the days that go by here. */
const key = String((await api.real('POST', '/v1/tokens', api.admin, { name: 'all' })).json['token']);
const debts = async (query = '', token = key): Promise<Answer> => (await api.real('GET', `/v1/debts${query}`, token)).json as never;
const DAY = 86_400_000;

/** A second person with a token of their own. */
async function manager(): Promise<string> {
  const invited = (await api.real('POST', '/v1/people', api.admin, { name: 'Ben', emails: ['ben@example.org'] })).json;
  const person = { link: invited['invitation'], password: 'a long enough password' };
  const token = String((await api.real('POST', '/v1/setup', null, person)).json['token']);
  await api.real('POST', '/v1/roles', api.admin, { holder: invited['person'], role: 'release-manager' });
  return token;
}

test('one ledger of all exceptions: what is open, who may do what about it, and what happens when it ends', async () => {
  const at = await now();
  const request = (subject: string, forMs: number, more: object = {}) =>
    api.real('POST', '/v1/waivers', api.admin, {
      kind: 'check',
      service: 'shop',
      subject,
      reason: 'flaky runner',
      ticket: 'OPS-1',
      expiresAt: later(at, forMs),
      ...more,
    });
  const late = (await request('tests-pass', 10 * DAY, { price: { minor: 5000, currency: 'EUR' } })).json as { id: string };
  const soon = (await request('coverage-60', 2 * DAY, { environment: 'prod', price: { minor: 700, currency: 'EUR' } })).json as {
    id: string;
  };
  const debt = await world.tx((tx) =>
    openDebt(tx, people.mona, {
      scope: { teamId: shop.teamId, serviceId: shop.id, environmentId: prod.id },
      what: 'the approval, afterwards',
      owner: people.mona.id,
      second: null,
      reason: 'down',
      ticket: 'INC-1',
      due: at,
    }),
  );
  await world.tx((tx) =>
    tx.write(`insert into release_target (release_id, environment_id, org_id, created_at) values ($1, $2, $3, $4) on conflict do nothing`, [
      release.id,
      prod.id,
      tx.org,
      at,
    ]),
  );
  await world.tx((tx) =>
    tx.write(
      `insert into break_glass (id, org_id, release_id, environment_id, reason, ticket, persons, persons_needed, active_until, debt_id, created_at)
       values ('brk_${'1'.repeat(32)}', $1, $2, $3, 'down', 'INC-1', $4, 1, $5, $6, $7)`,
      [tx.org, release.id, prod.id, [people.mona.id], later(at, DAY), debt, at],
    ),
  );
  const all = await debts();
  expect(all.items.map((one) => [one.kind, one.state, one.overdue])).toEqual([
    ['debt', 'approved', true],
    ['break-glass', 'active', false],
    ['check', 'requested', false],
    ['check', 'requested', false],
  ]);
  expect(all.items.map((one) => one.id).slice(2)).toEqual([soon.id, late.id]);
  expect(all.summary).toEqual({ open: 4, requested: 2, endingSoon: 2, overdue: 1, prices: [] });
  expect(all.teams).toEqual([{ team: shop.team, open: 2, cap: 20, unpaid: 1, overdue: 1 }]);
  expect(all.items[0]?.acts.pay).toBeNull();
  expect(all.items[1]).toMatchObject({ subject: `shop ${release.versionName}`, owner: { id: people.mona.id, name: 'mona' } });
  expect(all.items[2]?.acts.approve).toContain("so you can't decide it");
  expect(all.items[2]?.then).toContain('coverage-60 holds again for shop in prod');
  const other = await manager();
  const seen = (await debts(`?id=${soon.id}`, other)).items[0];
  expect(seen?.acts).toMatchObject({ approve: null, reject: null, revoke: null, extend: expect.stringContaining('is requested') });
  await api.real('POST', `/v1/waivers/${soon.id}/approve`, other, { version: 1 });
  const held = await debts(`?id=${soon.id}`);
  expect(held.items[0]).toMatchObject({ active: true, approver: { name: 'Ben' }, acts: { extend: null, approve: expect.any(String) } });
  expect(held.summary['prices']).toEqual([{ minor: 700, currency: 'EUR' }]);
  const more = await api.real('POST', `/v1/waivers/${soon.id}/extend`, api.admin, {
    version: 2,
    reason: 'longer',
    expiresAt: later(at, 3 * DAY),
  });
  expect(more.status).toBe(201);
  expect((await debts(`?id=${soon.id}`)).items[0]).toMatchObject({
    extendedBy: more.json['id'],
    acts: { extend: expect.stringContaining('asked for already') },
  });
});

test('filters and pages; what is over is in the past, also before anybody noted it', async () => {
  const ids = async (query: string): Promise<string[]> => (await debts(query)).items.map((one) => one.id);
  const open = await ids('');
  const paged: string[] = [];
  let cursor = '';
  do {
    const page = await debts(`?limit=2${cursor}`);
    paged.push(...page.items.map((one) => one.id));
    cursor = page.next === null ? '' : `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor !== '');
  expect(paged).toEqual(open);
  expect((await debts('?kind=debt')).items.map((one) => one.kind)).toEqual(['debt']);
  expect((await debts('?environment=dev')).items).toEqual([]);
  expect((await debts('?team=nobody')).items).toEqual([]);
  expect((await debts('?mine=true')).items.every((one) => one.kind === 'check')).toBe(true);
  expect(await ids('?show=past')).toEqual([]);
  await world.clock(5 * DAY);
  const past = await debts('?show=past');
  expect(past.items.map((one) => [one.kind, one.state])).toEqual([
    ['check', 'expired'],
    ['check', 'expired'],
    ['break-glass', 'over'],
  ]);
  expect((await debts()).items.map((one) => one.kind)).toEqual(['debt', 'check']);
  const file = await api.real('GET', '/v1/debts.csv', key);
  expect(file.text.trim().split('\r\n')).toHaveLength(3);
});

test('who sees one service sees no other’s exceptions', async () => {
  const { json } = await api.real('POST', '/v1/tokens', key, { name: 'narrow', services: ['shop'] });
  expect((await debts('', String(json['token']))).items.length).toBe(2);
  await world.tx((tx) => tx.write(`update waiver set service_id = 'svc_other' where kind = 'debt'`));
  const narrow = await debts('', String(json['token']));
  expect(narrow.items.map((one) => one.kind)).toEqual(['check']);
  expect(narrow.summary).toMatchObject({ open: 1, overdue: 0 });
});
