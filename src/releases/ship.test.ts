import { expect, test } from 'vitest';
import { z } from 'zod';
import { changeOfRelease } from '../changes/changes.queries.ts';
import { setRunning } from '../environments/running.api.ts';
import { recordVerification, revokeVerifications } from '../environments/verification.api.ts';
import { system } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { testFloor } from '../testing/database.ts';
import { ask, newRelease, vote } from '../testing/release-story.ts';
import { releaseWorld } from '../testing/release-world.ts';
import { approveWaiver, requestWaiver } from '../waivers/waiver.commands.ts';
import { mayShipSchema, releaseSchema, targetSchema } from '../contract/releases.ts';
import { explain } from './answers.api.ts';
import { mirrorHistory } from './history.queries.ts';
import { look as seen } from './may-ship.api.ts';
import { attachPlan } from './plan.api.ts';
import type { RollbackPlan } from './plan.ts';
import { breakGlass, tickChecklist } from './readiness.commands.ts';
import { abandonRelease, createRelease } from './release.commands.ts';
import { decisionById, type ReleaseRow } from './releases.queries.ts';
import { changeFollowsApproval, changeFollowsDeployment } from './releases.reactions.ts';
import { mayShipView, releaseView, targetViews } from './releases.views.ts';
import { replay } from './replay.api.ts';

const world = await releaseWorld(await testFloor());
const { people, shop, dev, prod, floor } = world;
const place = (release: ReleaseRow) => ({ release, service: shop, environment: prod });
const agent = system(floor.org, 'agent');

const runs = (release: ReleaseRow, environmentId = prod.id, rollback = false) =>
  world.tx((tx) =>
    setRunning(tx, agent, {
      serviceId: shop.id,
      environmentId,
      releaseId: release.id,
      version: release.versionName,
      artifactDigests: release.digests,
      configurationDigest: digestOf('c'),
      deploymentId: floor.newId('dep'),
      rollback,
    }),
  );
const verify = (release: ReleaseRow, environmentId: string) =>
  world.tx((tx) =>
    recordVerification(tx, agent, {
      serviceId: shop.id,
      environmentId,
      releaseId: release.id,
      deploymentId: null,
      check: 'health',
      verdict: 'passed',
    }),
  );
const rule = async (release: ReleaseRow, name: string) => (await ask(world, release)).rules.find((one) => one.rule === name);

test('a version follows from the commits, once; explicit ones are checked; a failed or foreign run is refused', async () => {
  const commit = await world.commit('feat: first');
  const run = await world.build(commit);
  const create = (more: object) =>
    world.tx((tx) =>
      createRelease(
        tx,
        people.rita,
        { service: shop, run, commit: null, type: 'standard', version: null, plan: 'manual', targets: null, schemaChange: 'none', ...more },
        { history: mirrorHistory },
      ),
    );
  const first = await create({});
  expect(first).toMatchObject({ versionName: '0.1.0', commit, runId: run, targets: ['dev', 'prod'] });
  expect(first.notes).toContain('first');
  await expect(create({})).rejects.toMatchObject({ code: 'artifacts.nothing-to-release' });
  await expect(create({ version: '0.1.0' })).rejects.toMatchObject({ code: 'artifacts.version-taken' });
  expect(await create({ run: null, commit, type: 'hotfix' })).toMatchObject({ versionName: '0.1.1', runId: run });
  expect(await create({ run: null, version: '0.5.0' })).toMatchObject({ runId: run });
  await expect(create({ run: null, commit: 'f'.repeat(40) })).rejects.toMatchObject({ code: 'releases.no-run' });
  await expect(create({ targets: ['moon'] })).rejects.toMatchObject({ code: 'releases.no-such-environment' });
  await world.tx((tx) => tx.query(`update run set trust = 'untrusted' where id = $1`, [run]));
  await expect(create({ version: '3.0.0' })).rejects.toMatchObject({ code: 'releases.run-not-releasable' });
  await world.tx((tx) => tx.query(`update run set trust = 'protected', state = 'failed' where id = $1`, [run]));
  await expect(create({ version: '3.0.0' })).rejects.toMatchObject({ code: 'releases.run-not-releasable' });
});

