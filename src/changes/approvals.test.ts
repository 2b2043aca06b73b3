import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApprovalRoute, Exclusion } from '../gates/policy/policy.ts';
import { digestOf } from '../kernel/digest.ts';
import { approvalsRule, type ApprovalsInput } from './approvals.ts';
import { NOBODY, type Behind } from './segregation.ts';
import type { Vote } from './votes.ts';

const NOW = '2026-06-01T12:00:00.000Z';
const INTENT = digestOf('what is meant');
const OTHER = digestOf('something else');
const route: ApprovalRoute = {
  id: 'r',
  steps: [{ role: 'approver', count: 1 }],
  exclude: ['author', 'committer', 'co-author', 'requester', 'config-changer', 'policy-changer'],
  unmapped: 'unknown',
  expiresAfter: 1000,
  onePersonOneRole: true,
};
const person = (id: string): Behind => ({ kind: 'person', id });
const vote = (who: string, more: Partial<Vote> = {}): Vote => ({
  id: `apr_${who}`,
  person: who,
  onBehalfOf: null,
  verdict: 'approve',
  intent: INTENT,
  at: '2026-06-01T11:00:00.000Z',
  expiresAt: '2026-06-02T11:00:00.000Z',
  withdrawnAt: null,
  usedBy: null,
  ...more,
});
const input = (more: Partial<ApprovalsInput>): ApprovalsInput => ({
  route,
  intent: INTENT,
  deployment: null,
  votes: [],
  involvement: NOBODY,
  roles: { anna: ['approver'], ben: ['approver'], cleo: ['release-manager'], dora: [], emil: [] },
  ...more,
});
const verdict = (more: Partial<ApprovalsInput>, now = NOW) => approvalsRule(input(more), now).verdict;

test('no route is approved by policy, and says so', () => {
  expect(approvalsRule(input({ route: null }), NOW)).toMatchObject({ verdict: 'allow', reasons: [{ code: 'approvals.by-policy' }] });
});

test('one good vote allows until it expires; none waits and names the role', () => {
  expect(approvalsRule(input({ votes: [vote('anna')] }), NOW)).toMatchObject({ verdict: 'allow', notAfter: '2026-06-02T11:00:00.000Z' });
  expect(approvalsRule(input({}), NOW)).toMatchObject({ verdict: 'wait', earliest: null, missing: [{ who: ['approver'] }] });
});

test.each<[string, Partial<Vote>]>([
  ['withdrawn', { withdrawnAt: NOW }],
  ['expired', { expiresAt: NOW }],
  ['of another intent', { intent: OTHER }],
  ['used by another deployment', { usedBy: 'dep_1' }],
])('a vote that is %s counts no more', (_, more) => {
  expect(verdict({ votes: [vote('anna', more)] })).toBe('wait');
  expect(verdict({ votes: [vote('anna', { ...more, verdict: 'reject' })] })).toBe('wait');
});

test('the deployment that used a vote goes on with it, even past its expiry; another does not', () => {
  const used = vote('anna', { usedBy: 'dep_1', expiresAt: NOW });
  expect(verdict({ votes: [used], deployment: 'dep_1' })).toBe('allow');
  expect(verdict({ votes: [used], deployment: 'dep_2' })).toBe('wait');
});

test('one rejection denies however many approve, and names who can take it back', () => {
  const answer = approvalsRule(input({ votes: [vote('anna'), vote('ben', { verdict: 'reject' })] }), NOW);
  expect(answer).toMatchObject({ verdict: 'deny', missing: [{ who: ['ben'] }] });
});

test.each<Exclusion>(['author', 'committer', 'co-author', 'requester', 'config-changer', 'policy-changer'])(
  'the %s does not approve',
  (did) => {
    expect(verdict({ votes: [vote('anna')], involvement: { ...NOBODY, [did]: [person('anna')] } })).toBe('wait');
    expect(verdict({ votes: [vote('anna')], involvement: { ...NOBODY, [did]: [{ kind: 'bot', id: 'bot_x', owner: 'anna' }] } })).toBe(
      'wait',
    );
    expect(
      verdict({
        votes: [vote('anna')],
        involvement: { ...NOBODY, [did]: [person('anna')] },
        route: { ...route, exclude: route.exclude.filter((x) => x !== did) },
      }),
    ).toBe('allow');
  },
);

