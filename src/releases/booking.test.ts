import { expect, test } from 'vitest';
import { book, endBooking, type NewBooking } from '../environments/booking.commands.ts';
import { bookingViews } from '../environments/booking.views.ts';
import type { Actor } from '../kernel/actor.ts';
import { plus } from '../kernel/time.ts';
import { testFloor } from '../testing/database.ts';
import { ask, newRelease } from '../testing/release-story.ts';
import { releaseWorld } from '../testing/release-world.ts';

const world = await releaseWorld(await testFloor());
const { people, shop, prod, dev } = world;
await world.policy({ approval: null });
const now = (): Promise<string> => world.tx((tx) => tx.now());
const keep = async (who: Actor, more: Partial<NewBooking> = {}) => {
  const until = plus(await now(), 3_600_000);
  return world.tx((tx) => book(tx, who, { environmentId: prod.id, serviceId: null, reason: 'a load test', from: null, until, ...more }));
};
const giveBack = (who: Actor, id: string) =>
  world.tx((tx) =>
    endBooking(tx, who, id, async () => {
      throw new Error('not yours');
    }),
  );

test('a booking holds what others asked for, says until when and who has it, and lets its owner’s release pass', async () => {
  const release = await newRelease(world);
  expect(await ask(world, release)).toMatchObject({ verdict: 'allow' });
  const booking = await keep(people.beth);
  expect(await ask(world, release)).toMatchObject({ verdict: 'wait', earliest: booking.until });
  // The way back passes it: readiness asks only whether data would be lost.
  const back = await ask(world, release, { purpose: 'rollback' });
  expect(back.rules.find((one) => one.rule === 'readiness')).toMatchObject({ verdict: 'allow' });
  await giveBack(people.beth, booking.id);
  expect(await ask(world, release)).toMatchObject({ verdict: 'allow' });
  const own = await keep(people.rita);
  expect(await ask(world, release)).toMatchObject({ verdict: 'allow' });
  await giveBack(people.rita, own.id);
});

test('one of another service or environment holds nothing here; one that comes ends an allow', async () => {
  const release = await newRelease(world);
  const elsewhere = await keep(people.beth, { environmentId: dev.id });
  expect(await ask(world, release)).toMatchObject({ verdict: 'allow' });
  const mine = await keep(people.beth, { serviceId: shop.id });
  expect(await ask(world, release)).toMatchObject({ verdict: 'wait' });
  await giveBack(people.beth, mine.id);
  await giveBack(people.beth, elsewhere.id);
  const at = plus(await now(), 5000);
  const coming = await keep(people.beth, { from: at });
  expect(await ask(world, release)).toMatchObject({ verdict: 'allow', notAfter: at });
  await giveBack(people.beth, coming.id);
});

test('two never keep the same place at once, also when asked at the same moment', async () => {
  const both = await Promise.allSettled([keep(people.beth), keep(people.bill)]);
  expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  expect(both.find((one) => one.status === 'rejected')).toMatchObject({ reason: { code: 'environments.already-booked' } });
  await expect(keep(people.mona, { serviceId: shop.id })).rejects.toMatchObject({ code: 'environments.already-booked' });
  const [standing] = await world.tx((tx) => bookingViews(tx, { environment: 'prod', services: null }));
  if (standing === undefined) throw new Error('no booking stands');
  const after = await keep(people.mona, { from: standing.until, until: plus(standing.until, 1000) });
  expect(after.from).toBe(standing.until);
  await expect(giveBack(people.mona, standing.id)).rejects.toThrow('not yours');
  await giveBack(standing.owner.name === 'beth' ? people.beth : people.bill, standing.id);
  await expect(giveBack(people.beth, standing.id)).rejects.toThrow();
  await giveBack(people.mona, after.id);
});

test('a span must lie ahead and be of two weeks at most; machines book nothing', async () => {
  const at = await now();
  await expect(keep(people.beth, { until: plus(at, -1) })).rejects.toMatchObject({ code: 'environments.wrong-span' });
  await expect(keep(people.beth, { until: plus(at, 15 * 86_400_000) })).rejects.toMatchObject({ code: 'environments.wrong-span' });
  await expect(keep({ kind: 'system', id: 'x', org: world.floor.org })).rejects.toMatchObject({ code: 'environments.owner-needed' });
  expect(await world.facts('environment.booked')).not.toEqual([]);
  expect(JSON.stringify(await world.facts('environment.booked'))).not.toContain('load test');
});
