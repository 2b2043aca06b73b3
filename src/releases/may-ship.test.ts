import { expect, test } from 'vitest';
import { NOBODY } from '../changes/segregation.ts';
import type { ApprovalRoute, EnvironmentPolicy, ResolvedPolicy } from '../gates/policy/policy.ts';
import { policyDigest } from '../gates/policy/policy.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Freeze } from './calendar/freeze.ts';
import { intentDigest, type ReleaseIntent } from './intent.ts';
import { decide, differences, inputDigests, type MayShip, type Subject } from './may-ship.ts';
import { RULES, type RuleInputs } from './rules.ts';

const NOW = '2026-06-01T12:00:00.000Z';
const DIGEST = digestOf('app');
const route: ApprovalRoute = {
  id: 'one',
  steps: [{ role: 'approver', count: 1 }],
  exclude: ['author'],
  unmapped: 'unknown',
  expiresAfter: 1000,
  onePersonOneRole: true,
};
const policyRules: EnvironmentPolicy = {
  checks: [],
  supplyChain: { sbom: false, provenance: false },
  lifecycle: { verifiedBefore: false, soak: 0 },
  verification: { checks: ['health'], maxAge: null },
  approval: null,
  readiness: { rollbackPlan: false, dependencies: false, checklist: [] },
  breakGlass: { persons: 1, timeBox: 1000, debtDue: 1000 },
};
const resolved: ResolvedPolicy = { name: 'p', version: 3, tier: 1, kind: 'production', rules: policyRules };
const intent: ReleaseIntent = {
  v: 1,
  service: 'svc_1',
  digests: [DIGEST],
  environment: 'env_1',
  configuration: {},
  run: null,
  schemaChange: { kind: 'none', digest: null },
  plan: { kind: 'all-at-once' },
  policyDigest: policyDigest(resolved),
  target: 'here',
};
const subjectOf = (more: Partial<Subject> = {}): Subject => ({
  v: 1,
  release: 'rel_1',
  releaseType: 'standard',
  environment: 'prod',
  purpose: 'deploy',
  deployment: null,
  intent,
  policy: { name: 'p', version: 3 },
  breakGlass: null,
  ...more,
});
const inputsOf = (subject: Subject): RuleInputs => ({
  lifecycle: {
    purpose: subject.purpose,
    abandoned: false,
    revoked: [],
    policy: policyRules.lifecycle,
    before: [],
    here: { said: [], allowedBefore: true },
  },
  gates: { resolved, facts: [{ digest: DIGEST, reports: [], testsBefore: null }], waivers: [] },
  'supply-chain': {
    digests: [
      {
        digest: DIGEST,
        service: { id: 'svc_1', name: 'shop' },
        artifact: { id: 'art_1', name: 'app', revoked: null, damagedAt: null },
        builds: [{ id: 'bld_1', state: 'signed', lastError: null, attestations: [] }],
        keys: [],
        expectedSource: null,
        expectedBuilder: 'b',
      },
    ],
    policy: policyRules.supplyChain,
  },
  approvals: {
    route: null,
    intent: intentDigest(subject.intent),
    deployment: subject.deployment,
    votes: [],
    involvement: NOBODY,
    roles: {},
  },
  calendar: {
    subject: {
      tier: 1,
      team: 't',
      service: 'shop',
      environment: 'prod',
      kind: 'production',
      releaseType: subject.releaseType,
      purpose: subject.purpose,
    },
    freezes: [],
    overrides: [],
  },
  readiness: {
    purpose: subject.purpose,
    releaseType: subject.releaseType,
    checklist: [],
    ticks: [],
    dependencies: [],
    incidents: [],
    rollback: { required: false, plan: null },
    leaving: null,
  },
  debt: { releaseType: subject.releaseType, debts: [] },
});
const ask = (more: Partial<Subject>, change: (inputs: RuleInputs) => Partial<RuleInputs> = () => ({}), now = NOW): MayShip => {
  const subject = subjectOf(more);
  const inputs = inputsOf(subject);
  return decide(subject, { ...inputs, ...change(inputs) }, now);
};
const stop: Freeze = {
  id: 'frz_1',
  kind: 'deny',
  scope: {},
  when: { kind: 'once', from: '2026-06-01T00:00:00.000Z', until: null },
  reason: 'r',
  ticket: 'T-1',
  exempt: [],
  onRunning: 'pause',
  endedAt: null,
};
const frozen = (inputs: RuleInputs): Partial<RuleInputs> => ({ calendar: { ...inputs.calendar, freezes: [stop] } });
const unapproved = (inputs: RuleInputs): Partial<RuleInputs> => ({ approvals: { ...inputs.approvals, route } });
const debtor = (inputs: RuleInputs): Partial<RuleInputs> => ({
  debt: { ...inputs.debt, debts: [{ id: 'wvr_1', due: NOW, what: 'approval' }] },
});
const failing = (inputs: RuleInputs): Partial<RuleInputs> => {
  const check = { id: 'c', title: 'Tests', rule: 'tests.total > 0', remedy: 'test it', mode: 'block' as const };
  return { gates: { ...inputs.gates, resolved: { ...resolved, rules: { ...policyRules, checks: [check] } } } };
};
const unbuilt = (inputs: RuleInputs): Partial<RuleInputs> => ({
  'supply-chain': { ...inputs['supply-chain'], digests: inputs['supply-chain'].digests.map((one) => ({ ...one, artifact: null })) },
});
const incident = (inputs: RuleInputs): Partial<RuleInputs> => ({
  readiness: { ...inputs.readiness, incidents: [{ id: 'inc_1', severity: 'major' }] },
});
const unverified = (inputs: RuleInputs): Partial<RuleInputs> => ({
  lifecycle: {
    ...inputs.lifecycle,
    policy: { verifiedBefore: true, soak: 0 },
    before: [{ environment: 'stage', checks: ['health'], maxAge: null, said: [] }],
  },
});

