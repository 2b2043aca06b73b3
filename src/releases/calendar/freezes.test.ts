import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testFloor } from '../../testing/database.ts';
import { ask, newRelease } from '../../testing/release-story.ts';
import { releaseWorld } from '../../testing/release-world.ts';
import { mayShip } from '../may-ship.api.ts';
import { releasesSweepers, releasesTasks } from '../releases.reactions.ts';
import { changeFreeze, createFreeze, draftFreeze, EDGE_TASK, endFreeze, type NewFreeze } from './freezes.commands.ts';
import { pastOf } from './freezes.queries.ts';
import { freezesRoutes } from './freezes.routes.ts';
import { blockedBy } from './freezes.views.ts';

const world = await releaseWorld(await testFloor());
const { people, prod, floor } = world;
await world.policy({ approval: null });
const now = () => world.tx((tx) => tx.now());
const later = (at: string, ms: number) => new Date(Date.parse(at) + ms).toISOString();
const deny = (from: string, until: string | null, more: Partial<NewFreeze> = {}): NewFreeze => ({
  kind: 'deny',
  scope: {},
  when: { kind: 'once', from, until },
  reason: 'closing',
  ticket: 'OPS-1',
  exempt: [],
  onRunning: 'finish-wave',
  ...more,
});
const create = (freeze: NewFreeze) => world.tx((tx) => createFreeze(tx, people.mona, freeze));
const edge = (id: string) => releasesTasks.find((task) => task.name === EDGE_TASK)?.run(floor, { freeze: id }, floor.org);
const told = async (id: string) =>
  (await world.tx((tx) => tx.query<{ type: string }>(`select type from fact where subject = $1 order by id`, [id]))).map(
    (fact) => fact.type,
  );

test('a freeze never begins in the past, and is told as begun at once', async () => {
  const at = await now();
  const row = await create(deny(later(at, -3_600_000), later(at, 60_000)));
  expect(row.when).toMatchObject({ from: row.createdAt });
  expect(await told(row.id)).toEqual(['freeze.created', 'freeze.began']);
  await world.tx((tx) => endFreeze(tx, people.mona, row.id, row.version, 'enough'));
});

test('its timer tells the beginning and the end once each, however often it rings, and whoever waits hears of it', async () => {
  const release = await newRelease(world);
  const at = await now();
  const row = await create(deny(later(at, 60_000), later(at, 120_000)));
  await edge(row.id);
  expect(await told(row.id)).toEqual(['freeze.created']);
  expect(await ask(world, release)).toMatchObject({ verdict: 'allow' });
  await world.clock(60_001);
  for (const _ of [1, 2]) await edge(row.id);
  expect(await told(row.id)).toEqual(['freeze.created', 'freeze.began']);
  expect(await ask(world, release)).toMatchObject({ verdict: 'wait', earliest: later(at, 120_000) });
  expect((await ask(world, release, { purpose: 'rollback' })).rules.find((rule) => rule.rule === 'calendar')?.verdict).toBe('allow');
  await world.clock(60_000);
  for (const _ of [1, 2]) await edge(row.id);
  expect(await told(row.id)).toEqual(['freeze.created', 'freeze.began', 'freeze.ended']);
  expect((await ask(world, release)).verdict).toBe('allow');
});

test('a window that passed while nobody was there is told as ended; the sweeper finds it', async () => {
  const at = await now();
  const row = await create(deny(later(at, 1000), later(at, 2000)));
  await world.clock(3000);
  await world.tx((tx) => tx.query(`delete from graphile_worker._private_jobs`));
  await floor.db.tx('*', async (tx) => {
    for (const sweeper of releasesSweepers) await sweeper.sweep(tx);
  });
  const jobs = await world.tx((tx) => tx.query<{ key: string }>('select key from graphile_worker.jobs'));
  expect(jobs.map((job) => job.key)).toContain(`${EDGE_TASK}:${row.id}`);
  await edge(row.id);
  expect(await told(row.id)).toEqual(['freeze.created', 'freeze.ended']);
});

