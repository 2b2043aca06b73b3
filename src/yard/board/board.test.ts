import { expect, test } from 'vitest';
import type { BoardRows, OpenDeploymentRow, RunningRow } from './board-rows.ts';
import { boardOf, countsOf, matches, weightOf } from './board.ts';
import { driftOf } from './drift.ts';

const AT = '2026-06-01T12:00:00.000Z';
const shop = { id: 'svc_1', name: 'shop', team: 'web', teamId: 'tea_1', tier: 1, observeOnly: false };
const environments = [
  { id: 'env_d', name: 'dev' },
  { id: 'env_p', name: 'prod' },
];
const none: BoardRows = {
  services: [shop],
  environments,
  running: [],
  open: [],
  last: [],
  drift: [],
  runs: [],
  newest: [],
  incidents: [],
  debts: [],
};
const runs = (version: string, environment: string, more: Partial<RunningRow> = {}): RunningRow => ({
  service: 'svc_1',
  environment,
  release: `rel_${version}`,
  version,
  digest: `sha256:${version}`,
  deployment: `dep_${version}`,
  since: AT,
  passed: true,
  failed: false,
  revoked: false,
  ...more,
});
const plan = [
  { kind: 'start', role: 'candidate' },
  { kind: 'weigh', weights: { candidate: 10, baseline: 10, stable: 80 }, wave: 0, observe: true },
  { kind: 'observe', wave: 0, forMs: 1, maxMs: 2, minRequests: 1, marginPermille: 1, against: 'baseline' },
  { kind: 'weigh', weights: { candidate: 100, baseline: 0, stable: 0 }, wave: null, observe: false },
] as const;
const opens = (version: string, more: Partial<OpenDeploymentRow> = {}): OpenDeploymentRow => ({
  id: `dep_n${version}`,
  service: 'svc_1',
  environment: 'env_p',
  release: `rel_${version}`,
  version,
  digest: `sha256:${version}`,
  kind: 'deploy',
  state: 'observing',
  plan,
  step: 2,
  goingBack: false,
  holds: true,
  earliest: null,
  ...more,
});
const cellsOf = (rows: Partial<BoardRows>) => boardOf({ ...none, ...rows })[0]?.cells ?? [];

test('a place where nothing ever was has nothing to say; versions stand once for a row', () => {
  expect(boardOf(none)).toMatchObject([{ service: 'shop', versions: [], cells: [null, null], run: null, debts: null }]);
  const [row] = boardOf({ ...none, running: [runs('1', 'env_d'), runs('1', 'env_p')] });
  expect(row?.versions).toEqual([{ release: 'rel_1', version: '1', digest: 'sha256:1' }]);
  expect(row?.cells.map((cell) => cell?.is)).toEqual([0, 0]);
});

test.each([
  [{ passed: true, failed: false, revoked: false }, 'verified'],
  [{ passed: true, failed: true, revoked: false }, 'failed'],
  [{ passed: true, failed: false, revoked: true }, 'revoked'],
  [{ passed: null, failed: null, revoked: null }, 'unverified'],
  [{ passed: false, failed: false, revoked: false }, 'unverified'],
])('what the last words %j say together: %s', (said, verified) => {
  expect(cellsOf({ running: [runs('1', 'env_d', said)] })[0]?.verified).toBe(verified);
});

test('what holds the place is on its way, with its weight, and who stands behind it is counted', () => {
  const [, prod] = cellsOf({ running: [runs('1', 'env_p')], open: [opens('2', { holds: false, state: 'requested' }), opens('3')] });
  expect(prod?.moving).toMatchObject({ deployment: 'dep_n3', state: 'observing', weight: 10, behind: 1 });
});

test('the share is told only while a wave is on, and by what is done and not by what comes', () => {
  expect(weightOf(opens('2', { step: 0 }))).toBe(null);
  expect(weightOf(opens('2', { step: 1 }))).toBe(null);
  expect(weightOf(opens('2', { step: 2 }))).toBe(10);
  expect(weightOf(opens('2', { step: 4 }))).toBe(null);
  expect(weightOf(opens('2', { goingBack: true }))).toBe(null);
  expect(weightOf(opens('2', { holds: false }))).toBe(null);
});