test('all seven rules are asked; an allow holds 30 seconds at most, or to the next edge', () => {
  const answer = ask({});
  expect(answer.rules.map((rule) => rule.rule)).toEqual([...RULES]);
  expect(answer).toMatchObject({ verdict: 'allow', notAfter: '2026-06-01T12:00:30.000Z', policy: { name: 'p', version: 3 } });
  const soon: Freeze = { ...stop, when: { kind: 'once', from: '2026-06-01T12:00:10.000Z', until: null } };
  const edge = ask({}, (inputs) => ({ calendar: { ...inputs.calendar, freezes: [soon] } }));
  expect(edge).toMatchObject({ verdict: 'allow', notAfter: '2026-06-01T12:00:10.000Z' });
});

test.each([
  ['lifecycle', unverified, 'wait'],
  ['supply-chain', unbuilt, 'deny'],
  ['approvals', unapproved, 'wait'],
  ['calendar', frozen, 'wait'],
  ['readiness', incident, 'wait'],
  ['debt', debtor, 'deny'],
] as const)('one open rule is enough: %s', (rule, change, verdict) => {
  const answer = ask({}, change);
  expect(answer.verdict).toBe(verdict);
  expect(answer.rules.filter((one) => one.verdict !== 'allow').map((one) => one.rule)).toEqual([rule]);
});

test('the worst verdict wins', () => {
  expect(ask({}, (inputs) => ({ ...frozen(inputs), ...debtor(inputs) })).verdict).toBe('deny');
});

test('a gate that can’t be answered is unknown; the policy it is asked by must be the one of the intent', () => {
  const subject = subjectOf();
  const inputs = { ...inputsOf(subject), ...failing(inputsOf(subject)) };
  expect(() => decide(subject, inputs, NOW)).toThrow('gates.policy');
  const meant = { ...subject, intent: { ...intent, policyDigest: policyDigest(inputs.gates.resolved) } };
  const answer = decide(meant, { ...inputs, approvals: { ...inputs.approvals, intent: intentDigest(meant.intent) } }, NOW);
  expect(answer.verdict).toBe('unknown');
});

test('inputs that speak of something else are never an answer', () => {
  const subject = subjectOf();
  const inputs = inputsOf(subject);
  const other = digestOf('another');
  const mixed: readonly Partial<RuleInputs>[] = [
    { approvals: { ...inputs.approvals, intent: other } },
    { approvals: { ...inputs.approvals, deployment: 'dep_9' } },
    { lifecycle: { ...inputs.lifecycle, purpose: 'rollback' } },
    { readiness: { ...inputs.readiness, releaseType: 'emergency' } },
    { debt: { ...inputs.debt, releaseType: 'hotfix' } },
    { calendar: { ...inputs.calendar, subject: { ...inputs.calendar.subject, environment: 'stage' } } },
    { calendar: { ...inputs.calendar, subject: { ...inputs.calendar.subject, purpose: 'rollback' } } },
    { gates: { ...inputs.gates, facts: [{ digest: other, reports: [], testsBefore: null }] } },
    { 'supply-chain': { ...inputs['supply-chain'], digests: [] } },
  ];
  for (const change of mixed) expect(() => decide(subject, { ...inputs, ...change }, NOW)).toThrow('does not speak of the subject');
});

