import type { PolicyDocument } from './document.ts';

type Checks = PolicyDocument['checks'];
type Environment = PolicyDocument['tiers']['1']['production'];

/** Checks that the presets share. */
export const CHECKS = {
  'tests-pass': {
    title: 'Tests ran and none failed',
    rule: 'tests.passed > 0 && tests.failed == 0 && tests.errored == 0',
    remedy: 'Let a job of the run report its tests (kind junit), and repair what fails.',
    mode: 'block',
  },
  'tests-kept': {
    title: 'No more than a tenth of the tests disappeared',
    rule: 'tests.droppedPercent <= 10',
    remedy: 'Bring the tests back, or ask for a waiver that says why they went.',
    mode: 'block',
  },
  'coverage-80': {
    title: 'At least 80 % of the lines are covered',
    rule: 'coverage.lines.percent >= 80',
    remedy: 'Report coverage (kind lcov or cobertura) and cover more lines.',
    mode: 'block',
  },
  'coverage-60': {
    title: 'At least 60 % of the lines are covered',
    rule: 'coverage.lines.percent >= 60',
    remedy: 'Report coverage (kind lcov or cobertura) and cover more lines.',
    mode: 'block',
  },
  'coverage-known': {
    title: 'At least half of the lines are covered',
    rule: 'coverage.lines.percent >= 50',
    remedy: 'Report coverage (kind lcov or cobertura).',
    mode: 'warn',
  },
  'no-severe-findings': {
    title: 'A scan found nothing critical or high',
    rule: 'findings.counts.critical == 0 && findings.counts.high == 0',
    remedy: 'Let a job report a scan (kind sarif or cyclonedx), and repair the findings or ask for waivers.',
    mode: 'block',
  },
  'severe-findings': {
    title: 'A scan found nothing critical or high',
    rule: 'findings.counts.critical == 0 && findings.counts.high == 0',
    remedy: 'Let a job report a scan (kind sarif or cyclonedx).',
    mode: 'warn',
  },
  'no-medium-findings': {
    title: 'A scan found at most ten medium findings',
    rule: 'findings.counts.medium <= 10',
    remedy: 'Repair the findings or ask for waivers.',
    mode: 'block',
  },
  'no-denied-licences': {
    title: 'Nothing shipped has a licence that is denied',
    rule: 'licences.denied == 0',
    remedy: 'Replace the package, or ask for a waiver of its licence: --subject licence:PURL.',
    mode: 'block',
  },
} as const satisfies Checks;

/** What is asked where people only try things out: it must have been built, and be alive. */
export const LOOSE: Environment = {
  checks: [],
  supplyChain: { sbom: false, provenance: true, recorded: 'token' },
  lifecycle: { verifiedBefore: false, soak: '0s' },
  verification: { checks: ['health'], maxAge: null },
  approval: null,
  readiness: { rollbackPlan: false, dependencies: false, checklist: [] },
  breakGlass: { persons: 1, timeBox: '4h', debtDue: '7d' },
};
