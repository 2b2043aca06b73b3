import { expect, test } from 'vitest';
import { changeOfRelease } from '../changes/changes.queries.ts';
import { insertEmail } from '../identity/identity.store.ts';
import { testFloor } from '../testing/database.ts';
import { ask, look, newRelease, vote } from '../testing/release-story.ts';
import { delegate, releaseWorld, type Who } from '../testing/release-world.ts';
import { withdrawFromRelease } from './approval.commands.ts';
import { attachPlan } from './plan.api.ts';
import { releasesTasks, votesFollowIntent } from './releases.reactions.ts';

const world = await releaseWorld(await testFloor());
const { people, bot, prod } = world;
const verdict = async (release: Parameters<typeof ask>[1]) => (await ask(world, release)).verdict;

test.each<[Who, string]>([
  ['ann', 'author'],
  ['cora', 'committer'],
  ['coco', 'co-author'],
  ['rita', 'requester'],
  ['root', 'config-changer'],
])('%s, the %s, can’t approve: refused, recorded, and nothing is approved', async (who, did) => {
  const release = await newRelease(world);
  const { refused } = await vote(world, release, people[who]);
  expect(refused).toMatchObject({ code: 'changes.self-approval', status: 403 });
  expect(refused?.data['because']).toContain(did);
  const facts = (await world.facts('approval.refused')).filter((fact) => fact.subject === release.id);
  expect(facts).toMatchObject([{ actor: `person:${people[who].id}`, body: { person: people[who].id, environment: 'prod' } }]);
  expect(await verdict(release)).toBe('wait');
});

test('a token, another address, a bot and a delegate change nothing about who somebody is', async () => {
  const release = await newRelease(world);
  const token = { ...people.ann, credential: { kind: 'token' as const, id: 'tok_1', actions: null, services: null } };
  expect((await vote(world, release, token)).refused?.code).toBe('changes.self-approval');
  expect((await vote(world, release, bot)).refused?.code).toBe('changes.not-a-person');
  const others = { ...bot, owner: people.beth.id };
  expect((await vote(world, release, others)).refused?.code).toBe('changes.not-a-person');
  await delegate(world, 'ann', 'beth');
  expect((await vote(world, release, people.beth, null, { onBehalfOf: people.ann.id })).refused?.code).toBe('changes.self-approval');
  await delegate(world, 'beth', 'ann');
  expect((await vote(world, release, people.ann, null, { onBehalfOf: people.beth.id })).refused?.code).toBe('changes.self-approval');
  await delegate(world, 'ann', null);
  await delegate(world, 'beth', null);
  expect((await vote(world, release, people.beth, null, { onBehalfOf: people.bill.id })).refused?.code).toBe('changes.not-your-mandate');
  expect(await verdict(release)).toBe('wait');
  expect((await world.facts('approval.refused')).filter((fact) => fact.subject === release.id)).toHaveLength(6);
});

test('another person approves; a delegate of one does too', async () => {
  const release = await newRelease(world);
  const seen = await look(world, release);
  expect((await vote(world, release, people.ann, seen)).refused?.code).toBe('changes.self-approval');
  expect((await world.facts('approval.refused')).filter((fact) => fact.subject === release.id)).toHaveLength(1);
  expect((await vote(world, release, people.beth, seen)).vote).toMatchObject({ person: people.beth.id, intent: seen.intent });
  expect(await verdict(release)).toBe('allow');
  const second = await newRelease(world);
  await delegate(world, 'bill', 'mona');
  expect((await vote(world, second, people.mona, null, { onBehalfOf: people.bill.id })).refused).toBeNull();
  await delegate(world, 'bill', null);
  expect(await verdict(second)).toBe('allow');
});

test('an author whom nobody knows makes it unknown until an admin maps the address', async () => {
  const release = await newRelease(world);
  await vote(world, release, people.beth);
  await world.tx((tx) => tx.query(`update source_commit set author_email = 'stranger@example.net' where id = $1`, [release.commit]));
  const answer = await ask(world, release);
  expect(answer.verdict).toBe('unknown');
  expect(JSON.stringify(answer)).not.toContain('stranger');
  await world.tx(async (tx) => insertEmail(tx, tx.org, people.beth.id, 'stranger@example.net', await tx.now()));
  expect(await verdict(release)).toBe('wait');
  await world.tx((tx) => tx.query(`delete from person_email where email = 'stranger@example.net'`));
  await world.tx((tx) => tx.query(`update source_commit set author_email = 'ann@example.org' where id = $1`, [release.commit]));
});

