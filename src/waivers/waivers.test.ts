import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { plus } from '../kernel/time.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { waiverSchema } from '../contract/waivers.ts';
import { testFloor } from '../testing/database.ts';
import { openDebt, payDebt, unpaidDebts } from './debt.api.ts';
import { approveWaiver, extendWaiver, expireWaiver, requestWaiver, revokeWaiver } from './waiver.commands.ts';
import { TEAM_CAP } from './waiver.ts';
import { activeWaivers, waiverById } from './waivers.queries.ts';
import { waiverSweepers } from './waivers.reactions.ts';
import { waiverPage, waiverView } from './waivers.views.ts';

let floor: Floor;
beforeAll(async () => {
  floor = await testFloor();
});
const tx = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> => floor.db.tx(floor.org, work);
const person = (id: string): Actor => ({
  kind: 'person',
  id,
  org: floor.org,
  credential: { kind: 'session', id: 'tok_1', authenticatedAt: '2026-01-01T00:00:00.000Z' },
});
const scope = (teamId: string) => ({ teamId, serviceId: 'svc_1', environmentId: null });
const place = (teamId: string) => ({ teamId, serviceId: 'svc_1', environmentId: 'env_1' });

async function ask(teamId: string, forMs = 3_600_000) {
  return tx(async (t) =>
    requestWaiver(t, person('per_asker'), {
      kind: 'check',
      scope: scope(teamId),
      subject: 'tests-pass',
      owner: null,
      reason: 'why',
      ticket: 'T-1',
      price: null,
      expiresAt: plus(await t.now(), forMs),
    }),
  );
}
const facts = (subject: string) =>
  tx((t) =>
    t.query<{ type: string; body: Record<string, unknown> }>('select type, body from fact where subject = $1 order by id', [subject]),
  );

test('a waiver lifts its rule from the approval of another person until its end, and not a moment longer', async () => {
  const asked = await ask('tea_a');
  const now = () => tx((t) => t.now());
  expect(await tx(async (t) => activeWaivers(t, place('tea_a'), await t.now()))).toEqual([]);
  const own = await tx((t) => approveWaiver(t, person('per_asker'), { waiver: asked.id, version: 1, reason: null }));
  expect(own).toMatchObject({ code: 'waivers.own-waiver' });
  await tx((t) => approveWaiver(t, person('per_other'), { waiver: asked.id, version: 1, reason: null }));
  const at = await now();
  expect((await tx((t) => activeWaivers(t, place('tea_a'), at))).map(({ id }) => id)).toEqual([asked.id]);
  expect(await tx((t) => activeWaivers(t, place('tea_b'), at))).toEqual([]);
  expect(await tx((t) => activeWaivers(t, place('tea_a'), asked.expiresAt))).toEqual([]);
  const recorded = await facts(asked.id);
  expect(recorded.map(({ type }) => type)).toEqual(['waiver.requested', 'waiver.decision-refused', 'waiver.approved']);
  expect(JSON.stringify(recorded)).not.toContain('"why"}');
});

test('the table itself refuses a waiver that one person made alone', async () => {
  const asked = await ask('tea_c');
  await expect(
    tx((t) => t.write(`update waiver set state = 'approved', decided_by = requested_by where id = $1`, [asked.id])),
  ).rejects.toThrow();
});

test('a decision on a version that has changed is refused', async () => {
  const asked = await ask('tea_d');
  await tx((t) => approveWaiver(t, person('per_other'), { waiver: asked.id, version: 1, reason: null }));
  await expect(tx((t) => revokeWaiver(t, person('per_third'), { waiver: asked.id, version: 1, reason: 'fixed' }))).rejects.toMatchObject({
    code: 'waivers.changed-meanwhile',
  });
  expect(await tx((t) => revokeWaiver(t, person('per_third'), { waiver: asked.id, version: 2, reason: 'fixed' }))).toMatchObject({
    state: 'revoked',
  });
  expect(await tx(async (t) => activeWaivers(t, place('tea_d'), await t.now()))).toEqual([]);
});

test('two persons who approve at once make one approval', async () => {
  const asked = await ask('tea_e');
  const results = await Promise.all(
    ['per_x', 'per_y'].map((id) => tx((t) => approveWaiver(t, person(id), { waiver: asked.id, version: 1, reason: null }))),
  );
  expect(results.filter((result) => 'state' in result)).toHaveLength(1);
});

test('the cap of a team holds against requests at once', async () => {
  for (let count = 0; count < TEAM_CAP - 1; count++) await ask('tea_f');
  const results = await Promise.allSettled([ask('tea_f'), ask('tea_f'), ask('tea_f')]);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'waivers.cap-reached' } });
});

