import { expect, test } from 'vitest';
import type { Deployment, ExternalDeployment } from './deployment.ts';
import { isAdmitted, stepFor, toldOf } from './external.ts';

const details: ExternalDeployment = {
  system: null,
  id: null,
  attempt: 1,
  url: null,
  told: { by: 'bot:bot_1', via: 'token', workload: null },
  admission: { decision: 'dec_1', intent: 'sha256:a', notAfter: '2026-11-01T10:00:30.000Z' },
  asked: false,
  decision: null,
  admitted: null,
  observed: false,
};
const row = (more: Partial<Deployment> = {}): Deployment =>
  ({ id: 'dep_1', state: 'waiting', startedAt: null, finishedAt: null, external: details, ...more }) as Deployment;

test('an allow admits what it speaks of until its end, and nothing else', () => {
  expect(isAdmitted(row(), 'sha256:a', '2026-11-01T10:00:30.000Z')).toBe(true);
  expect(isAdmitted(row(), 'sha256:a', '2026-11-01T10:00:30.001Z')).toBe(false);
  expect(isAdmitted(row(), 'sha256:b', '2026-11-01T10:00:00.000Z')).toBe(false);
  expect(isAdmitted(row({ external: { ...details, admission: null } }), 'sha256:a', '2026-11-01T10:00:00.000Z')).toBe(false);
});

test('what is told moves a deployment forward alone, once, and never to another end', () => {
  expect(stepFor('waiting', 'started')).toBe('begin');
  expect(stepFor('requested', 'succeeded')).toBe('begin-and-end');
  expect(stepFor('acting', 'started')).toBe('nothing');
  expect(stepFor('acting', 'failed')).toBe('end');
  for (const state of ['succeeded', 'failed', 'rolled-back'] as const) {
    expect(stepFor(state, 'started')).toBe('nothing');
    expect(stepFor(state, state)).toBe('nothing');
  }
  expect(stepFor('succeeded', 'failed')).toBe('otherwise');
  expect(stepFor('failed', 'succeeded')).toBe('otherwise');
  expect(stepFor('succeeded', 'rolled-back')).toBe('go-back');
  expect(stepFor('cancelled', 'succeeded')).toBe('otherwise');
});

test('a told deployment is the one of its id, else the one that waits for its beginning, else a new one', () => {
  const waiting = row({ id: 'dep_2' });
  const named = row({ id: 'dep_3', state: 'succeeded', finishedAt: 'x', external: { ...details, system: 'jenkins', id: '7' } });
  expect(toldOf([waiting, named], { system: 'jenkins', id: '7', attempt: 1 })?.id).toBe('dep_3');
  expect(toldOf([waiting, named], { system: 'jenkins', id: '7', attempt: 2 })?.id).toBe('dep_2');
  expect(toldOf([named], { system: 'jenkins', id: '8', attempt: 1 })).toBeNull();
});
