import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { Problem } from '../kernel/problem.ts';
import { testFloor } from '../testing/database.ts';
import { factsOf } from '../testing/pipelines.ts';
import { policyAt } from './policy.store.ts';
import { lineDiff } from './policy/diff.ts';
import { presetDocument } from './policy/presets.ts';
import { approveChange, proposeChange, rejectChange, withdrawChange } from './proposal.commands.ts';
import type { Proposal } from './proposal.store.ts';

const floor = await testFloor();
const credential = { kind: 'session', id: 'ses_1', authenticatedAt: '2026-01-01T00:00:00.000Z' } as const;
const person = (id: string): Actor => ({ kind: 'person', id, org: floor.org, credential });
const [ada, bo, cy] = [person('per_ada'), person('per_bo'), person('per_cy')];
const bot: Actor = {
  kind: 'bot',
  id: 'bot_1',
  org: floor.org,
  owner: 'per_ada',
  credential: { kind: 'token', id: 'tok_1', actions: null, services: null },
};

const text = (change: object = {}) => stringify({ ...presetDocument('regulated'), ...change }, { aliasDuplicateObjects: false });
const version = async () => (await floor.db.read(floor.org, (tx) => policyAt(tx, 'regulated', null)))?.policy.version ?? 0;
const propose = (source: string, from: number, actor = ada) =>
  floor.db.tx(floor.org, (tx) => proposeChange(tx, actor, { name: 'regulated', source, version: from, reason: 'because' }));
const open = async (source: string, from: number, actor = ada): Promise<Proposal> => {
  const proposed = await propose(source, from, actor);
  if (proposed === 'applied') throw new Error('it was applied at once');
  return proposed;
};
const approve = (id: string, actor: Actor) => floor.db.tx(floor.org, (tx) => approveChange(tx, actor, id));
const codeOf = (answer: Proposal | Problem) => (answer instanceof Problem ? answer.sentence : answer.state);

test('a change of a policy that asks for approval waits for another person, and nobody approves their own', async () => {
  const proposal = await open(text({ title: 'Stricter' }), 1);
  expect(await version()).toBe(1);
  expect(codeOf(await approve(proposal.id, ada))).toContain('you proposed it');
  expect(codeOf(await approve(proposal.id, bot))).toContain('a person has to decide');
  expect(await approve(proposal.id, bo)).toMatchObject({ state: 'applied', decidedBy: 'per_bo', approvedBy: ['per_bo'] });
  expect(await version()).toBe(2);
  expect(codeOf(await approve(proposal.id, cy))).toContain('decided on');
  const stored = await floor.db.read(floor.org, (tx) => policyAt(tx, 'regulated', null));
  // Whose change it is stays who proposed it: segregation of duties asks for that person.
  expect(stored).toMatchObject({ by: 'per_ada', policy: { title: 'Stricter' } });
  expect((await factsOf(floor, 'policychange.refused')).map((fact) => fact.body['why'])).toEqual([
    'own-proposal',
    'not-a-person',
    'already-ended',
  ]);
  expect((await factsOf(floor, 'policy.changed')).at(-1)?.body).toMatchObject({ person: 'per_ada', approvedBy: ['per_bo'], version: 2 });
});

test('two approvals are two persons; the policy in force says how many, not the proposed one', async () => {
  const now = await version();
  const two = await open(text({ changes: { approvals: 2 } }), now);
  expect(await approve(two.id, bo)).toMatchObject({ state: 'applied' });
  const loose = await open(text({ changes: { approvals: 0 } }), now + 1);
  expect(await approve(loose.id, bo)).toMatchObject({ state: 'open', approvedBy: ['per_bo'] });
  expect(codeOf(await approve(loose.id, bo))).toContain('you approved it already');
  expect(await version()).toBe(now + 1);
  expect(await approve(loose.id, cy)).toMatchObject({ state: 'applied' });
  expect(await propose(text({ changes: { approvals: 1 } }), now + 2)).toBe('applied');
});

test('what changed meanwhile ends a proposal at its approval, and nothing is half done', async () => {
  const now = await version();
  const [first, second] = [await open(text({ title: 'One' }), now), await open(text({ title: 'Two' }), now, cy)];
  await approve(first.id, bo);
  await expect(approve(second.id, bo)).rejects.toMatchObject({ code: 'gates.policy-changed-meanwhile' });
  expect(await version()).toBe(now + 1);
  expect(codeOf(await floor.db.tx(floor.org, (tx) => withdrawChange(tx, ada, second.id)))).toContain('only who proposed it');
  expect(await floor.db.tx(floor.org, (tx) => withdrawChange(tx, cy, second.id))).toMatchObject({ state: 'withdrawn' });
  const third = await open(text({ title: 'Three' }), now + 1);
  expect(await floor.db.tx(floor.org, (tx) => rejectChange(tx, bo, third.id, 'no'))).toMatchObject({
    state: 'rejected',
    decidedReason: 'no',
  });
  await expect(propose('name: regulated', now + 1)).rejects.toMatchObject({ code: 'gates.policy-invalid' });
});

test('approved at the same moment by two, it comes into force once', async () => {
  const now = await version();
  const proposal = await open(text({ title: 'Together' }), now);
  const answers = await Promise.all([approve(proposal.id, bo), approve(proposal.id, cy)]);
  expect(answers.map(codeOf).sort()).toEqual(
    [expect.stringContaining('decided on'), 'applied'].sort((a, b) => (String(a) < String(b) ? -1 : 1)),
  );
  expect(await version()).toBe(now + 1);
});

test('a difference is the lines that change, and two around them', () => {
  expect(lineDiff('a\nb\nc\n', 'a\nb\nc\n')).toEqual([]);
  const before = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';
  expect(lineDiff(before, before.replace('four', '4')).map(({ sign, line }) => sign + line)).toEqual([
    ' two',
    ' three',
    '-four',
    '+4',
    ' five',
    ' six',
  ]);
  expect(lineDiff('', 'x\n').map(({ sign, line }) => sign + line)).toEqual(['-', '+x']);
});