test('where the history is not whole, nobody can say who all the authors are: unknown', async () => {
  const release = await newRelease(world);
  await vote(world, release, people.beth);
  expect(await verdict(release)).toBe('allow');
  await world.tx((tx) => tx.query(`update source_commit set parents = array['${'e'.repeat(40)}'] where id = $1`, [release.commit]));
  expect(await verdict(release)).toBe('unknown');
  await world.tx((tx) => tx.query(`update source_commit set parents = '{}' where id = $1`, [release.commit]));
});

test('a rejection denies until it is withdrawn; only its voter takes it back', async () => {
  const release = await newRelease(world);
  await vote(world, release, people.beth);
  const { vote: no } = await vote(world, release, people.bill, null, { verdict: 'reject' });
  expect(await verdict(release)).toBe('deny');
  const withdraw = (actor: typeof people.bill) => world.tx((tx) => withdrawFromRelease(tx, actor, release, no?.id ?? '', 'thought again'));
  await expect(withdraw(people.beth)).rejects.toMatchObject({ code: 'changes.not-your-vote' });
  await withdraw(people.bill);
  expect(await verdict(release)).toBe('allow');
  await expect(withdraw(people.bill)).rejects.toMatchObject({ code: 'changes.vote-ended' });
});

test.each<[string, (release: Awaited<ReturnType<typeof newRelease>>, turn: number) => Promise<unknown>]>([
  ['the configuration', (_, turn) => world.apply({ level: `c${turn}` })],
  ['the strategy of the environment', () => world.apply({ strategy: '{canary: {steps: [{weight: 10, for: 1s}]}}' })],
  ['the policy that holds here', () => world.policy({ readiness: { rollbackPlan: false, dependencies: true, checklist: [] } })],
  [
    'the plan',
    (release) =>
      world.tx((tx) =>
        attachPlan(tx, { actor: people.rita, releaseId: release.id, environmentId: prod.id, plan: { kind: 'other' }, rollbackPlan: null }),
      ),
  ],
  [
    'the digests',
    (release) =>
      world.tx((tx) => tx.query(`update release set digests = array[$2] where id = $1`, [release.id, `sha256:${'0'.repeat(64)}`])),
  ],
  [
    'the schema change',
    (release) =>
      world.tx((tx) => tx.query(`update release set schema_change = '{"kind":"breaking","digest":null}' where id = $1`, [release.id])),
  ],
])('an approval is void once %s changed, and the old request buys nothing', async (_, change) => {
  const release = await newRelease(world);
  const seen = await look(world, release);
  await vote(world, release, people.beth, seen);
  expect(await verdict(release)).toBe('allow');
  await change(release, Math.floor(performance.now()));
  const answer = await ask(world, release);
  expect(answer.rules.find((rule) => rule.rule === 'approvals')).toMatchObject({ verdict: 'wait' });
  expect(answer.intent).not.toBe(seen.intent);
  expect((await vote(world, release, people.bill, seen)).refused?.code).toBe('changes.stale-vote');
  await votesFollowIntent.run(world.floor, {
    id: 'f',
    type: 't',
    org: world.floor.org,
    subject: release.id,
    service: null,
    actor: 'a',
    at: '',
    body: {},
  });
  expect((await world.facts('approval.voided')).filter((fact) => fact.body['release'] === release.id)).toMatchObject([
    { body: { why: 'void', person: people.beth.id } },
  ]);
  await world.apply({ strategy: 'all-at-once' });
  await world.policy({});
});

test.each<[string, (release: Awaited<ReturnType<typeof newRelease>>) => Promise<unknown>]>([
  ['another service’s configuration', () => world.apply({ otherLevel: '9' })],
  ['another part of the policy', () => world.policy({}, { readiness: { rollbackPlan: true, dependencies: false, checklist: [] } })],
  [
    'a way back that was planned',
    (release) =>
      world.tx((tx) =>
        attachPlan(tx, {
          actor: people.rita,
          releaseId: release.id,
          environmentId: prod.id,
          plan: null,
          rollbackPlan: { kind: 'safe', to: null, why: 'nothing ran' },
        }),
      ),
  ],
  [
    'the environment’s own strategy attached as the plan',
    (release) =>
      world.tx((tx) =>
        attachPlan(tx, {
          actor: people.rita,
          releaseId: release.id,
          environmentId: prod.id,
          plan: { kind: 'all-at-once' },
          rollbackPlan: null,
        }),
      ),
  ],
  ['another release of the service', () => newRelease(world)],
])('%s voids nothing', async (_, change) => {
  const release = await newRelease(world);
  const seen = await look(world, release);
  await vote(world, release, people.beth, seen);
  await change(release);
  expect(await look(world, release)).toEqual(seen);
  expect(await verdict(release)).toBe('allow');
});