test('what is recorded at an act derives again from its stored inputs; a changed blob or row shows', async () => {
  const release = await newRelease(world);
  const refusal = await ask(world, release, { record: true });
  expect(refusal.verdict).toBe('wait');
  await vote(world, release, people.beth);
  const answer = await ask(world, release, { record: true, deploymentId: 'dep_1' });
  for (const one of [refusal, answer]) {
    const row = await world.tx((tx) => decisionById(tx, one.decision ?? ''));
    const again = await world.tx((tx) => replay(tx, row!));
    expect(again.differences).toEqual([]);
    expect(again.derived.digest).toBe(one.digest);
    const forged = await world.tx((tx) => replay(tx, { ...row!, answer: { ...row!.answer, verdict: 'deny' } }));
    expect(forged.differences).toEqual(['verdict']);
  }
  const facts = (await world.facts('decision.recorded')).filter((fact) => fact.body['release'] === release.id);
  expect(facts.map((fact) => [fact.body['verdict'], fact.body['digest']])).toEqual([
    ['wait', refusal.digest],
    ['allow', answer.digest],
  ]);
  await expect(world.tx((tx) => tx.query(`update decision set verdict = 'allow' where id = $1`, [refusal.decision]))).rejects.toThrow();
});

test('a preview records nothing and works in a read-only transaction', async () => {
  const release = await newRelease(world);
  const before = (await world.facts('decision.recorded')).length;
  const { mayShip } = await import('./may-ship.api.ts');
  const answer = await floor.db.read(floor.org, (tx) =>
    mayShip(tx, { releaseId: release.id, environmentId: prod.id, actor: people.rita, purpose: 'preview', record: false }),
  );
  expect(answer.decision).toBeNull();
  expect((await world.facts('decision.recorded')).length).toBe(before);
});

test('the answers on the wire have the form that the contract says', async () => {
  const release = await newRelease(world);
  const answer = await ask(world, release, { record: true });
  const { loaded } = await world.tx((tx) => seen(tx, { releaseId: release.id, environmentId: prod.id, purpose: 'deploy' }));
  const explained = await world.tx((tx) => explain(tx, answer, loaded, { service: shop, environment: prod }));
  expect(mayShipSchema.parse(mayShipView(answer, explained))).toEqual(mayShipView(answer, explained));
  expect(releaseSchema.parse(await world.tx((tx) => releaseView(tx, release)))).toMatchObject({ id: release.id });
  const targets = await world.tx((tx) => targetViews(tx, release));
  expect(
    z
      .array(targetSchema)
      .parse(targets)
      .map((one) => one.environment),
  ).toEqual(['dev', 'prod']);
});

test('verified before: waits for the check in dev, allows once it passed, denies once it is revoked', async () => {
  await world.policy({ approval: null, lifecycle: { verifiedBefore: true, soak: '10m' } });
  const release = await newRelease(world);
  expect((await ask(world, release)).verdict).toBe('wait');
  await verify(release, dev.id);
  const soaking = await ask(world, release);
  expect(soaking).toMatchObject({ verdict: 'wait', earliest: expect.any(String), missing: [] });
  await world.clock(Date.parse(soaking.earliest ?? '') - Date.parse(soaking.at));
  expect((await ask(world, release)).verdict).toBe('allow');
  await world.tx((tx) =>
    revokeVerifications(tx, agent, { serviceId: shop.id, environmentId: dev.id, releaseId: release.id, reason: 'leaks' }),
  );
  expect((await ask(world, release)).verdict).toBe('deny');
  await world.policy({});
});

