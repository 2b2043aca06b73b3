import { expect, test } from 'vitest';
import { setRunning } from '../environments/running.api.ts';
import { deactivate } from '../identity/people.commands.ts';
import { system } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { testFloor } from '../testing/database.ts';
import { ask, look, newRelease, vote } from '../testing/release-story.ts';
import { releaseWorld, type Who } from '../testing/release-world.ts';
import { payDebt } from '../waivers/debt.api.ts';
import { Problem } from '../kernel/problem.ts';
import { breakGlass } from './readiness.commands.ts';
import type { ReleaseRow } from './releases.queries.ts';

/** Ways by which somebody who must not decide might still come to. */

const world = await releaseWorld(await testFloor());
const { people, shop, prod, floor } = world;
const engine = system(floor.org, 'deployments');

/** The act of a deployment that was allowed: what runs is `release` from now on; answers the deployment. */
async function runs(release: ReleaseRow, deployment = floor.newId('dep'), rollback = false): Promise<string> {
  await world.tx((tx) =>
    setRunning(tx, engine, {
      serviceId: shop.id,
      environmentId: prod.id,
      releaseId: release.id,
      version: release.versionName,
      artifactDigests: release.digests,
      configurationDigest: digestOf('c'),
      deploymentId: deployment,
      rollback,
    }),
  );
  return deployment;
}

/** Asks on record, as a deployment does at its acts. */
const act = (release: ReleaseRow, deploymentId: string) => ask(world, release, { record: true, deploymentId });
const because = async (release: ReleaseRow, who: Who): Promise<readonly string[]> =>
  ((await vote(world, release, people[who])).refused?.data['because'] ?? []) as string[];

/** Somebody changes the configuration of prod; `who` is noted for it. */
async function configure(level: string, who: Who): Promise<void> {
  await world.apply({ level });
  await world.tx((tx) =>
    tx.query(`update service_change set person_id = $1 where id = (select max(id) from service_change where service_id = $2)`, [
      people[who].id,
      shop.id,
    ]),
  );
}

test('an approval that was used up can be given again: a deployment that failed does not end the release', async () => {
  const release = await newRelease(world);
  expect((await vote(world, release, people.beth)).refused).toBeNull();
  const [first, second] = [floor.newId('dep'), floor.newId('dep')];
  const seen = await look(world, release);
  expect((await act(release, first)).verdict).toBe('allow');
  expect((await act(release, first)).verdict).toBe('allow');
  expect((await act(release, second)).verdict).toBe('wait');
  // The old request sent again is nothing; a new look and a new word are.
  expect((await vote(world, release, people.beth, seen)).vote).toBeNull();
  expect((await vote(world, release, people.beth)).refused).toBeNull();
  expect((await act(release, second)).verdict).toBe('allow');
  expect((await act(release, floor.newId('dep'))).verdict).toBe('wait');
});

test('who changed the configuration stays excluded until it has really run, also after a way back and a slow wave', async () => {
  const old = await newRelease(world);
  expect((await vote(world, old, people.mona)).refused).toBeNull();
  const brought = floor.newId('dep');
  expect((await act(old, brought)).verdict).toBe('allow');
  // While the waves of the first one still go on, somebody changes what the next one will be started with.
  await configure('2', 'beth');
  await runs(old, brought);
  const bad = await newRelease(world);
  expect(await because(bad, 'beth')).toContain('config-changer');
  expect((await vote(world, bad, people.mona)).refused).toBeNull();
  const tried = floor.newId('dep');
  expect((await act(bad, tried)).verdict).toBe('allow');
  // It goes back by itself: what beth changed was taken away again, and no longer runs.
  await runs(old, tried, true);
  const next = await newRelease(world);
  expect(await because(next, 'beth')).toContain('config-changer');
});

test('what was meant for one machine is not approved for another', async () => {
  const release = await newRelease(world);
  expect((await vote(world, release, people.mona)).refused).toBeNull();
  expect((await ask(world, release)).verdict).toBe('allow');
  await world.tx((tx) => tx.query(`update environment set agent = 'elsewhere' where id = $1`, [prod.id]));
  const answer = await ask(world, release);
  expect(answer.verdict).toBe('wait');
  expect(answer.rules.flatMap((one) => one.reasons).map((one) => one.code)).toContain('approvals.void');
  await world.tx((tx) => tx.query(`update environment set agent = 'a' where id = $1`, [prod.id]));
});

test('neither of the two who broke the glass says that its debt is paid', async () => {
  await world.policy({ breakGlass: { persons: 2, timeBox: '1h', debtDue: '1d' } });
  const release = await newRelease(world);
  const where = { release, service: shop, environment: prod };
  await world.tx((tx) => breakGlass(tx, people.mona, where, { reason: 'fire', ticket: 'T-1' }));
  const row = await world.tx((tx) => breakGlass(tx, people.bill, where, { reason: 'fire', ticket: 'T-1' }));
  const pay = async (who: Who) =>
    world.tx(async (tx) => {
      const version = (await tx.one<{ version: number }>(`select version from waiver where id = $1`, [row.debtId])).version;
      const paid = await payDebt(tx, people[who], { waiver: row.debtId ?? '', version, reason: 'reviewed' });
      return paid instanceof Problem ? paid.code : paid.state;
    });
  expect(await pay('mona')).toBe('waivers.own-waiver');
  expect(await pay('bill')).toBe('waivers.own-waiver');
  expect(await pay('rita')).toBe('paid');
});

test('the approval of a person who has left counts no more', async () => {
  await world.policy({});
  const release = await newRelease(world);
  expect((await vote(world, release, people.mona)).refused).toBeNull();
  expect((await ask(world, release)).verdict).toBe('allow');
  await world.tx(async (tx) => {
    // Somebody must stay admin.
    await tx.query(
      `insert into role_binding (id, org_id, holder_id, role, given_by, given_at) values ('rol_x', $1, $2, 'admin', 'test', $3)`,
      [tx.org, people.root.id, await tx.now()],
    );
    await deactivate(tx, people.root, people.mona.id);
  });
  expect((await ask(world, release)).verdict).toBe('wait');
});
