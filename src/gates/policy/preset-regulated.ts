import type { PolicyDocument } from './document.ts';
import { CHECKS, LOOSE } from './preset-checks.ts';

type Environment = PolicyDocument['tiers']['1']['production'];
type Route = PolicyDocument['approvals'][string];

const breakGlass: Environment['breakGlass'] = { persons: 2, timeBox: '1h', debtDue: '1d' };
const supplyChain: Environment['supplyChain'] = { sbom: true, provenance: true, recorded: 'attestation' };
const checks = ['tests-pass', 'tests-kept', 'coverage-80', 'no-severe-findings', 'no-medium-findings', 'no-denied-licences'];

const development: Environment = { ...LOOSE, supplyChain, breakGlass, checks: ['tests-pass'] };
const test: Environment = { ...development, checks: ['tests-pass', 'tests-kept'] };
const staging: Environment = {
  ...test,
  checks,
  lifecycle: { verifiedBefore: true, soak: '0s' },
  verification: { checks: ['health', 'smoke', 'person'], maxAge: '14d' },
  readiness: { rollbackPlan: true, dependencies: true, checklist: [] },
};
const production: Environment = {
  ...staging,
  lifecycle: { verifiedBefore: true, soak: '4h' },
  verification: { checks: ['health', 'smoke'], maxAge: '14d' },
  approval: 'approver-and-manager',
  readiness: { rollbackPlan: true, dependencies: true, checklist: ['The runbook is current', 'Those concerned are informed'] },
};

/** Segregation over the whole chain: whoever touched code, configuration or policy approves nothing. */
const route = (steps: Route['steps']): Route => ({
  steps,
  exclude: ['author', 'committer', 'co-author', 'requester', 'config-changer', 'policy-changer'],
  unmapped: 'unknown',
  expiresAfter: '1d',
  onePersonOneRole: true,
});

/** Segregation of duties over the whole chain, an advisory board, two persons for break-glass. */
export const REGULATED: PolicyDocument = {
  name: 'regulated',
  title: 'Segregation of duties over the whole chain, an advisory board, two persons for break-glass',
  changes: { approvals: 1 },
  checks: {
    'tests-pass': CHECKS['tests-pass'],
    'tests-kept': CHECKS['tests-kept'],
    'coverage-80': CHECKS['coverage-80'],
    'no-severe-findings': CHECKS['no-severe-findings'],
    'no-medium-findings': CHECKS['no-medium-findings'],
    'no-denied-licences': CHECKS['no-denied-licences'],
  },
  // Licences that reach over a network, or forbid a use. Which more are denied is for the organisation's lawyers to say.
  licences: { deny: ['AGPL-*', 'SSPL-*', 'BUSL-*', 'CC-BY-NC-*', 'Elastic-*'] },
  approvals: {
    'one-approver': route([{ role: 'approver', count: 1 }]),
    'approver-and-manager': route([
      { role: 'approver', count: 1 },
      { role: 'release-manager', count: 1 },
    ]),
    'advisory-board': route([
      { role: 'approver', count: 2 },
      { role: 'release-manager', count: 1 },
    ]),
  },
  tiers: {
    1: {
      development,
      test,
      staging: { ...staging, approval: 'one-approver' },
      production: { ...production, approval: 'advisory-board', lifecycle: { verifiedBefore: true, soak: '1d' } },
    },
    2: { development, test, staging, production },
    3: {
      development,
      test,
      staging,
      production: { ...production, approval: 'one-approver', lifecycle: { verifiedBefore: true, soak: '1h' } },
    },
  },
};