test('someone unknown among the contributors makes it unknown, unless the route says ignore', () => {
  const involvement = { ...NOBODY, committer: [{ kind: 'unmapped' as const, label: 'commit abc' }] };
  expect(approvalsRule(input({ votes: [vote('anna')], involvement }), NOW)).toMatchObject({
    verdict: 'unknown',
    missing: [{ who: ['admin'] }],
  });
  expect(verdict({ votes: [vote('anna')], involvement, route: { ...route, unmapped: 'ignore' } })).toBe('allow');
  expect(verdict({ votes: [vote('anna')], involvement, route: { ...route, exclude: ['author'] } })).toBe('allow');
});

test('a vote without a role counts for nothing, a rejection too', () => {
  expect(verdict({ votes: [vote('nobody')] })).toBe('wait');
  expect(verdict({ votes: [vote('anna'), vote('nobody', { verdict: 'reject' })] })).toBe('allow');
  expect(verdict({ votes: [vote('constructor')] })).toBe('wait');
});

test('one person fills one role; two seats of one step need two persons in any case', () => {
  const roles = { anna: ['approver', 'release-manager'], ben: ['approver'] };
  const two = {
    ...route,
    steps: [
      { role: 'approver', count: 1 },
      { role: 'release-manager', count: 1 },
    ] as const,
  };
  expect(verdict({ route: two, roles, votes: [vote('anna')] })).toBe('wait');
  expect(verdict({ route: { ...two, onePersonOneRole: false }, roles, votes: [vote('anna')] })).toBe('allow');
  expect(verdict({ route: two, roles, votes: [vote('anna'), vote('ben')] })).toBe('allow');
  const pair = { ...route, onePersonOneRole: false, steps: [{ role: 'approver', count: 2 }] as const };
  expect(verdict({ route: pair, roles, votes: [vote('anna'), vote('anna', { id: 'apr_again' })] })).toBe('wait');
});

test('a delegate votes with the role delegated, is excluded for either person, and is one voice', () => {
  const stands = vote('dora', { onBehalfOf: 'anna' });
  expect(verdict({ votes: [stands] })).toBe('allow');
  // The delegate has left.
  expect(verdict({ votes: [stands], roles: { anna: ['approver'] } })).toBe('wait');
  expect(verdict({ votes: [stands], involvement: { ...NOBODY, author: [person('anna')] } })).toBe('wait');
  expect(verdict({ votes: [stands], involvement: { ...NOBODY, author: [person('dora')] } })).toBe('wait');
  const pair = { ...route, steps: [{ role: 'approver', count: 2 }] as const };
  expect(verdict({ route: pair, votes: [vote('anna'), stands] })).toBe('wait');
  expect(verdict({ route: pair, votes: [stands, vote('emil', { onBehalfOf: 'anna' })] })).toBe('wait');
  expect(verdict({ route: pair, votes: [vote('ben'), stands] })).toBe('allow');
});

test('no set of votes by excluded persons, through whatever account, ever allows', () => {
  const people = ['p0', 'p1', 'p2', 'p3'];
  const behind = fc
    .constantFrom(...people)
    .chain((id) => fc.constantFrom<Behind>({ kind: 'person', id }, { kind: 'bot', id: `bot_${id}`, owner: id }));
  const involvementArb = fc.record({
    author: fc.array(behind),
    committer: fc.array(behind),
    'co-author': fc.array(behind),
    requester: fc.array(behind, { maxLength: 1 }),
    'config-changer': fc.array(behind),
    'policy-changer': fc.array(behind),
  });
  const votesArb = fc.array(fc.record({ who: fc.constantFrom(...people), for: fc.option(fc.constantFrom(...people)), own: fc.boolean() }), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(involvementArb, votesArb, (involvement, cast) => {
      const votes = cast.map((one, index) => vote(one.who, { id: `apr_${index}`, onBehalfOf: one.for }));
      const roles = Object.fromEntries(people.map((id) => [id, ['approver']]));
      const barred = new Set(
        Object.values(involvement)
          .flat()
          .map((one) => (one.kind === 'bot' ? one.owner : one.kind === 'person' ? one.id : '')),
      );
      const clean = votes.some((one) => !barred.has(one.person) && (one.onBehalfOf === null || !barred.has(one.onBehalfOf)));
      expect(verdict({ votes, roles, involvement })).toBe(clean ? 'allow' : 'wait');
    }),
    { numRuns: 500 },
  );
});
