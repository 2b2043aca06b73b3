import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testFloor } from '../testing/database.ts';
import { passTime } from '../testing/pipelines.ts';
import { acquireLease } from './lease.store.ts';
import { alone } from './lease.work.ts';

const floor = await testFloor();
const { org } = floor;
const left = () => floor.db.read(org, async (tx) => (await tx.query(`select name from lease where name like '% a place%'`)).length);

test('what many do under one name is done by one at a time, each once, and nothing of it stays', async () => {
  let inside = 0;
  const done: number[] = [];
  await Promise.all(
    [1, 2, 3, 4, 5].map((one) =>
      alone(floor, org, 'a place', async () => {
        inside += 1;
        expect(inside).toBe(1);
        await sleep(20);
        done.push(one);
        inside -= 1;
      }),
    ),
  );
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5]);
  await expect(alone(floor, org, 'a place', () => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  expect(await left()).toBe(0);
});

test('two names do not wait for each other; whoever would not wait is told, and a holder that died is outlived', async () => {
  await alone(floor, org, 'a place', () => alone(floor, org, 'a place beside', () => Promise.resolve()));
  await floor.db.tx(org, (tx) => acquireLease(tx, org, `${org} a place`, 'killed', 20_000));
  await expect(alone(floor, org, 'a place', () => Promise.resolve(1), 0)).rejects.toMatchObject({ code: 'platform.in-other-hands' });
  await passTime(floor, 21_000);
  expect(await alone(floor, org, 'a place', () => Promise.resolve(1), 0)).toBe(1);
});