test('a freeze can’t slip between a recorded allow and the act written with it', async () => {
  const release = await newRelease(world);
  const order: string[] = [];
  let held: () => void = () => undefined;
  const decided = new Promise<void>((resolve) => (held = resolve));
  const acting = world.tx(async (tx) => {
    const answer = await mayShip(tx, {
      releaseId: release.id,
      environmentId: prod.id,
      actor: people.rita,
      purpose: 'deploy',
      record: true,
    });
    held();
    await sleep(300);
    order.push(`act:${answer.verdict}`);
    return answer;
  });
  await decided;
  const freezing = create(deny(await now(), null)).then((row) => (order.push('freeze'), row));
  const [answer, row] = await Promise.all([acting, freezing]);
  expect(order).toEqual(['act:allow', 'freeze']);
  expect(row.when.kind === 'once' && row.when.from > answer.at).toBe(true);
  const refused = await ask(world, release, { record: true });
  expect(refused).toMatchObject({ verdict: 'wait', earliest: null });
  await world.tx((tx) => endFreeze(tx, people.mona, row.id, row.version, 'enough'));
  expect((await ask(world, release)).verdict).toBe('allow');
});

test('many freezes and acts at once: no act was allowed at an instant at which a freeze stood', async () => {
  const release = await newRelease(world);
  for (let round = 0; round < 15; round += 1) {
    const [row, ...acts] = await Promise.all([
      create(deny('2020-01-01T00:00:00.000Z', null)),
      ...[1, 2, 3].map(() => ask(world, release, { record: true })),
    ]);
    const from = row.when.kind === 'once' ? row.when.from : '';
    for (const act of acts) expect(act.verdict).toBe(act.at < from ? 'allow' : 'wait');
    await world.tx((tx) => endFreeze(tx, people.mona, row.id, row.version, 'enough'));
  }
});

test('it shows what it would block before it is saved; a preview saves nothing', async () => {
  const release = await newRelease(world);
  const at = await now();
  const draft = (scope: NewFreeze['scope']) =>
    draftFreeze(deny(later(at, 60_000), later(at, 120_000), { scope }), 'frz_x', people.mona, at);
  const blocked = await world.tx((tx) => blockedBy(tx, draft({ environment: 'prod' }), at));
  expect(blocked).toEqual([
    { release: release.id, service: 'shop', version: release.versionName, environment: 'prod', until: later(at, 120_000) },
  ]);
  expect(await world.tx((tx) => blockedBy(tx, draft({ team: 'others' }), at))).toEqual([]);
  const route = freezesRoutes[0]!;
  const before = await told('frz');
  const answer = await world.tx((tx) =>
    route.handle({ tx, actor: people.mona, body: deny(at, null), query: { preview: 'true' } } as never),
  );
  expect(answer).toMatchObject({ freeze: null, blocks: [{ environment: 'dev' }, { environment: 'prod' }] });
  expect(await told('frz')).toEqual(before);
});

test('what can’t be is refused; ending needs the version that was seen', async () => {
  const at = await now();
  await expect(create(deny(at, later(at, -1)))).rejects.toMatchObject({ code: 'releases.bad-window' });
  await expect(create(deny(later(at, -2000), later(at, -1000)))).rejects.toMatchObject({ code: 'releases.window-over' });
  const when = { kind: 'recurring' as const, start: '2026-06-01T08:00', minutes: 60, zone: 'Nowhere/Land', rule: 'FREQ=DAILY' };
  await expect(create(deny(at, null, { when }))).rejects.toMatchObject({ code: 'releases.bad-window' });
  const row = await create(deny(later(at, 3_600_000), null));
  await expect(world.tx((tx) => endFreeze(tx, people.mona, row.id, 7, 'x'))).rejects.toMatchObject({ code: 'releases.stale-freeze' });
  await world.tx((tx) => endFreeze(tx, people.mona, row.id, row.version, 'x'));
  await expect(world.tx((tx) => endFreeze(tx, people.mona, row.id, row.version + 1, 'x'))).rejects.toMatchObject({
    code: 'releases.freeze-is-over',
  });
});

