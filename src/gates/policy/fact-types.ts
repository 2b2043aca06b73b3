import type { CelType } from '../../kernel/cel.ts';
import { DEPENDENCY_TYPE, LICENCE_TYPE } from './part-facts.ts';

const percent: CelType = { covered: 'int', total: 'int', percent: 'double' };

/** The types of the facts that rules may use: what is saved is checked against them, so that a misspelt name is told at once. */
export const FACT_TYPES: Readonly<Record<string, CelType>> = {
  tests: {
    total: 'int',
    passed: 'int',
    failed: 'int',
    errored: 'int',
    skipped: 'int',
    flaky: 'int',
    durationMs: 'int',
    suites: 'int',
    droppedPercent: 'int',
    quarantined: 'int',
  },
  coverage: { lines: percent, branches: percent },
  findings: {
    total: 'int',
    counts: { critical: 'int', high: 'int', medium: 'int', low: 'int', info: 'int' },
    waived: 'int',
    suppressed: 'int',
    cleared: 'int',
    fresh: { critical: 'int', high: 'int', medium: 'int', low: 'int', info: 'int' },
    overdue: 'int',
    knownExploited: 'int',
    exploitedOverdue: 'int',
  },
  sbom: { components: 'int', withPurl: 'int' },
  reports: 'map',
  tickets: 'list',
  source: { branch: 'string', branchProtected: 'bool' },
  advisories: {
    total: 'int',
    counts: { critical: 'int', high: 'int', medium: 'int', low: 'int', unrated: 'int' },
    fixable: 'int',
    unsure: 'int',
    waived: 'int',
    knownExploited: 'int',
    exploitedOverdue: 'int',
    vulnerabilities: {
      list: { advisory: 'string', purl: 'string', severity: 'string', fixable: 'bool', knownExploited: 'bool', due: 'string' },
    },
  },
  licences: LICENCE_TYPE,
  dependencies: DEPENDENCY_TYPE,
  build: {
    recorded: 'bool',
    trust: 'string',
    system: 'string',
    via: 'string',
    issuer: 'string',
    repository: 'string',
    ref: 'string',
    workflow: 'string',
    signedBy: 'string',
    signer: 'string',
    signerIssuer: 'string',
    signerRepository: 'string',
  },
};
