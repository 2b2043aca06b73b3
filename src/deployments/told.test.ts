import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { whatRuns } from '../environments/environments.queries.ts';
import { system, type Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { testFloor } from '../testing/database.ts';
import { scripted, world, type World } from '../testing/deployment-world.ts';
import type { ToldState } from './external.ts';
import { recordDeployment } from './told.commands.ts';

// Two foreign tools deploy to one place, and what they tell comes late and out of order.

const floor = await testFloor();
const admin: Actor = system(floor.org, 'test');
const { port } = scripted(new Map());
const worlds: World[] = [];
afterAll(() => Promise.all(worlds.map((one) => one.close())));

async function place() {
  const one = await world(floor, port, { kind: 'all-at-once' }, admin);
  worlds.push(one);
  const { serviceId, environmentId } = one;
  const environment = await floor.db.tx(floor.org, async (tx) => {
    await tx.write(`update environment set deployed_by = 'external' where id = $1`, [environmentId]);
    return (await tx.one<{ name: string }>(`select name from environment where id = $1`, [environmentId])).name;
  });
  const tell = (tool: string, release: string, state: ToldState) =>
    floor.db.tx(floor.org, (tx) =>
      recordDeployment(tx, port, admin, {
        release,
        environment,
        state,
        system: tool,
        id: '1',
        attempt: 1,
        url: null,
        reason: null,
        checks: [],
        to: null,
      }),
    );
  const stands = () =>
    floor.db.read(floor.org, async (tx) => ({
      runs: (await whatRuns(tx, serviceId, environmentId))?.version ?? null,
      states: await tx.query(`select version_name as version, state from deployment where service_id = $1 order by version_name, kind`, [
        serviceId,
      ]),
    }));
  return { one, tell, stands };
}

type End = Exclude<ToldState, 'started' | 'rolled-back'>;

test('the later start fences the earlier: whatever the order of the ends, and however often each is told, they end the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.constantFrom<End>('succeeded', 'failed'), fc.constantFrom<End>('succeeded', 'failed')),
      fc.boolean(),
      async ([first, second], twice) => {
        const seen = [];
        for (const order of [
          [0, 1],
          [1, 0],
        ]) {
          // prettier-ignore
          const { one, tell, stands } = await place();
          const releases = [await one.release('1.0.0', digestOf('a')), await one.release('2.0.0', digestOf('b'))] as const;
          const ends = [() => tell('jenkins', releases[0], first), () => tell('argo', releases[1], second)];
          await tell('jenkins', releases[0], 'started');
          await tell('argo', releases[1], 'started');
          for (const at of order) await ends[at]?.();
          if (twice) for (const at of order) await ends[at]?.();
          // A start that comes after its end says nothing new.
          await tell('jenkins', releases[0], 'started');
          seen.push(await stands());
        }
        expect(seen[0]).toEqual(seen[1]);
        expect(seen[0]?.runs).toBe(second === 'succeeded' ? '2.0.0' : first === 'succeeded' ? '1.0.0' : null);
      },
    ),
    { numRuns: 3, examples: [[['succeeded', 'succeeded'], false]] },
  );
});

test('a way back that is told is a start of its own: the word of an older start does not undo it', async () => {
  const { one, tell, stands } = await place();
  const old = await one.release('1.0.0', digestOf('a'));
  const slow = await one.release('1.1.0', digestOf('b'));
  const next = await one.release('1.2.0', digestOf('c'));
  await tell('argo', old, 'succeeded');
  await tell('jenkins', slow, 'started');
  await tell('argo', next, 'succeeded');
  await tell('hand', old, 'succeeded');
  expect((await stands()).runs).toBe('1.0.0');
  const { deployment } = await tell('jenkins', slow, 'succeeded');
  expect(deployment.cause).toContain('1.0.0 began after it and runs');
  expect((await stands()).runs).toBe('1.0.0');
});
