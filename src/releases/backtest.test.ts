import { expect, test } from 'vitest';
import { policyAt } from '../gates/policy.store.ts';
import type { PolicyDocument } from '../gates/policy/document.ts';
import type { Proposed } from '../gates/proposed.api.ts';
import { testFloor } from '../testing/database.ts';
import { ask, newRelease, vote } from '../testing/release-story.ts';
import { releaseWorld } from '../testing/release-world.ts';
import { outcomeOf } from './backtest.ts';
import { backtestPage, type BacktestPage } from './backtest.api.ts';

const world = await releaseWorld(await testFloor());
const { people } = world;
const check = (rule: string, more: object = {}) => ({ title: 'A check', rule, remedy: 'Do it.', mode: 'block', ...more });

type Document = PolicyDocument & { checks: Record<string, object>; tiers: Record<string, Record<string, Record<string, unknown>>> };

/** The policy of the world with something else asked of production. */
async function proposal(production: object, checks: Record<string, object> = {}): Promise<string> {
  const current = await world.tx((tx) => policyAt(tx, 'regulated', null));
  const document = structuredClone(current?.document) as unknown as Document;
  Object.assign(document.checks, checks);
  for (const tier of ['1', '2', '3']) Object.assign(document.tiers[tier]?.['production'] ?? {}, production);
  return JSON.stringify(document);
}

const POLICY = { policy: 'regulated' } as const;
const page = (
  source: string,
  more: { change?: Proposed; days?: number; limit?: number; after?: [string, string]; visible?: ReadonlySet<string> } = {},
): Promise<BacktestPage> =>
  world.tx((tx) => backtestPage(tx, { change: POLICY, days: 90, limit: 100, after: null, visible: 'all', source, ...more }));
const outcomes = ({ judged }: BacktestPage) => judged.map(({ found }) => found.outcome);

const approved = await newRelease(world);
await vote(world, approved, people.beth);
expect((await ask(world, approved, { record: true, deploymentId: 'dep_1' })).verdict).toBe('allow');
// What came after it went counts no more: it went.
await ask(world, approved, { record: true });
const waiting = await newRelease(world);
expect((await ask(world, waiting, { record: true })).verdict).toBe('wait');

test('the same rules make the same of every decision, each release once', async () => {
  const found = await page(await proposal({}));
  expect(found.total).toBe(2);
  expect(found.judged.map(({ decision, service, found: { outcome, now, proposed } }) => [decision.releaseId, service, decision.answer.verdict, now, proposed, outcome])).toEqual([
    [waiting.id, 'shop', 'wait', 'wait', 'wait', 'same'],
    [approved.id, 'shop', 'allow', 'allow', 'allow', 'same'],
  ]); // prettier-ignore
  expect(found.judged.flatMap(({ found: { because } }) => because)).toEqual([]);
});

test('a check, another approver, a longer soak and none at all: stopped, delayed, not known, let through, each with its reasons', async () => {
  const nobody = await page(await proposal({ checks: ['more'] }, { more: check('build.recorded') }));
  expect(outcomes(nobody)).toEqual(['other', 'stopped']);
  const [, stopped] = nobody.judged;
  expect(stopped?.found).toMatchObject({
    now: 'allow',
    proposed: 'deny',
    earliest: null,
    because: [{ rule: 'gates', code: 'gates.failed' }],
  });

  const unscanned = await page(await proposal({ checks: ['scanned'] }, { scanned: check('findings.total == 0') }));
  expect(outcomes(unscanned)).toEqual(['other', 'not-known']);

  const two = await page(await proposal({ approval: 'two' }));
  expect(two.judged[1]?.found).toMatchObject({
    outcome: 'delayed',
    earliest: null,
    because: [{ rule: 'approvals', code: 'approvals.missing' }],
  });

  const alone = await page(await proposal({ approval: null }));
  expect(alone.judged[0]?.found).toMatchObject({ outcome: 'let-through', because: [{ rule: 'approvals', code: 'approvals.missing' }] });
  expect(alone.judged[1]?.found.outcome).toBe('same');
});

