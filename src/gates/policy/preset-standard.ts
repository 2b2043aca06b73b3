import type { PolicyDocument } from './document.ts';
import { CHECKS, LOOSE } from './preset-checks.ts';

type Environment = PolicyDocument['tiers']['1']['production'];

const breakGlass: Environment['breakGlass'] = { persons: 1, timeBox: '2h', debtDue: '3d' };
const development: Environment = { ...LOOSE, breakGlass };
const test: Environment = { ...development, checks: ['tests-pass'] };
const staging: Environment = {
  ...test,
  checks: ['tests-pass', 'tests-kept', 'coverage-known', 'severe-findings'],
  supplyChain: { sbom: true, provenance: true, recorded: 'identity' },
  lifecycle: { verifiedBefore: true, soak: '0s' },
  readiness: { rollbackPlan: false, dependencies: true, checklist: [] },
};
const production: Environment = {
  ...staging,
  verification: { checks: ['health'], maxAge: '30d' },
  approval: 'one-approver',
  readiness: { rollbackPlan: true, dependencies: true, checklist: [] },
};
const severe = ['tests-pass', 'tests-kept', 'coverage-60', 'no-severe-findings'];

/** Everything tested and approved by another person; low risk is approved by policy. */
export const STANDARD: PolicyDocument = {
  name: 'standard',
  title: 'Tested, signed, approved by another person; low risk by policy',
  checks: {
    'tests-pass': CHECKS['tests-pass'],
    'tests-kept': CHECKS['tests-kept'],
    'coverage-known': CHECKS['coverage-known'],
    'coverage-60': CHECKS['coverage-60'],
    'severe-findings': CHECKS['severe-findings'],
    'no-severe-findings': CHECKS['no-severe-findings'],
  },
  approvals: {
    'one-approver': {
      steps: [{ role: 'approver', count: 1 }],
      exclude: ['author', 'committer', 'co-author', 'requester', 'config-changer'],
      unmapped: 'unknown',
      expiresAfter: '3d',
      onePersonOneRole: true,
    },
    'approver-and-manager': {
      steps: [
        { role: 'approver', count: 1 },
        { role: 'release-manager', count: 1 },
      ],
      exclude: ['author', 'committer', 'co-author', 'requester', 'config-changer'],
      unmapped: 'unknown',
      expiresAfter: '3d',
      onePersonOneRole: true,
    },
  },
  tiers: {
    1: {
      development,
      test,
      staging: { ...staging, checks: severe },
      production: { ...production, checks: severe, approval: 'approver-and-manager', lifecycle: { verifiedBefore: true, soak: '1h' } },
    },
    2: { development, test, staging, production },
    3: {
      development,
      test,
      staging,
      production: { ...production, approval: null, readiness: { rollbackPlan: false, dependencies: true, checklist: [] } },
    },
  },
};