test('the newest release is pending where it is meant for and neither runs nor is on its way', () => {
  const newest = [{ service: 'svc_1', release: 'rel_2', version: '2', digest: null, targets: ['dev', 'prod'] }];
  const running = [runs('2', 'env_d'), runs('1', 'env_p')];
  expect(cellsOf({ running, newest }).map((cell) => cell?.pending)).toEqual([undefined, 0]);
  expect(cellsOf({ running, newest, open: [opens('2')] })[1]?.pending).toBe(undefined);
  expect(cellsOf({ newest: [{ ...newest[0]!, targets: ['dev'] }] })).toMatchObject([{ pending: 0 }, null]);
});

test('a failed deployment is told until another one begins', () => {
  const last = [
    {
      id: 'dep_2',
      service: 'svc_1',
      environment: 'env_p',
      release: 'rel_2',
      version: '2',
      digest: 'd',
      state: 'rolled-back' as const,
      at: AT,
    },
  ];
  expect(cellsOf({ last })[1]?.failed).toMatchObject({ deployment: 'dep_2', state: 'rolled-back' });
  expect(cellsOf({ last, open: [opens('3', { holds: false, state: 'waiting' })] })[1]?.failed).toBe(undefined);
  expect(cellsOf({ last: [{ ...last[0]!, state: 'cancelled' }] })[1]).toBe(null);
});

test('an incident of one environment hurts there; one of none hurts wherever the service runs', () => {
  const running = [runs('1', 'env_d')];
  const hurt = (environment: string | null, severity: 'critical' | 'minor') => [{ id: 'inc_1', service: 'svc_1', environment, severity }];
  expect(cellsOf({ running, incidents: hurt('env_p', 'critical') }).map((cell) => cell?.health)).toEqual([undefined, 'down']);
  expect(cellsOf({ running, incidents: hurt(null, 'minor') }).map((cell) => cell?.health)).toEqual(['degraded', undefined]);
});

test('drift is no news while a deployment moves the traffic', () => {
  const drift = [{ service: 'svc_1', environment: 'env_p', wanted: ['a'], serving: [] }];
  const running = [runs('1', 'env_p')];
  expect(cellsOf({ running, drift })[1]?.drift).toBe('The agent saw no instance that takes traffic.');
  expect(cellsOf({ running, drift, open: [opens('2')] })[1]?.drift).toBe(undefined);
  expect(cellsOf({ running, drift, open: [opens('2', { holds: false })] })[1]?.drift).toBeDefined();
  const one = { digest: 'sha256:b', version: '9', state: 'up', weight: 100 };
  expect(driftOf({ wanted: ['sha256:a'], serving: [one] })).toBe('The agent saw 9 (sha256:b) take 100 % of the traffic.');
  expect(driftOf({ wanted: ['sha256:b'], serving: [{ ...one, state: 'down' }] })).toBe('The agent saw 9 take traffic while it was down.');
});

test('debts of the service and of its whole team count, those of a sister do not; the first due is told', () => {
  const debts = [
    { teamId: 'tea_1', service: null, due: '2026-06-05' },
    { teamId: 'tea_1', service: 'svc_1', due: '2026-06-03' },
    { teamId: 'tea_1', service: 'svc_2', due: '2026-06-01' },
    { teamId: 'tea_2', service: null, due: '2026-06-01' },
  ];
  expect(boardOf({ ...none, debts })[0]?.debts).toEqual({ count: 2, due: '2026-06-03' });
});

test('what waits is not counted as moving, and a run that failed is not one that builds', () => {
  const [row] = boardOf({
    ...none,
    open: [opens('2', { state: 'waiting', holds: false })],
    runs: [{ service: 'svc_1', id: 'run_1', state: 'failed', at: AT }],
  });
  if (row === undefined) throw new Error('no row');
  expect(['moving', 'waiting', 'building', 'build-failed'].map((state) => matches(row, state as 'moving'))).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(countsOf([row])).toMatchObject({ moving: 0, waiting: 1, 'build-failed': 1, incident: 0 });
});