test('a checklist item holds until a person says yes; a no names the person; bots say nothing', async () => {
  await world.policy({ approval: null, readiness: { rollbackPlan: false, dependencies: false, checklist: ['The runbook is current'] } });
  const release = await newRelease(world);
  const tick = (actor: Parameters<typeof tickChecklist>[1], state: 'yes' | 'no', item = 'The runbook is current') =>
    world.tx((tx) => tickChecklist(tx, actor, place(release), { item, state, note: '' }));
  expect((await ask(world, release)).verdict).toBe('deny');
  await tick(people.beth, 'no');
  expect(await rule(release, 'readiness')).toMatchObject({ verdict: 'deny', missing: [{ who: [people.beth.id] }] });
  await tick(people.beth, 'yes');
  expect((await ask(world, release)).verdict).toBe('allow');
  await expect(tick(world.bot, 'yes')).rejects.toMatchObject({ code: 'releases.person-needed' });
  await expect(tick(people.beth, 'yes', 'Another')).rejects.toMatchObject({ code: 'releases.no-such-item' });
  await world.policy({});
});

test('the way back: passes without approvals to what was verified here; never to another, never where data would be lost', async () => {
  const old = await newRelease(world);
  const next = await newRelease(world);
  const back = (release: ReleaseRow) => ask(world, release, { purpose: 'rollback', record: true });
  await runs(old);
  await verify(old, prod.id);
  await runs(next);
  expect((await back(old)).verdict).toBe('allow');
  expect((await back(await newRelease(world))).verdict).toBe('deny');
  const plan = (kind: RollbackPlan['kind']) =>
    world.tx((tx) =>
      attachPlan(tx, {
        actor: agent,
        releaseId: next.id,
        environmentId: prod.id,
        plan: null,
        rollbackPlan: { kind, to: null, why: 'a column goes' },
      }),
    );
  await plan('unsafe');
  expect((await back(old)).verdict).toBe('deny');
  await plan('safe');
  expect((await back(old)).verdict).toBe('allow');
  await world.tx((tx) =>
    tx.query(`update artifact set revoked_at = '2026-01-01T00:00:00Z', revoked_by = 'x', revoked_reason = 'backdoor' where digest = $1`, [
      old.digests[0],
    ]),
  );
  expect((await back(old)).verdict).toBe('deny');
  expect((await ask(world, next)).rules.find((one) => one.rule === 'lifecycle')?.verdict).toBe('deny');
  await world.tx((tx) => tx.query(`update artifact set revoked_at = null, revoked_by = null, revoked_reason = null`));
});

test('break-glass: as many persons as the policy says, a time box, and a debt that blocks the next standard release until paid', async () => {
  await world.policy({ breakGlass: { persons: 2, timeBox: '30m', debtDue: '7d' } });
  const release = await newRelease(world, { type: 'emergency' });
  const smash = (actor: Parameters<typeof breakGlass>[1]) =>
    world.tx((tx) => breakGlass(tx, actor, place(release), { reason: 'down', ticket: 'INC-1' }));
  expect((await smash(people.mona)).activeUntil).toBeNull();
  expect((await ask(world, release)).verdict).toBe('wait');
  await expect(smash(people.mona)).rejects.toMatchObject({ code: 'releases.second-person-needed' });
  await expect(smash(world.bot)).rejects.toMatchObject({ code: 'releases.person-needed' });
  const open = await smash(people.rita);
  expect(open).toMatchObject({ persons: [people.mona.id, people.rita.id], debtId: expect.stringMatching(/^wvr_/) });
  expect((await ask(world, release)).verdict).toBe('allow');
  expect(await rule(await newRelease(world), 'debt')).toMatchObject({ verdict: 'deny' });
  expect(await rule(await newRelease(world, { type: 'hotfix' }), 'debt')).toMatchObject({ verdict: 'allow' });
  await world.clock(31 * 60_000);
  expect((await ask(world, release)).verdict).toBe('wait');
  await world.tx((tx) => tx.query(`update waiver set state = 'paid' where id = $1`, [open.debtId]));
  await world.policy({});
});