test('what will block from a day on blocks in the proposal, and what only warns stops nothing', async () => {
  const later = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const failing = (more: object) => proposal({ checks: ['more'] }, { more: check('build.recorded', more) });
  expect(outcomes(await page(await failing({ blockFrom: later })))[1]).toBe('stopped');
  expect(outcomes(await page(await failing({ mode: 'warn' })))[1]).toBe('same');
});

test('what nobody asked for then is not known, and is named; it is never a yes', async () => {
  const tickets = await page(await proposal({ checks: ['ticket'] }, { ticket: check('tickets.size() >= 0') }));
  expect(tickets.judged[1]?.found).toMatchObject({ outcome: 'not-known', notRecorded: ['tickets'] });
  const licences = await page(await proposal({ checks: ['licensed'] }, { licensed: check('licences.denied == 0') }));
  expect(licences.judged[1]?.found).toMatchObject({ outcome: 'not-known', notRecorded: ['licences'] });
  const dependencies = await page(await proposal({ readiness: { rollbackPlan: false, dependencies: true, checklist: [] } }));
  expect(dependencies.judged[1]?.found).toMatchObject({
    outcome: 'not-known',
    notRecorded: ['services that it depends on'],
    because: [{ rule: 'readiness', code: 'backtest.not-recorded' }],
  });
});

test('the minimum and the rules of a team are tried out beside the policy; a wrong document is told at its place', async () => {
  const asks = JSON.stringify({ title: 'More', checks: { more: check('build.recorded') }, requires: [{ environments: ['production'], checks: ['more'] }] });
  expect(outcomes(await page(asks, { change: { level: 'organisation' } }))).toEqual(['other', 'stopped']);
  const team = await page(asks, { change: { team: 'web' } });
  expect(outcomes(team)).toEqual(['other', 'stopped']);
  expect(team.judged[1]?.found.because[0]?.text).toContain('asked by the team web');
  await expect(page('title: [', { change: { level: 'organisation' } })).rejects.toMatchObject({ code: 'gates.policy-invalid' });
  await expect(page(asks, { change: { team: 'nobody' } })).rejects.toMatchObject({ code: expect.stringMatching(/^catalog\./) });
  await expect(page(await proposal({}), { change: { policy: 'startup' } })).rejects.toMatchObject({ code: 'gates.policy-other-name' });
}); // prettier-ignore

test('a page at a time, of services that one may see, since a day; what is no longer kept is counted', async () => {
  const source = await proposal({});
  const first = await page(source, { limit: 1 });
  expect([first.judged.length, first.total, first.next !== null]).toEqual([1, 2, true]);
  const last = first.judged[0]?.decision;
  const second = await page(source, { limit: 1, after: [last?.at ?? '', last?.id ?? ''] });
  expect([second.judged[0]?.decision.releaseId, second.total, second.next]).toEqual([approved.id, null, null]);
  expect((await page(source, { visible: new Set() })).total).toBe(0);
  await world.clock(3 * 86_400_000);
  const recent = await newRelease(world);
  await ask(world, recent, { record: true });
  expect((await page(source, { days: 2 })).judged.map(({ decision }) => decision.releaseId)).toEqual([recent.id]);
  const [row] = second.judged;
  await world.floor.blobs.remove(row?.decision.answer.inputs.approvals ?? 'sha256:', -1000);
  const left = await page(source);
  expect([left.judged.map(({ decision }) => decision.releaseId), left.gone, left.total]).toEqual([[recent.id, waiting.id], 1, 3]);
});

test('every pair of verdicts has its word', () => {
  const verdicts = ['allow', 'wait', 'unknown', 'deny'] as const;
  expect(verdicts.map((now) => verdicts.map((proposed) => outcomeOf(now, proposed)))).toEqual([
    ['same', 'delayed', 'not-known', 'stopped'],
    ['let-through', 'same', 'other', 'other'],
    ['let-through', 'other', 'same', 'other'],
    ['let-through', 'other', 'other', 'same'],
  ]);
});
