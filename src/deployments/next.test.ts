import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StrategySpec } from '../catalog/environment.ts';
import type { DeploymentState } from '../contract/deployments.ts';
import { stepsOf, type Deployment, type DeploymentAct } from './deployment.ts';
import { BACK_TRIES, next, type Move, type View } from './next.ts';
import { planOf, wayBackOf, type Step } from './strategy.ts';

const T = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-01T00:01:00.000Z';
const CANARY: StrategySpec = {
  kind: 'canary',
  baseline: true,
  steps: [
    { weight: 10, forMs: 1000 },
    { weight: 60, forMs: 1000 },
  ],
  maxErrorRateWorse: 20,
  minRequests: 10,
};
const plan = planOf(CANARY, { running: true, smoke: ['node', 'smoke.mjs'] });

const deployment = (more: Partial<Deployment> = {}): Deployment => ({
  id: 'dep_1',
  serviceId: 'svc_1',
  environmentId: 'env_1',
  releaseId: 'rel_2',
  versionName: '2.0.0',
  digest: 'sha256:2',
  kind: 'deploy',
  state: 'acting',
  cause: 'the canary is worse',
  reason: null,
  requestedBy: 'person:per_1',
  strategy: CANARY,
  startOrder: {} as Deployment['startOrder'],
  plan,
  step: 0,
  back: null,
  backStep: 0,
  previous: { release: 'rel_1', version: '1.0.0', digest: 'sha256:1', instance: 'candidate-0' },
  agentId: 'agt_1',
  leaseToken: 1,
  holds: true,
  recorded: false,
  stepSince: null,
  holdUntil: null,
  earliest: null,
  lastAnswer: null,
  cancelReason: null,
  cancelBy: null,
  external: null,
  requestedAt: T,
  startedAt: T,
  finishedAt: null,
  version: 1,
  ...more,
});
const act = (state: DeploymentAct['state'], more: Partial<DeploymentAct> = {}): DeploymentAct => ({
  id: 'act_1',
  deploymentId: 'dep_1',
  agentId: 'agt_1',
  seq: 1,
  step: 0,
  back: false,
  token: 1,
  work: { phase: 'inspect' },
  decisionId: null,
  state,
  notAfter: LATER,
  session: 's',
  claimUntil: LATER,
  result: null,
  createdAt: T,
  claimedAt: T,
  finishedAt: null,
  ...more,
});
const view = (row: Deployment, newest: DeploymentAct | null, more: Partial<View> = {}): View => ({
  deployment: row,
  act: newest,
  begun: newest !== null,
  failures: 0,
  ...more,
});
const kindOf = (row: Deployment, newest: DeploymentAct | null, now = T, more: Partial<View> = {}): Move['kind'] =>
  next(view(row, newest, more), now).kind;

test('every step that ships asks may-ship; nothing on the way back does', () => {
  const asks = (steps: readonly Step[], back: boolean) =>
    steps.map((_, at) => {
      const move = next(view(deployment(back ? { back: steps, backStep: at, state: 'rolling-back' } : { step: at }), null), T);
      return move.kind === 'act' ? `${move.step.kind}${'role' in move.step ? `:${move.step.role}` : ''}:${move.ask}` : move.kind;
    });
  expect(asks(plan, false)).toEqual([
    'start:candidate:deploy',
    'smoke:null',
    'start:baseline:null',
    'weigh:deploy',
    'judge',
    'weigh:deploy',
    'judge',
    'weigh:deploy',
    'record',
    'check:null',
    'smoke:null',
    'stop:null',
  ]);
  expect(asks(wayBackOf(true, true), true)).toEqual(['weigh:null', 'stop:null']);
});

test('an act that goes on is waited for, a silent one makes the deployment unknown, and unknown is never assumed away', () => {
  expect(kindOf(deployment(), act('claimed'))).toBe('rest');
  expect(kindOf(deployment(), act('claimed'), LATER)).toBe('lost');
  const unknown = deployment({ state: 'unknown' });
  expect(kindOf(unknown, act('unknown'), '2027-01-01T00:00:00.000Z')).toBe('rest');
  expect(kindOf({ ...unknown, cancelReason: 'stop' }, act('unknown'), '2027-01-01T00:00:00.000Z')).toBe('rest');
  expect(kindOf(unknown, act('succeeded'))).toBe('resolved');
});

test('an act that nobody took is taken back when its leave ends, and asked for anew', () => {
  expect(kindOf(deployment(), act('queued', { claimedAt: null }))).toBe('rest');
  expect(kindOf(deployment(), act('queued', { claimedAt: null }), LATER)).toBe('withdraw');
  expect(next(view(deployment(), act('withdrawn', { claimedAt: null }), { begun: false }), LATER)).toMatchObject({
    kind: 'act',
    ask: 'deploy',
  });
});