test('given up, it ships nowhere, and its change is closed', async () => {
  const release = await newRelease(world);
  await vote(world, release, people.beth);
  await world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'superseded'));
  expect((await ask(world, release)).verdict).toBe('deny');
  expect((await vote(world, { ...release, state: 'abandoned' }, people.bill)).refused?.code).toBe('releases.abandoned');
  expect(await world.tx((tx) => changeOfRelease(tx, release.id))).toMatchObject({ state: 'closed', outcome: 'abandoned' });
  await expect(world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'again'))).rejects.toMatchObject({
    code: 'releases.abandoned',
  });
});

test('the change record follows votes and deployments, also when told twice', async () => {
  const release = await newRelease(world);
  const state = async () => (await world.tx((tx) => changeOfRelease(tx, release.id)))?.state;
  const fact = (type: string, body: object) => ({
    id: 'f',
    type,
    org: floor.org,
    subject: 'dep_1',
    service: null,
    actor: 'x',
    at: '',
    body: { release: release.id, kind: 'deploy', ...body },
  });
  await vote(world, release, people.beth);
  await changeFollowsApproval.run(floor, fact('approval.given', {}));
  expect(await state()).toBe('approved');
  await changeFollowsDeployment.run(floor, fact('deployment.started', { environment: 'dev' }));
  await changeFollowsDeployment.run(floor, fact('deployment.finished', { environment: 'dev', outcome: 'succeeded', began: true }));
  expect(await state()).toBe('implementing');
  await changeFollowsDeployment.run(floor, fact('deployment.finished', { environment: prod.id, outcome: 'rolled-back', began: true }));
  expect(await world.tx((tx) => changeOfRelease(tx, release.id))).toMatchObject({ state: 'closed', outcome: 'rolled-back' });
  await changeFollowsDeployment.run(floor, fact('deployment.started', { environment: 'prod' }));
  for (const _ of [1, 2])
    await changeFollowsDeployment.run(floor, fact('deployment.finished', { environment: 'prod', outcome: 'succeeded', began: true }));
  expect(await world.tx((tx) => changeOfRelease(tx, release.id))).toMatchObject({ state: 'closed', outcome: 'success' });
  expect((await world.facts('change.moved')).filter((one) => one.body['release'] === release.id).map((one) => one.body['state'])).toEqual([
    'approved',
    'implementing',
    'closed',
    'implementing',
    'closed',
  ]);
});

test('a waived freeze lets pass, for its time, by another person only', async () => {
  await world.policy({ approval: null });
  const { createFreeze } = await import('./calendar/freezes.commands.ts');
  const release = await newRelease(world);
  const now = await world.tx((tx) => tx.now());
  const freeze = await world.tx((tx) =>
    createFreeze(tx, people.mona, {
      kind: 'deny',
      scope: { service: 'shop' },
      when: { kind: 'once', from: now, until: null },
      reason: 'closing',
      ticket: 'T',
      exempt: [],
      onRunning: 'finish',
    }),
  );
  expect((await ask(world, release)).verdict).toBe('wait');
  const scope = { teamId: shop.teamId, serviceId: shop.id, environmentId: null };
  const expiresAt = new Date(Date.parse(now) + 3_600_000).toISOString();
  const waiver = await world.tx((tx) =>
    requestWaiver(tx, people.rita, {
      kind: 'freeze',
      scope,
      subject: freeze.id,
      owner: null,
      reason: 'must',
      ticket: 'T-2',
      price: null,
      expiresAt,
    }),
  );
  expect((await ask(world, release)).verdict).toBe('wait');
  await world.tx((tx) => approveWaiver(tx, people.beth, { waiver: waiver.id, version: waiver.version, reason: null }));
  expect((await ask(world, release)).verdict).toBe('allow');
  await world.clock(3_600_000);
  expect((await ask(world, release)).verdict).toBe('wait');
  await world.policy({});
});
