import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { plus } from '../kernel/time.ts';
import { refuseApproval, refuseEnd, refusePayment, refuseRequest } from './decide.ts';
import type { Waiver, WaiverState } from './waiver.ts';
import { activeIn, isActive, LONGEST, TEAM_CAP, WAIVER_KINDS, WAIVER_STATES } from './waiver.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const credential = { kind: 'token', id: 'tok_1', actions: null, services: null } as const;
const person = (id: string): Actor => ({ kind: 'person', id, org: 'org_1', credential });
const bot = (owner: string): Actor => ({ kind: 'bot', id: 'bot_1', org: 'org_1', owner, credential });

const waiver: Waiver = {
  id: 'wvr_1',
  kind: 'check',
  scope: { teamId: 'tea_1', serviceId: 'svc_1', environmentId: null },
  subject: 'tests-pass',
  owner: 'per_owner',
  requestedBy: 'per_asker',
  reason: 'the fixture server is down',
  ticket: 'OPS-1',
  price: null,
  expiresAt: plus(NOW, 3_600_000),
  state: 'requested',
  decided: null,
  version: 1,
  createdAt: NOW,
};

test('another person approves; who asked, who owns it, a bot and a machine do not', () => {
  expect(refuseApproval(waiver, person('per_other'), NOW)).toBeNull();
  expect(refuseApproval(waiver, person('per_asker'), NOW)).toMatchObject({ why: 'own-waiver' });
  expect(refuseApproval(waiver, person('per_owner'), NOW)).toMatchObject({ why: 'own-waiver' });
  for (const actor of [bot('per_asker'), bot('per_other'), { kind: 'runner', id: 'rnr_1', org: 'org_1' } as const]) {
    expect(refuseApproval(waiver, actor, NOW)).toMatchObject({ why: 'not-a-person' });
  }
});

test('what is decided or past its end is not approved', () => {
  for (const state of WAIVER_STATES.filter((one) => one !== 'requested')) {
    expect(refuseApproval({ ...waiver, state }, person('per_other'), NOW)).toMatchObject({ why: 'already-decided', state });
  }
  expect(refuseApproval(waiver, person('per_other'), waiver.expiresAt)).toMatchObject({ why: 'already-decided', state: 'expired' });
});

test('a request has an end, within what its kind allows, and room under the cap', () => {
  for (const kind of WAIVER_KINDS) {
    const subject = kind === 'finding' ? 'cve:CVE-2026-1234' : 'x';
    expect(refuseRequest({ kind, subject, expiresAt: plus(NOW, LONGEST[kind]) }, 0, NOW)).toBeNull();
    expect(refuseRequest({ kind, subject, expiresAt: plus(NOW, LONGEST[kind] + 1) }, 0, NOW)).toMatchObject({ why: 'expiry-out-of-range' });
    expect(refuseRequest({ kind, subject, expiresAt: NOW }, 0, NOW)).toMatchObject({ why: 'expiry-out-of-range' });
    expect(refuseRequest({ kind, subject, expiresAt: 'soon' }, 0, NOW)).toMatchObject({ why: 'expiry-out-of-range' });
    expect(refuseRequest({ kind, subject, expiresAt: plus(NOW, 1) }, TEAM_CAP, NOW)).toMatchObject({ why: 'cap-reached' });
  }
  for (const subject of ['*', 'fingerprint:sha256:1', 'purl:pkg:npm/a b', 'cve:', 'high']) {
    expect(refuseRequest({ kind: 'finding', subject, expiresAt: plus(NOW, 1) }, 0, NOW)).toMatchObject({ why: 'subject-unknown' });
  }
});

test('an expired waiver blocks again by itself: the clock alone ends it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -10_000, max: 10_000 }),
      fc.constantFrom<WaiverState>(...WAIVER_STATES),
      fc.constantFrom(...WAIVER_KINDS),
      (offset, state, kind) => {
        const now = plus(waiver.expiresAt, offset);
        expect(isActive({ ...waiver, state, kind }, now)).toBe(state === 'approved' && offset < 0 && kind !== 'debt');
      },
    ),
  );
});

test('a waiver holds only inside its scope', () => {
  const approved: Waiver = { ...waiver, state: 'approved' };
  const narrow: Waiver = { ...approved, scope: { ...waiver.scope, environmentId: 'env_1' } };
  const whole: Waiver = { ...approved, scope: { ...waiver.scope, serviceId: null } };
  const at = (teamId: string, serviceId: string, environmentId: string | null) =>
    activeIn([approved, narrow, whole], { teamId, serviceId, environmentId }, NOW);
  expect(at('tea_1', 'svc_1', 'env_1')).toEqual([approved, narrow, whole]);
  expect(at('tea_1', 'svc_1', 'env_2')).toEqual([approved, whole]);
  expect(at('tea_1', 'svc_2', 'env_1')).toEqual([whole]);
  expect(at('tea_2', 'svc_1', 'env_1')).toEqual([]);
});

test('a debt is paid by the word of another person, once', () => {
  const debt: Waiver = { ...waiver, kind: 'debt', state: 'approved', requestedBy: 'per_owner' };
  expect(refusePayment(debt, person('per_other'))).toBeNull();
  expect(refusePayment(debt, person('per_owner'))).toMatchObject({ why: 'own-waiver' });
  expect(refusePayment(debt, bot('per_other'))).toMatchObject({ why: 'not-a-person' });
  expect(refusePayment({ ...debt, state: 'paid' }, person('per_other'))).toMatchObject({ why: 'already-decided' });
  expect(refusePayment({ ...waiver, state: 'approved' }, person('per_other'))).toMatchObject({ why: 'not-a-debt' });
  expect(refuseEnd(debt, person('per_other'), 'revoked')).toMatchObject({ why: 'already-decided' });
});