test('expiry is noted once and never early; a lost wake is made again', async () => {
  const asked = await ask('tea_g', 60_000);
  const system: Actor = { kind: 'system', id: 'waivers', org: floor.org };
  await tx((t) => expireWaiver(t, system, asked.id));
  expect(await tx((t) => waiverById(t, asked.id))).toMatchObject({ state: 'requested' });
  await tx((t) => t.write(`update waiver set expires_at = created_at where id = $1`, [asked.id]));
  await tx((t) => t.query(`select graphile_worker.remove_job(key) from graphile_worker.jobs where key like '%' || $1`, [asked.id]));
  await floor.db.tx('*', (t) => waiverSweepers[0]?.sweep(t) ?? Promise.resolve());
  expect(await tx((t) => t.query(`select 1 from graphile_worker.jobs where key like '%' || $1`, [asked.id]))).toHaveLength(1);
  await tx((t) => expireWaiver(t, system, asked.id));
  await tx((t) => expireWaiver(t, system, asked.id));
  expect((await facts(asked.id)).map(({ type }) => type)).toEqual(['waiver.requested', 'waiver.expired']);
});

test('a debt blocks until another person says that it is paid, also after its day', async () => {
  const id = await tx(async (t) =>
    openDebt(t, person('per_manager'), {
      scope: scope('tea_h'),
      what: 'the approval, afterwards',
      owner: 'per_manager',
      second: null,
      reason: 'down',
      ticket: 'INC-1',
      due: await t.now(),
    }),
  );
  expect(await tx((t) => unpaidDebts(t, 'tea_h'))).toMatchObject([{ id, what: 'the approval, afterwards' }]);
  expect(await tx(async (t) => activeWaivers(t, place('tea_h'), await t.now()))).toEqual([]);
  await tx((t) => expireWaiver(t, { kind: 'system', id: 'waivers', org: floor.org }, id));
  expect(await tx((t) => payDebt(t, person('per_manager'), { waiver: id, version: 1, reason: 'done' }))).toMatchObject({
    code: 'waivers.own-waiver',
  });
  expect(await tx((t) => unpaidDebts(t, 'tea_h'))).toHaveLength(1);
  await tx((t) => payDebt(t, person('per_other'), { waiver: id, version: 1, reason: 'reviewed' }));
  expect(await tx((t) => unpaidDebts(t, 'tea_h'))).toEqual([]);
});

test('pages of waivers go on where the last one ended, and show only what may be seen', async () => {
  const made: string[] = [];
  for (let count = 0; count < 5; count++) made.push((await ask('tea_i')).id);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await tx((t) => waiverPage(t, { state: 'requested', services: new Set(['svc_1']) }, { cursor, limit: 2 }));
    seen.push(...page.items.map((item) => item.id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  expect(seen.filter((id) => made.includes(id))).toEqual(made.toReversed());
  expect(new Set(seen).size).toBe(seen.length);
  expect(await tx((t) => waiverPage(t, { services: new Set(['svc_2']) }, { limit: 100 }))).toEqual({ items: [], next: null });
  expect(waiverSchema.parse(await tx((t) => waiverView(t, made[0] ?? '')))).toMatchObject({
    id: made[0],
    state: 'requested',
    active: false,
    owner: { id: 'per_asker' },
    team: 'tea_i',
  });
});

test('more time is a request of its own, for what holds, to a later end, once; another person approves it', async () => {
  const asked = await ask('tea_x');
  const extend = (version: number, forMs: number, waiver = asked.id) =>
    tx(async (t) =>
      extendWaiver(t, person('per_asker'), {
        waiver,
        version,
        reason: 'not yet repaired',
        ticket: null,
        expiresAt: plus(asked.expiresAt, forMs),
      }),
    );
  await expect(extend(1, 1000)).rejects.toMatchObject({ code: 'waivers.already-decided' });
  await tx((t) => approveWaiver(t, person('per_other'), { waiver: asked.id, version: 1, reason: null }));
  await expect(extend(1, 1000)).rejects.toMatchObject({ code: 'waivers.changed-meanwhile' });
  await expect(extend(2, 0)).rejects.toMatchObject({ code: 'waivers.no-longer' });
  await expect(extend(2, 91 * 86_400_000)).rejects.toMatchObject({ code: 'waivers.expiry-out-of-range' });
  const more = await extend(2, 3_600_000);
  expect(more).toMatchObject({ state: 'requested', subject: asked.subject, ticket: asked.ticket, version: 1 });
  expect(await tx((t) => waiverView(t, more.id))).toMatchObject({ extends: asked.id });
  expect((await facts(more.id))[0]?.body).toMatchObject({ extends: asked.id });
  await expect(extend(2, 7_200_000)).rejects.toMatchObject({ code: 'waivers.extended-already' });
  // Asked for is not given: at its end the first one ends.
  expect(await tx((t) => activeWaivers(t, place('tea_x'), asked.expiresAt))).toEqual([]);
  expect(await tx((t) => approveWaiver(t, person('per_asker'), { waiver: more.id, version: 1, reason: null }))).toMatchObject({
    code: 'waivers.own-waiver',
  });
  await tx((t) => approveWaiver(t, person('per_other'), { waiver: more.id, version: 1, reason: null }));
  expect((await tx((t) => activeWaivers(t, place('tea_x'), asked.expiresAt))).map(({ id }) => id)).toEqual([more.id]);
});
