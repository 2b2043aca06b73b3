import type { Tier } from '../../catalog/service.ts';
import type { RequirementsDocument } from './requirements.ts';

/** The minimum gates that come with the program: for each stack and tier, as a file that a repository, a team or an organisation takes. */
export const STACKS = ['node', 'jvm', 'python', 'dotnet', 'go', 'container'] as const;
export type Stack = (typeof STACKS)[number];

type Words = { readonly title: string; readonly tests: string; readonly coverage: string; readonly scan: string };

const WORDS: Readonly<Record<Stack, Words>> = {
  node: {
    title: 'Node.js',
    tests: 'Let the tests report JUnit (vitest --reporter=junit, jest-junit, mocha-junit-reporter).',
    coverage: 'Report coverage as lcov or Cobertura (c8, vitest --coverage, jest --coverage).',
    scan: 'Report npm audit --json, pnpm audit --json, Trivy or Semgrep; repair what it finds, or ask for waivers.',
  },
  jvm: {
    title: 'JVM',
    tests: 'Report target/surefire-reports/*.xml or build/test-results/test/*.xml.',
    coverage: 'Report jacoco.xml.',
    scan: 'Report OWASP Dependency-Check, Trivy or SpotBugs; repair what it finds, or ask for waivers.',
  },
  python: {
    title: 'Python',
    tests: 'Report JUnit (pytest --junitxml=report.xml).',
    coverage: 'Report Cobertura (coverage xml) or lcov (coverage lcov).',
    scan: 'Report pip-audit --format json, Bandit or Trivy; repair what it finds, or ask for waivers.',
  },
  dotnet: {
    title: '.NET',
    tests: 'Report TRX (dotnet test --logger trx), NUnit or xUnit XML.',
    coverage: 'Report Cobertura or OpenCover (dotnet test --collect "XPlat Code Coverage").',
    scan: 'Report Trivy, Snyk or SARIF of the analyzers; repair what it finds, or ask for waivers.',
  },
  go: {
    title: 'Go',
    tests: 'Report JUnit (gotestsum --junitfile report.xml).',
    coverage: 'Report the profile of go test -coverprofile=coverage.out.',
    scan: 'Report govulncheck -json, gosec or Trivy; repair what it finds, or ask for waivers.',
  },
  container: {
    title: 'Container image',
    tests: '',
    coverage: '',
    scan: 'Report a scan of the image (Trivy, Grype); take a newer base image, or ask for waivers.',
  },
};

type Checks = NonNullable<RequirementsDocument['checks']>;
type Examples = NonNullable<RequirementsDocument['examples']>;

/** The minimum gates of a stack for services of one tier: whole, with examples, ready to be committed. */
export function stackGates(stack: Stack, tier: Tier): RequirementsDocument {
  const { tests, coverage, scan, title } = WORDS[stack];
  const percent = tier === 1 ? 80 : 60;
  const block = (title: string, rule: string, remedy: string): Checks[string] => ({ title, rule, remedy, mode: 'block' });
  const built = stack !== 'container';
  const checks: Checks = {
    ...(built ? { 'tests-pass': block('Tests ran and none failed', 'tests.passed > 0 && tests.failed == 0 && tests.errored == 0', tests) } : {}),
    ...(built && tier < 3 ? { 'tests-kept': block('No more than a tenth of the tests disappeared', 'tests.droppedPercent <= 10', tests) } : {}),
    ...(built && tier < 3
      ? { [`coverage-${percent}`]: block(`At least ${percent} % of the lines are covered`, `coverage.lines.percent >= ${percent}`, coverage) }
      : {}),
    ...(tier === 3
      ? { 'no-critical-findings': block('A scan found nothing critical', 'findings.counts.critical == 0', scan) }
      : {
          'no-severe-findings': block('A scan found nothing critical or high', 'findings.counts.critical == 0 && findings.counts.high == 0', scan),
        }),
    ...(tier === 1
      ? {
          'few-medium-findings': block('A scan found at most ten medium findings', 'findings.counts.medium <= 10', scan),
          'findings-in-time': block('No finding is open longer than its tier allows', 'findings.overdue == 0', scan),
        }
      : {}),
  }; // prettier-ignore
  return {
    title: `Minimum of ${title}, tier ${tier}`,
    checks,
    examples: examplesOf(built, tier),
    requires: [
      { tiers: [tier], environments: ['staging', 'production'], checks: Object.keys(checks) },
      ...(tier === 3
        ? []
        : [
            {
              tiers: [tier],
              environments: ['production' as const],
              supplyChain: tier === 1 ? { sbom: true, provenance: true } : { sbom: true },
              lifecycle: { verifiedBefore: true },
              readiness: { rollbackPlan: true },
            },
          ]),
    ],
  };
}

function examplesOf(built: boolean, tier: Tier): Examples {
  const at = { tier, environment: 'production' as const };
  const good = { ...at, ...(built ? { tests: { passed: 10 }, coverage: 90 } : {}), findings: {} };
  return {
    'all-good': { title: 'Nothing is wrong', ...good, expect: 'allow' },
    'critical-finding': { title: 'A scan found something critical', ...good, findings: { critical: 1 }, expect: 'deny' },
    'no-scan': { title: 'Nothing was scanned', ...good, findings: 'missing', expect: 'unknown' },
    ...(built
      ? {
          'test-fails': { title: 'One test fails', ...good, tests: { passed: 9, failed: 1 }, expect: 'deny' as const },
          'no-tests': { title: 'The report of the tests can’t be read', ...good, tests: 'unreadable' as const, expect: 'unknown' as const },
        }
      : {}),
  };
}