test('a cancel ends what has not begun and turns round what has', () => {
  const cancelled = deployment({ cancelReason: 'not today' });
  expect(next(view(cancelled, act('withdrawn'), { begun: false }), T)).toMatchObject({ kind: 'end', state: 'cancelled' });
  expect(kindOf(cancelled, act('succeeded'))).toBe('back');
  expect(kindOf(cancelled, act('claimed'))).toBe('rest');
  expect(kindOf(cancelled, act('queued', { claimedAt: null }))).toBe('withdraw');
});

test('a failed act turns round; a failed way back is tried again, slower each time, and then people are needed', () => {
  expect(kindOf(deployment(), act('failed'))).toBe('back');
  const back = deployment({ back: wayBackOf(true, true), state: 'rolling-back' });
  const failed = act('failed', { back: true, finishedAt: T });
  expect(next(view(back, failed, { failures: 1 }), T)).toEqual({ kind: 'rest', until: '2026-01-01T00:00:01.000Z' });
  expect(kindOf(back, failed, LATER, { failures: 1 })).toBe('act');
  expect(next(view(back, failed, { failures: BACK_TRIES }), LATER)).toMatchObject({ kind: 'end', state: 'failed' });
  expect(next(view(back, act('refused', { back: true }), { failures: 1 }), LATER)).toMatchObject({ kind: 'end', state: 'failed' });
});

test('it ends as what it is: succeeded, rolled back, or failed where nothing ran before', () => {
  expect(next(view(deployment({ step: plan.length }), null), T)).toMatchObject({ kind: 'end', state: 'succeeded' });
  const back = { back: wayBackOf(true, false), backStep: 2, state: 'rolling-back' } as const;
  expect(next(view(deployment(back), null), T)).toMatchObject({ kind: 'end', state: 'rolled-back' });
  expect(next(view(deployment({ ...back, previous: null }), null), T)).toMatchObject({ kind: 'end', state: 'failed' });
  for (const state of ['succeeded', 'rolled-back', 'failed', 'cancelled'] as const)
    expect(kindOf(deployment({ state, step: 0 }), null)).toBe('rest');
});

test('no state and no act makes it act without its place, or while another act of it is open', () => {
  const state = fc.constantFrom<DeploymentState>('requested', 'waiting', 'acting', 'observing', 'rolling-back', 'unknown');
  const acts = fc.constantFrom<DeploymentAct['state'] | null>(
    null,
    'queued',
    'claimed',
    'unknown',
    'succeeded',
    'failed',
    'refused',
    'withdrawn',
  );
  fc.assert(
    fc.property(
      state,
      acts,
      fc.nat(plan.length),
      fc.nat(plan.length),
      fc.boolean(),
      fc.boolean(),
      (now, newest, step, of, holds, cancelled) => {
        const row = deployment({ state: now, step, holds, cancelReason: cancelled ? 'stop' : null });
        const move = next(view(row, newest === null ? null : act(newest, { step: of })), T);
        const open = newest === 'queued' || newest === 'claimed' || newest === 'unknown';
        if (move.kind === 'act' || move.kind === 'record' || move.kind === 'judge')
          expect(holds && !open && !cancelled && now !== 'unknown').toBe(true);
        if (open) expect(['rest', 'withdraw', 'lost']).toContain(move.kind);
      },
    ),
  );
});

test('plans: weights are whole percents that add up, rise, and leave the stable one until the end', () => {
  const strategies = fc.record({
    baseline: fc.boolean(),
    weights: fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 }).map((list) => list.toSorted((a, b) => a - b)),
  });
  fc.assert(
    fc.property(strategies, fc.boolean(), ({ baseline, weights }, smoke) => {
      const made = planOf(
        { kind: 'canary', baseline, steps: weights.map((weight) => ({ weight, forMs: 10 })), maxErrorRateWorse: 20, minRequests: 1 },
        { running: true, smoke: smoke ? ['x'] : null },
      );
      const weighed = made.flatMap((step) => (step.kind === 'weigh' ? [step.weights] : []));
      for (const { candidate, baseline: twin, stable } of weighed) {
        expect(candidate + twin + stable).toBe(100);
        expect(Math.min(candidate, twin, stable)).toBeGreaterThanOrEqual(0);
      }
      expect(weighed.map((one) => one.candidate)).toEqual([...weights, 100]);
      const stops = made.findIndex((step) => step.kind === 'stop');
      expect(stops).toBe(made.length - 1);
      expect(made.findIndex((step) => step.kind === 'record')).toBeGreaterThan(made.findLastIndex((step) => step.kind === 'weigh'));
      expect(stepsOf(deployment({ plan: made })).steps).toBe(made);
    }),
  );
});