test('a change is a fact with what it said before; what is decided follows it, and the past stays as it was', async () => {
  const release = await newRelease(world);
  const at = await now();
  const row = await create(deny(later(at, -1000), later(at, 3_600_000)));
  const started = row.when.kind === 'once' ? row.when.from : '';
  expect((await ask(world, release)).verdict).toBe('wait');
  const edit = { id: row.id, version: row.version, because: 'the audit ends earlier' };
  await world.clock(60_000);
  const shorter = await world.tx((tx) =>
    changeFreeze(tx, people.mona, { ...edit, change: { when: { kind: 'once', from: started, until: later(at, 1_800_000) } } }),
  );
  expect(shorter).toMatchObject({ version: 2, toldActive: true, when: { from: started }, nextEdge: later(at, 1_800_000) });
  expect(await ask(world, release)).toMatchObject({ verdict: 'wait', earliest: later(at, 1_800_000) });
  const moved = await world.tx((tx) =>
    changeFreeze(tx, people.mona, {
      ...edit,
      version: 2,
      change: { when: { kind: 'once', from: later(at, 1_200_000), until: later(at, 1_800_000) } },
    }),
  );
  expect(moved).toMatchObject({ toldActive: false, nextEdge: later(at, 1_200_000) });
  expect((await ask(world, release)).verdict).toBe('allow');
  expect(await told(row.id)).toEqual(['freeze.created', 'freeze.began', 'freeze.changed', 'freeze.changed', 'freeze.ended']);
  const past = await world.tx((tx) => pastOf(tx, row.id));
  expect(past.map((one) => [one.version, one.when, one.because])).toEqual([
    [2, shorter.when, edit.because],
    [1, row.when, edit.because],
  ]);
  expect(past[1]).toMatchObject({ from: row.createdAt, until: shorter.changedAt });
  const fact = (await world.facts('freeze.changed')).find((one) => one.subject === row.id);
  expect(fact?.body).toMatchObject({ schedule: shorter.when, before: { schedule: row.when } });
  expect(JSON.stringify(fact)).not.toContain(edit.because);
  await world.clock(1_200_000);
  for (const _ of [1, 2]) await edge(row.id);
  expect((await ask(world, release)).verdict).toBe('wait');
  expect((await told(row.id)).at(-1)).toBe('freeze.began');
  await world.tx((tx) => endFreeze(tx, people.mona, row.id, 3, 'enough'));
});

test('a change needs the version that was seen, a window that can be, and something to change', async () => {
  const at = await now();
  const row = await create(deny(later(at, 3_600_000), later(at, 7_200_000)));
  const change = (version: number, when: NewFreeze['when']) =>
    world.tx((tx) => changeFreeze(tx, people.mona, { id: row.id, version, because: 'why', change: { when } }));
  const right = { kind: 'once' as const, from: later(at, 3_600_000), until: later(at, 9_000_000) };
  await expect(change(2, right)).rejects.toMatchObject({ code: 'releases.stale-freeze' });
  await expect(change(1, { ...right, until: later(at, -1) })).rejects.toMatchObject({ code: 'releases.bad-window' });
  await expect(change(1, { ...right, from: later(at, -9000), until: later(at, -1) })).rejects.toMatchObject({
    code: 'releases.window-over',
  });
  expect(await told(row.id)).toEqual(['freeze.created']);
  expect(await world.tx((tx) => pastOf(tx, row.id))).toEqual([]);
  // A new beginning is never before now, though the freeze was made to begin earlier.
  const early = await change(1, { ...right, from: later(at, -3_600_000) });
  expect(early.when.kind === 'once' && early.when.from >= at).toBe(true);
  await world.tx((tx) => endFreeze(tx, people.mona, row.id, 2, 'x'));
  await expect(change(3, right)).rejects.toMatchObject({ code: 'releases.freeze-is-over' });
  const gone = await create(deny(await now(), later(await now(), 1000)));
  await world.clock(2000);
  await expect(
    world.tx((tx) => changeFreeze(tx, people.mona, { id: gone.id, version: 1, because: 'why', change: { ticket: 'OPS-2' } })),
  ).rejects.toMatchObject({ code: 'releases.freeze-is-over' });
});
