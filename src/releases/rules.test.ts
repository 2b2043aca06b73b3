import { expect, test } from 'vitest';
import type { Verification } from '../environments/verification.ts';
import { digestOf } from '../kernel/digest.ts';
import { plus } from '../kernel/time.ts';
import { debtRule } from './debt.ts';
import { lifecycleRule, type LifecycleInput } from './lifecycle.ts';
import { readinessRule, type ReadinessInput } from './readiness.ts';

const NOW = '2026-06-01T12:00:00.000Z';
const HOUR = 3_600_000;
const said = (more: Partial<Verification> = {}): Verification => ({
  id: 'ver_1',
  serviceId: 's',
  environmentId: 'e',
  releaseId: 'r',
  deploymentId: null,
  check: 'health',
  verdict: 'passed',
  by: 'agent:agt_1',
  at: '2026-06-01T11:30:00.000Z',
  revoked: null,
  ...more,
});
const stage = (words: Verification[], maxAge: number | null = null) => ({
  environment: 'stage',
  checks: ['health' as const],
  maxAge,
  said: words,
});
const lifecycle = (more: Partial<LifecycleInput>) =>
  lifecycleRule(
    {
      purpose: 'deploy',
      abandoned: false,
      revoked: [],
      policy: { verifiedBefore: true, soak: 0 },
      before: [],
      here: { said: [], allowedBefore: false },
      ...more,
    },
    NOW,
  );

test('lifecycle: verified in every environment before, soaked as long as asked', () => {
  expect(lifecycle({ before: [stage([])] })).toMatchObject({
    verdict: 'wait',
    missing: [{ what: 'verification in stage', who: ['health'] }],
  });
  expect(lifecycle({ before: [stage([said()])] }).verdict).toBe('allow');
  expect(lifecycle({ before: [stage([said()]), { ...stage([]), environment: 'qa' }] }).verdict).toBe('wait');
  const soaking = lifecycle({ before: [stage([said()])], policy: { verifiedBefore: true, soak: HOUR } });
  expect(soaking).toMatchObject({ verdict: 'wait', earliest: '2026-06-01T12:30:00.000Z', missing: [] });
  expect(lifecycle({ before: [stage([said()])], policy: { verifiedBefore: true, soak: HOUR / 2 } }).verdict).toBe('allow');
});

test('lifecycle: failed or revoked denies, too old waits, an age ends an allow, no check at all is unknown', () => {
  expect(lifecycle({ before: [stage([said(), said({ verdict: 'failed', at: NOW })])] }).verdict).toBe('deny');
  expect(lifecycle({ before: [stage([said({ revoked: { at: NOW, reason: 'x' } })])] }).verdict).toBe('deny');
  expect(lifecycle({ before: [stage([said()], HOUR / 4)] })).toMatchObject({ verdict: 'wait', earliest: null });
  expect(lifecycle({ before: [stage([said()], HOUR)] })).toMatchObject({ verdict: 'allow', notAfter: '2026-06-01T12:30:00.000Z' });
  expect(lifecycle({ before: [{ ...stage([]), checks: [] }] }).verdict).toBe('unknown');
});

test('lifecycle: an unverified environment beside a soaking one can’t be waited out by the clock', () => {
  const answer = lifecycle({
    before: [stage([said()]), { ...stage([]), environment: 'qa' }],
    policy: { verifiedBefore: true, soak: HOUR },
  });
  expect(answer).toMatchObject({ verdict: 'wait', earliest: null });
});

test('lifecycle: given up or revoked denies whatever else; the policy may ask for nothing', () => {
  expect(lifecycle({ before: [stage([said()])], abandoned: true }).verdict).toBe('deny');
  expect(lifecycle({ before: [stage([said()])], revoked: [digestOf('x')] }).verdict).toBe('deny');
  expect(lifecycle({ before: [stage([])], policy: { verifiedBefore: false, soak: 0 } }).verdict).toBe('allow');
});

test('lifecycle: the way back was verified or allowed here, and is not revoked or failed since', () => {
  const back = (words: Verification[], allowedBefore = false) =>
    lifecycle({ purpose: 'rollback', abandoned: true, here: { said: words, allowedBefore } }).verdict;
  expect(back([])).toBe('deny');
  expect(back([], true)).toBe('allow');
  expect(back([said()])).toBe('allow');
  expect(back([said(), said({ verdict: 'failed', at: NOW })], true)).toBe('deny');
  expect(back([said({ revoked: { at: NOW, reason: 'x' } })], true)).toBe('deny');
});

