import { expect, test } from 'vitest';
import { healthFrom } from './incident.ts';
import { saidGood, standingOf, type Verification } from './verification.ts';

const word = (
  check: Verification['check'],
  verdict: Verification['verdict'],
  at: string,
  revoked: Verification['revoked'] = null,
): Verification => ({
  id: 'ver_1',
  serviceId: 'svc_1',
  environmentId: 'env_1',
  releaseId: 'rel_1',
  deploymentId: null,
  check,
  verdict,
  by: 'agent:agt_1',
  at,
  revoked,
});
const T1 = '2026-01-01T00:00:00.000Z';
const T2 = '2026-01-01T00:01:00.000Z';
const NOW = '2026-01-01T00:02:00.000Z';
const asked = { checks: ['health', 'smoke'] as const, maxAge: null };

test('nothing asked is not verified, and nothing said is missing', () => {
  expect(standingOf([word('health', 'passed', T1)], { checks: [], maxAge: null }, NOW).verified).toBe(false);
  expect(standingOf([], asked, NOW)).toMatchObject({ verified: false, missing: ['health', 'smoke'], since: null });
  expect(saidGood([])).toBe(false);
});

test('every asked check must have passed last; since is when the last of them did', () => {
  const both = [word('health', 'passed', T1), word('smoke', 'passed', T2)];
  expect(standingOf(both, asked, NOW)).toMatchObject({ verified: true, since: T2, until: null });
  expect(standingOf([...both, word('health', 'failed', NOW)], asked, NOW)).toMatchObject({ verified: false, failed: ['health'] });
  expect(standingOf([word('health', 'failed', T1), ...both.slice(1), word('health', 'passed', NOW)], asked, NOW).verified).toBe(true);
  // Of two words of one instant the one recorded later counts.
  expect(standingOf([word('health', 'passed', T1), word('health', 'failed', T1), word('smoke', 'passed', T1)], asked, NOW).verified).toBe(
    false,
  );
});

test('a revoked pass does not count, and no older pass takes its place', () => {
  const revoked = { at: NOW, reason: 'wrong' };
  const said = [word('health', 'passed', T1), word('health', 'passed', T2, revoked), word('smoke', 'passed', T2)];
  expect(standingOf(said, asked, NOW)).toMatchObject({ verified: false, revoked: ['health'] });
  expect(saidGood(said)).toBe(false);
});

test('a verification has an age to the millisecond, and the oldest word ends it', () => {
  const said = [word('health', 'passed', T1), word('smoke', 'passed', T2)];
  expect(standingOf(said, { ...asked, maxAge: 120_000 }, NOW)).toMatchObject({ verified: true, until: NOW });
  expect(standingOf(said, { ...asked, maxAge: 119_999 }, NOW)).toMatchObject({ verified: false, expired: ['health'], until: null });
});

test('health: a critical incident is down, any other degraded, and without anything running it is unknown', () => {
  expect(healthFrom([], true).state).toBe('healthy');
  expect(healthFrom([], false).state).toBe('unknown');
  expect(healthFrom([{ id: 'a', severity: 'minor' }], true)).toEqual({ state: 'degraded', because: ['a'] });
  expect(
    healthFrom(
      [
        { id: 'a', severity: 'minor' },
        { id: 'b', severity: 'critical' },
      ],
      false,
    ).state,
  ).toBe('down');
});
