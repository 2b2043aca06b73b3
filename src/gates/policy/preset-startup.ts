import type { PolicyDocument } from './document.ts';
import { CHECKS, LOOSE } from './preset-checks.ts';

type Environment = PolicyDocument['tiers']['1']['production'];

const staging: Environment = { ...LOOSE, checks: ['tests-pass'] };
const production: Environment = {
  ...staging,
  checks: ['tests-pass', 'severe-findings'],
  lifecycle: { verifiedBefore: true, soak: '0s' },
  approval: 'one-other-person',
};
const kinds = { development: LOOSE, test: LOOSE, staging, production };

/** One other person, light gates, break-glass alone with a debt. */
export const STARTUP: PolicyDocument = {
  name: 'startup',
  title: 'One other person, light gates, break-glass alone with a debt',
  checks: { 'tests-pass': CHECKS['tests-pass'], 'severe-findings': CHECKS['severe-findings'] },
  approvals: {
    'one-other-person': {
      steps: [{ role: 'approver', count: 1 }],
      exclude: ['author', 'committer', 'co-author', 'requester'],
      unmapped: 'ignore',
      expiresAfter: '7d',
      onePersonOneRole: true,
    },
  },
  tiers: {
    1: { ...kinds, production: { ...production, readiness: { rollbackPlan: true, dependencies: false, checklist: [] } } },
    2: kinds,
    3: kinds,
  },
};