const readiness = (more: Partial<ReadinessInput>) =>
  readinessRule(
    {
      purpose: 'deploy',
      releaseType: 'standard',
      checklist: [],
      ticks: [],
      dependencies: [],
      incidents: [],
      rollback: { required: false, plan: null },
      leaving: null,
      ...more,
    },
    NOW,
  );

test('readiness: an open item or a no denies and names item and person; the last word counts', () => {
  const checklist = ['Runbook'];
  expect(readiness({ checklist })).toMatchObject({ verdict: 'deny', missing: [{ what: 'Runbook' }] });
  const no = { item: 'Runbook', state: 'no' as const, person: 'per_9' };
  expect(readiness({ checklist, ticks: [no] })).toMatchObject({ verdict: 'deny', missing: [{ what: 'Runbook', who: ['per_9'] }] });
  expect(readiness({ checklist, ticks: [no, { ...no, state: 'yes' }] }).verdict).toBe('allow');
  expect(readiness({ checklist, ticks: [{ ...no, state: 'yes' }, no] }).verdict).toBe('deny');
  expect(readiness({ checklist, ticks: [{ ...no, item: 'Other', state: 'yes' }] }).verdict).toBe('deny');
});

test.each([
  [null, '^1.0.0', 'wait'],
  [null, null, 'wait'],
  ['1.4.0', '^1.0.0', 'allow'],
  ['2.0.0', '^1.0.0', 'wait'],
  ['2.0.0', null, 'allow'],
  ['latest', '^1.0.0', 'unknown'],
  ['1.0.0', 'not a range', 'unknown'],
] as const)('readiness: a dependency that runs at %s for %s: %s', (running, range, verdict) => {
  expect(readiness({ dependencies: [{ service: 'db', range, running }] }).verdict).toBe(verdict);
});

test('readiness: an open incident holds a standard release, not its cure; a way back must be planned where asked', () => {
  const incidents = [{ id: 'inc_1', severity: 'major' }];
  expect(readiness({ incidents }).verdict).toBe('wait');
  expect(readiness({ incidents, releaseType: 'hotfix' }).verdict).toBe('allow');
  expect(readiness({ rollback: { required: true, plan: null } }).verdict).toBe('wait');
  expect(readiness({ rollback: { required: true, plan: { kind: 'safe', to: null, why: 'first' } } }).verdict).toBe('allow');
  expect(readiness({ purpose: 'rollback', incidents, checklist: ['x'] }).verdict).toBe('allow');
});

test('readiness: a booking holds what others asked for until it ends; its owner’s release and the way back pass', () => {
  const kept = { id: 'bkg_1', owner: 'per_1', from: plus(NOW, -1000), until: plus(NOW, 5000), own: false };
  expect(readiness({ bookings: [kept] })).toMatchObject({
    verdict: 'wait',
    earliest: kept.until,
    missing: [{ what: 'the booking bkg_1 given back', who: ['per_1'] }],
    read: [{ kind: 'booking', id: 'bkg_1' }],
  });
  expect(readiness({ bookings: [{ ...kept, own: true }] }).verdict).toBe('allow');
  expect(readiness({ bookings: [kept], releaseType: 'hotfix' }).verdict).toBe('wait');
  expect(readiness({ bookings: [kept], purpose: 'rollback' })).toMatchObject({ verdict: 'allow', notAfter: null });
  expect(readiness({ bookings: [{ ...kept, until: NOW }] }).verdict).toBe('allow');
  expect(readiness({ bookings: [{ ...kept, from: NOW }] }).verdict).toBe('wait');
  // An incident is not ended by a clock, so neither is the answer.
  expect(readiness({ bookings: [kept], incidents: [{ id: 'inc_1', severity: 'major' }] })).toMatchObject({
    verdict: 'wait',
    earliest: null,
  });
});

test('readiness: an allow ends where a booking of somebody else begins', () => {
  const coming = { id: 'bkg_1', owner: 'per_1', from: plus(NOW, 5000), until: plus(NOW, 9000), own: false };
  expect(readiness({ bookings: [coming] })).toMatchObject({ verdict: 'allow', notAfter: coming.from });
  expect(readiness({ bookings: [{ ...coming, own: true }] }).notAfter).toBe(null);
});

test('debt: blocks the team’s next standard release and nothing else', () => {
  const debts = [{ id: 'wvr_1', due: NOW, what: 'approval' }];
  expect(debtRule({ releaseType: 'standard', debts })).toMatchObject({ verdict: 'deny', missing: [{ what: 'the debt wvr_1 paid' }] });
  expect(debtRule({ releaseType: 'hotfix', debts }).verdict).toBe('allow');
  expect(debtRule({ releaseType: 'standard', debts: [] }).verdict).toBe('allow');
});