const everything = (inputs: RuleInputs): Partial<RuleInputs> => ({
  ...frozen(inputs),
  ...unapproved(inputs),
  ...debtor(inputs),
  ...unbuilt(inputs),
});

test('the way back passes freezes, approvals, debts and new advisories, and says what it passed', () => {
  const answer = ask({ purpose: 'rollback' }, everything);
  expect(answer.verdict).toBe('allow');
  expect(answer.rules.find((rule) => rule.rule === 'approvals')?.reasons.map((reason) => reason.code)).toContain(
    'may-ship.rollback-passes',
  );
});

test('the way back is denied for data loss, for what was never good here, and for what was revoked', () => {
  const back = { purpose: 'rollback' as const };
  const unsafe = { kind: 'unsafe' as const, to: null, why: 'a column was dropped' };
  expect(ask(back, (inputs) => ({ readiness: { ...inputs.readiness, leaving: unsafe } })).verdict).toBe('deny');
  expect(ask(back, (inputs) => ({ readiness: { ...inputs.readiness, leaving: { ...unsafe, kind: 'forward-only' } } })).verdict).toBe(
    'deny',
  );
  expect(ask(back, (inputs) => ({ readiness: { ...inputs.readiness, leaving: { ...unsafe, kind: 'safe' } } })).verdict).toBe('allow');
  expect(ask(back, (inputs) => ({ lifecycle: { ...inputs.lifecycle, here: { said: [], allowedBefore: false } } })).verdict).toBe('deny');
  expect(ask(back, (inputs) => ({ lifecycle: { ...inputs.lifecycle, revoked: [DIGEST] } })).verdict).toBe('deny');
});

test('a break-glass suspends people and papers for its time, never the supply chain, an abandoned release or a revoked artifact', () => {
  const breakGlass = { id: 'brk_1', until: '2026-06-01T12:00:20.000Z', persons: ['per_1'], ticket: 'INC-1' };
  const papers = (inputs: RuleInputs) => ({
    ...frozen(inputs),
    ...unapproved(inputs),
    ...debtor(inputs),
    ...incident(inputs),
    ...unverified(inputs),
  });
  expect(ask({ breakGlass }, papers)).toMatchObject({ verdict: 'allow', notAfter: breakGlass.until });
  expect(ask({ breakGlass }, papers, breakGlass.until).verdict).toBe('deny');
  expect(ask({ breakGlass }, unbuilt).verdict).toBe('deny');
  expect(ask({ breakGlass }, (inputs) => ({ lifecycle: { ...inputs.lifecycle, abandoned: true } })).verdict).toBe('deny');
  expect(ask({ breakGlass }, (inputs) => ({ lifecycle: { ...inputs.lifecycle, revoked: [DIGEST] } })).verdict).toBe('deny');
});

test('the decision derives again from its stored bytes, and any change of them shows', () => {
  const subject = subjectOf();
  const inputs = { ...inputsOf(subject), ...frozen(inputsOf(subject)) };
  const recorded = decide(subject, inputs, NOW);
  const stored = JSON.parse(canonicalJson({ subject, inputs })) as { subject: Subject; inputs: RuleInputs };
  expect(differences(recorded, decide(stored.subject, stored.inputs, recorded.at))).toEqual([]);
  expect(recorded.inputs).toEqual(inputDigests(subject, inputs));
  const thawed = decide(subject, inputsOf(subject), NOW);
  expect(differences(recorded, thawed)).toEqual(expect.arrayContaining(['verdict', 'digest', 'inputs.calendar', 'rules.calendar']));
  expect(differences({ ...recorded, verdict: 'allow' }, recorded)).toEqual(['verdict']);
  expect(decide(subject, inputs, '2026-06-01T12:00:01.000Z').digest).not.toBe(recorded.digest);
});
