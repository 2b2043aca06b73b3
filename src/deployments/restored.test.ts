import { expect, test } from 'vitest';
import type { RestoreReport } from '../contract/keeping.ts';
import { planRestored, type Books, type OpenDeployment } from './restored.ts';

const DEP = 'dep_01'.padEnd(36, '0') as `dep_${string}`;
const digest = `sha256:${'a'.repeat(64)}` as const;
const as = (version: string) => ({
  digest,
  version,
  release: `rel_${version}`,
  run: { command: ['x'], portEnv: 'PORT', health: '/', readyWithinMs: 1000, env: {} },
  configuration: {},
  dependsOn: [],
});
const slot = (version: string | null, instance = `candidate-${version}`): RestoreReport['slots'][number] => ({
  picture: { service: 'clock', environment: 'prod', frontPort: 1, router: 'builtin', token: 7, instances: [] },
  serving: version === null ? null : { instance, deployment: DEP, as: as(version) },
});
const act = (name: string, change: Partial<RestoreReport['acts'][number]> = {}): RestoreReport['acts'][number] => ({
  act: `act_${name}` as `act_${string}`,
  deployment: DEP,
  service: 'clock',
  environment: 'prod',
  phase: 'start',
  token: 7,
  digest,
  release: 'rel_1',
  at: '2026-01-01T00:00:00.000Z',
  result: { outcome: 'succeeded', detail: 'done', tookMs: 1, slot: null },
  ...change,
});
const deployment = (open: OpenDeployment['open']): OpenDeployment => ({
  id: DEP,
  service: 'clock',
  environment: 'prod',
  version: '1',
  state: 'acting',
  agentId: 'agt_1',
  open,
});
const books = (change: Partial<Books> = {}): Books => ({
  deployments: [],
  places: [
    { service: 'clock', environment: 'prod', agentId: 'agt_1', books: { release: 'rel_1', version: '1', digest, instance: 'candidate-1' } },
  ],
  knownActs: new Set(['act_known']),
  knownDeployments: new Set([DEP]),
  ...change,
});
const heard = (report: Partial<RestoreReport> = {}): { agent: string; report: RestoreReport }[] => [
  { agent: 'agt_1', report: { slots: [slot('1')], highestToken: 7, acts: [], cut: false, ...report } },
];
const one = (open: OpenDeployment['open'], acts: RestoreReport['acts']) =>
  planRestored(books({ deployments: [deployment(open)] }), heard({ acts })).deployments[0];

test('an act that ended on the machine is written down, and the deployment goes on from there', () => {
  const plan = one([{ id: 'act_known', state: 'claimed' }], [act('known')]);
  expect(plan).toMatchObject({ becomes: 'goes-on', results: [{ act: 'act_known' }], begun: [], never: [] });
});

test('an act that is still under way there is asked for again under its own id', () => {
  const plan = one([{ id: 'act_known', state: 'queued' }], [act('known', { result: null })]);
  expect(plan).toMatchObject({ becomes: 'goes-on', results: [], begun: ['act_known'], never: [] });
});

test('only an act that the machine never began is taken back', () => {
  expect(one([{ id: 'act_known', state: 'queued' }], [])).toMatchObject({ becomes: 'goes-on', never: ['act_known'], begun: [] });
});

test('a deployment whose place went on without these books ends, by whomever it went on', () => {
  expect(one([], [act('later')])).toMatchObject({ becomes: 'ends' });
  expect(one([], [act('later', { deployment: 'dep_other' })])).toMatchObject({ becomes: 'ends' });
  expect(one([], [act('later', { environment: 'dev' })])).toMatchObject({ becomes: 'goes-on' });
});

test('nothing is taken back of an agent that was not heard of: it may have done it', () => {
  const plan = planRestored(books({ deployments: [deployment([{ id: 'act_known', state: 'queued' }])] }), []).deployments[0];
  expect(plan).toMatchObject({ becomes: 'waits-for-agent', begun: ['act_known'], never: [] });
});

test('what serves is taken over from the machine where the books say otherwise, and only there', () => {
  expect(planRestored(books(), heard()).places[0]).toMatchObject({ same: true, adopt: null });
  expect(planRestored(books(), heard({ slots: [slot('2')] })).places[0]).toMatchObject({
    same: false,
    adopt: { serving: { instance: 'candidate-2' } },
  });
  expect(planRestored(books(), heard({ slots: [slot('1', 'back-1')] })).places[0]).toMatchObject({ same: false });
  expect(planRestored(books(), heard({ slots: [slot(null)] })).places[0]).toMatchObject({
    same: false,
    machine: null,
    adopt: { serving: null },
  });
  expect(planRestored(books({ places: [] }), heard({ slots: [slot('2')] })).places[0]).toMatchObject({ books: null, same: false });
  expect(planRestored(books(), []).places[0]).toMatchObject({ same: false, adopt: null });
});

test('acts that the books know are no news; all others are listed, and the highest token is that of any agent', () => {
  const plan = planRestored(books(), [
    ...heard({ acts: [act('known'), act('later')] }),
    { agent: 'agt_2', report: { slots: [], highestToken: 41, acts: [], cut: false } },
  ]);
  expect(plan.unknownActs.map((one) => one.act)).toEqual(['act_later']);
  expect(plan.highestToken).toBe(41);
});