test('single use: the same request again is the same vote; withdrawn, expired or for another release it buys nothing', async () => {
  const release = await newRelease(world);
  const seen = await look(world, release);
  const first = await vote(world, release, people.beth, seen);
  expect((await vote(world, release, people.beth, seen)).vote?.id).toBe(first.vote?.id);
  expect((await vote(world, release, people.beth, seen, { verdict: 'reject' })).refused?.code).toBe('changes.already-voted');
  expect(
    (await vote(world, await newRelease(world, { run: await world.build(await world.commit('fix: other')) }), people.bill, seen)).refused
      ?.code,
  ).toBe('changes.stale-vote');
  await world.tx((tx) => withdrawFromRelease(tx, people.beth, release, first.vote?.id ?? '', 'no'));
  expect((await vote(world, release, people.beth, seen)).refused?.code).toBe('changes.stale-vote');
  expect(await verdict(release)).toBe('wait');
  const again = await look(world, release);
  const second = await vote(world, release, people.beth, again);
  await world.clock(3_600_000);
  expect(await verdict(release)).toBe('wait');
  expect((await vote(world, release, people.beth, again)).refused?.code).toBe('changes.already-voted');
  await releasesTasks[0]?.run(world.floor, { vote: second.vote?.id, release: release.id }, world.floor.org);
  expect((await vote(world, release, people.beth, again)).refused?.code).toBe('changes.stale-vote');
  expect((await vote(world, release, people.beth)).refused).toBeNull();
  expect(await verdict(release)).toBe('allow');
});

test('an allowed deployment uses the approvals up: it goes on with them, another deployment can’t, and they can’t be withdrawn', async () => {
  const release = await newRelease(world);
  const { vote: given } = await vote(world, release, people.beth);
  expect((await ask(world, release, { record: true, deploymentId: 'dep_1' })).verdict).toBe('allow');
  expect((await ask(world, release, { record: true, deploymentId: 'dep_1' })).verdict).toBe('allow');
  expect((await ask(world, release, { record: true, deploymentId: 'dep_2' })).verdict).toBe('wait');
  await expect(world.tx((tx) => withdrawFromRelease(tx, people.beth, release, given?.id ?? '', 'no'))).rejects.toMatchObject({
    code: 'changes.vote-ended',
  });
  expect(await world.facts('approval.used')).toMatchObject([{ subject: given?.id, body: { deployment: 'dep_1' } }]);
});

test('two roles need two persons; the matching finds them in whatever order they voted', async () => {
  await world.policy({ approval: 'two' });
  const release = await newRelease(world);
  await vote(world, release, people.mona);
  expect(await verdict(release)).toBe('wait');
  await vote(world, release, people.beth);
  expect(await verdict(release)).toBe('allow');
  await world.policy({});
});

test('the change record opens with the release', async () => {
  const release = await newRelease(world);
  expect(await world.tx((tx) => changeOfRelease(tx, release.id))).toMatchObject({
    id: release.changeId,
    state: 'open',
    type: 'normal',
    requestedBy: people.rita.id,
  });
});

test('approve against modify, many times at once: whatever is allowed was approved exactly as it stands', async () => {
  for (let round = 0; round < 12; round += 1) {
    const release = await newRelease(world);
    const seen = await look(world, release);
    const level = `r${round}-${Math.random()}`;
    const modify = (): Promise<unknown> =>
      round % 3 === 0
        ? world.apply({ level })
        : world.tx((tx) =>
            attachPlan(tx, {
              actor: people.rita,
              releaseId: release.id,
              environmentId: prod.id,
              plan: { kind: level },
              rollbackPlan: null,
            }),
          );
    const act = () => ask(world, release, { record: true, deploymentId: 'dep_race' });
    const [, outcome, answer] = await Promise.all([
      modify(),
      vote(world, release, people.beth, seen),
      act(),
      ...(round % 2 ? [act()] : []),
    ]);
    const settled = await ask(world, release);
    for (const one of [answer, settled]) {
      if (one.verdict === 'allow') expect(outcome.vote?.intent).toBe(one.intent);
    }
    expect(settled.verdict).not.toBe('allow');
    expect(settled.intent).not.toBe(seen.intent);
  }
});
