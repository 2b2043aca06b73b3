import { expect, test } from 'vitest';
import { requestDeployment, requestRollback } from '../deployments/deploy.commands.ts';
import { setRunning } from '../environments/running.api.ts';
import { system } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { testFloor } from '../testing/database.ts';
import { ask, look, newRelease } from '../testing/release-story.ts';
import { releaseWorld } from '../testing/release-world.ts';
import { endHold, holdRelease } from './hold.commands.ts';
import { breakGlass, tickChecklist } from './readiness.commands.ts';
import { abandonRelease } from './release.commands.ts';
import { decisionById } from './releases.queries.ts';
import { replay } from './replay.api.ts';

const world = await releaseWorld(await testFloor());
const { people, shop, prod, floor } = world;
const port = { mayShip: () => Promise.reject(new Error('not asked')), openArtifact: () => Promise.reject(new Error('not asked')) };
const stale = { code: 'platform.stale', status: 409 };
const other = digestOf('another intent');

test('what was decided on another version than the one that stands is refused, by name, and does nothing', async () => {
  await world.policy({ readiness: { rollbackPlan: false, dependencies: false, checklist: ['Runbook read'] } });
  const release = await newRelease(world);
  const place = { release, service: shop, environment: prod };
  const { intent, version } = await look(world, release);
  const said = { item: 'Runbook read', state: 'yes' as const, note: '' };
  const glass = { reason: 'on fire', ticket: 'INC-1' };
  const deploy = (seen: string) =>
    world.tx((tx) => requestDeployment(tx, port, people.mona, { release: release.id, environment: 'prod', intent: seen }));

  await expect(world.tx((tx) => tickChecklist(tx, people.bill, place, said, version + 1))).rejects.toMatchObject(stale);
  await expect(world.tx((tx) => breakGlass(tx, people.mona, place, glass, other))).rejects.toMatchObject(stale);
  await expect(deploy(other)).rejects.toMatchObject({ ...stale, sentence: expect.stringContaining(release.versionName) });
  await expect(world.tx((tx) => abandonRelease(tx, people.mona, release.id, 'old', release.version + 1))).rejects.toMatchObject(stale);
  expect(await world.facts('release.checklist-ticked')).toEqual([]);
  expect(await world.facts('release.break-glass-opened')).toEqual([]);

  await world.tx((tx) => tickChecklist(tx, people.bill, place, said, version));
  await expect(deploy(intent), 'the right intent is taken up to the next question').rejects.toMatchObject({
    code: 'deployments.nothing-to-run',
  });
  await world.apply({ level: '2' });
  await expect(deploy(intent), 'a configuration that changed meanwhile').rejects.toMatchObject(stale);
  await expect(world.tx((tx) => breakGlass(tx, people.mona, place, glass, intent))).rejects.toMatchObject(stale);
  await world.tx((tx) => abandonRelease(tx, people.mona, release.id, 'old', release.version));
});

test('a way back is asked for from what was seen running', async () => {
  const release = await newRelease(world);
  await world.tx((tx) =>
    setRunning(tx, system(floor.org, 'agent'), {
      serviceId: shop.id,
      environmentId: prod.id,
      releaseId: release.id,
      version: release.versionName,
      artifactDigests: release.digests,
      configurationDigest: digestOf('{}'),
      deploymentId: 'dep_1',
      rollback: false,
    }),
  );
  const back = (from: string) =>
    world.tx((tx) => requestRollback(tx, port, people.mona, { service: 'shop', environment: 'prod', reason: 'bad', to: null, from }));
  await expect(back(`rel_${'0'.repeat(32)}`)).rejects.toMatchObject(stale);
  await expect(back(release.id)).rejects.toMatchObject({ code: 'deployments.nothing-to-go-back-to' });
});

test('a release that is held goes nowhere, not by break-glass either, until a person ends the hold; the way back to it stays open', async () => {
  await world.policy({ approval: null });
  const release = await newRelease(world);
  expect((await ask(world, release)).verdict).toBe('allow');
  await expect(world.tx((tx) => holdRelease(tx, people.bill, release.id, 'wait for legal', release.version + 1))).rejects.toMatchObject(
    stale,
  );
  await expect(world.tx((tx) => holdRelease(tx, world.bot, release.id, 'x', null))).rejects.toMatchObject({
    code: 'releases.person-needed',
  });
  await expect(world.tx((tx) => endHold(tx, people.mona, release.id, 'x', null))).rejects.toMatchObject({ code: 'releases.not-held' });
  const held = await world.tx((tx) => holdRelease(tx, people.bill, release.id, 'wait for legal', release.version));
  expect(held.held).toMatchObject({ by: people.bill.id, reason: 'wait for legal' });
  await expect(world.tx((tx) => holdRelease(tx, people.mona, release.id, 'me too', null))).rejects.toMatchObject({
    code: 'releases.already-held',
  });

  const answer = await ask(world, release, { record: true });
  expect(answer).toMatchObject({ verdict: 'wait', missing: [{ what: 'the hold to be ended', who: [people.bill.id, 'release-manager'] }] });
  const place = { release, service: shop, environment: prod };
  await world.tx((tx) => breakGlass(tx, people.mona, place, { reason: 'on fire', ticket: 'INC-1' }));
  expect((await ask(world, release)).verdict, 'a break-glass does not lift it').toBe('wait');
  const row = await world.tx((tx) => decisionById(tx, answer.decision ?? ''));
  expect((await world.tx((tx) => replay(tx, row!))).differences).toEqual([]);
  expect((await ask(world, release, { purpose: 'rollback' })).rules.find((rule) => rule.rule === 'lifecycle')?.reasons[0]?.code).not.toBe(
    'lifecycle.held',
  );

  await world.tx((tx) => endHold(tx, people.mona, release.id, 'legal said yes', held.version));
  expect((await ask(world, release)).rules.find((rule) => rule.rule === 'lifecycle')?.verdict).toBe('allow');
  expect((await world.facts('release.held')).concat(await world.facts('release.hold-ended')).map((fact) => fact.body['person'])).toEqual([
    people.bill.id,
    people.mona.id,
  ]);
});
