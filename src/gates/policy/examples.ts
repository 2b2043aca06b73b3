import { ENVIRONMENT_KINDS, type EnvironmentKind } from '../../catalog/environment.ts';
import type { Verdict } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import { SEVERITIES, type Severity, type TestCounts } from '../reports/model.ts';
import type { Part } from '../../artifacts/health/part.ts';
import { plus } from '../../kernel/time.ts';
import type { WrittenExample } from './document.ts';
import { evaluateGates, opaQuestions } from './evaluate.ts';
import type { DigestFacts, ReportFact } from './facts.ts';
import { resolvePolicy, TIERS, type Policy, type ResolvedPolicy, type Tier } from './policy.ts';

/** What a policy's checks answer to one example, for one tier and kind of environment. */
export type ExampleAnswer = {
  readonly tier: Tier;
  readonly kind: EnvironmentKind;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
};
export type ExampleResult = { readonly example: string; readonly title: string; readonly answers: readonly ExampleAnswer[] };

const AT: Instant = '2026-01-01T00:00:00.000Z';
const DIGEST: Digest = `sha256:${'e'.repeat(64)}`;

const report = (kind: ReportFact['kind'], more: Partial<ReportFact> = {}): ReportFact => ({
  id: `rep_${kind}`,
  kind,
  name: kind,
  run: 'run_example',
  trust: 'protected',
  digest: DIGEST,
  state: 'ok',
  reason: null,
  at: AT,
  tests: null,
  coverage: null,
  findings: null,
  sbom: null,
  ...more,
});
const tests = (more: Partial<TestCounts> = {}): ReportFact =>
  report('junit', {
    tests: { total: 100, passed: 100, failed: 0, errored: 0, skipped: 0, flaky: 0, durationMs: 1000, suites: 1, ...more },
  });
const coverage = (covered: number): ReportFact =>
  report('lcov', { coverage: { lines: { covered, total: 100 }, branches: null, files: 10 } });
const scanned = { tool: 'scanner', rule: 'R1', fingerprint: DIGEST, cve: null, purl: null, suppressed: false };
const scan = (severity?: Severity): ReportFact =>
  report('sarif', {
    findings: severity === undefined ? [] : [{ ...scanned, severity }],
  });
const PART: Part = {
  name: 'left-pad',
  version: '1.3.0',
  purl: 'pkg:npm/left-pad@1.3.0',
  licence: 'MIT',
  scope: 'required',
  hashed: true,
  direct: true,
  publishedAt: '2025-10-01T00:00:00.000Z',
  deprecated: null,
  registry: { latest: '1.3.0', latestAt: '2025-10-01T00:00:00.000Z' },
};
const facts = (reports: readonly ReportFact[], testsBefore: number | null = 100, parts: readonly Part[] = [PART]): DigestFacts => ({
  digest: DIGEST,
  reports,
  testsBefore,
  exploitedCatalogue: 'example',
  contents: { parts, incomplete: [] },
});

/** A release each: what its reports say. */
const EXAMPLES: readonly { readonly example: string; readonly title: string; readonly facts: DigestFacts }[] = [
  { example: 'all-good', title: 'All tests pass, 90 % covered, nothing found', facts: facts([tests(), coverage(90), scan()]) },
  { example: 'test-failed', title: 'One test fails', facts: facts([tests({ passed: 99, failed: 1 }), coverage(90), scan()]) },
  {
    example: 'no-tests',
    title: 'A report of tests in which none ran',
    facts: facts([tests({ total: 0, passed: 0 }), coverage(90), scan()], null),
  },
  { example: 'no-reports', title: 'No report at all', facts: facts([], null) },
  {
    example: 'unreadable',
    title: 'The report of tests can’t be read',
    facts: facts([report('junit', { state: 'unreadable', reason: 'it ends in the middle' }), coverage(90), scan()]),
  },
  { example: 'tests-gone', title: 'A fifth of the tests is gone', facts: facts([tests({ total: 80, passed: 80 }), coverage(90), scan()]) },
  { example: 'little-coverage', title: '55 % covered', facts: facts([tests(), coverage(55), scan()]) },
  { example: 'critical-finding', title: 'A scan found something critical', facts: facts([tests(), coverage(90), scan('critical')]) },
  {
    example: 'denied-licence',
    title: 'A package that is shipped has the licence AGPL-3.0-only',
    facts: facts([tests(), coverage(90), scan()], 100, [{ ...PART, licence: 'AGPL-3.0-only' }]),
  },
  { example: 'no-scan', title: 'Nothing was scanned', facts: facts([tests(), coverage(90)]) },
];

export type OwnExample = {
  readonly example: string;
  readonly title: string;
  readonly expect: Verdict;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
};

/** What the checks of a policy answer to the examples that it carries itself. */
export function runOwnExamples(policy: Policy, written: Readonly<Record<string, WrittenExample>>): OwnExample[] {
  return Object.entries(written).map(([example, one]) => {
    const resolved = resolvePolicy(policy, one.tier, one.environment);
    const { verdict, reasons } = evaluateGates(resolved, [answered(resolved, factsOf(one), one.opa ?? {})], [], AT);
    return { example, title: one.title, expect: one.expect, verdict, reasons: reasons.map((reason) => reason.text) };
  });
}

/** The facts, with what the example says that OPA answers to them. */
function answered(resolved: ResolvedPolicy, given: DigestFacts, says: Readonly<Record<string, boolean>>): DigestFacts {
  const opa = opaQuestions({ resolved, facts: [given], waivers: [] }, AT).flatMap(({ check, connection, path, digest: input }) => {
    const answer = Object.hasOwn(says, check) ? says[check] : undefined;
    return answer === undefined ? [] : [{ connection, path, input, askedAt: AT, answer, reasons: [] }];
  });
  return opa.length === 0 ? given : { ...given, opa };
}

const DAY = 86_400_000;

function partOf(one: NonNullable<WrittenExample['packages']>[number]): Part {
  const { name, version = null, licence = null, direct = null, hashed = true, ageDays, latestDays, deprecated } = one;
  const ago = (days: number | undefined): string | null => (days === undefined ? null : plus(AT, -days * DAY));
  return {
    name,
    version,
    purl: `pkg:generic/${encodeURIComponent(name)}${version === null ? '' : `@${encodeURIComponent(version)}`}`,
    licence,
    scope: 'required',
    hashed,
    direct,
    publishedAt: ago(ageDays),
    deprecated: deprecated === true ? 'the example says so' : null,
    registry:
      latestDays === undefined && deprecated === undefined
        ? null
        : { latest: latestDays === undefined ? null : 'newest', latestAt: ago(latestDays) },
  };
}

function factsOf({ tests: told, coverage: percent, findings, branchProtected, packages }: WrittenExample): DigestFacts {
  const reports: ReportFact[] = [];
  if (typeof told === 'string') reports.push(report('junit', { state: told, reason: null, digest: told === 'missing' ? null : DIGEST }));
  else if (told !== undefined) {
    const { passed, failed = 0, errored = 0, skipped = 0 } = told;
    reports.push(tests({ total: passed + failed + errored + skipped, passed, failed, errored, skipped }));
  }
  if (percent !== undefined)
    reports.push(report('lcov', { coverage: { lines: { covered: Math.round(percent * 100), total: 10_000 }, branches: null, files: 1 } }));
  if (typeof findings === 'string') reports.push(report('sarif', { state: findings, digest: findings === 'missing' ? null : DIGEST }));
  else if (findings !== undefined)
    reports.push(
      report('sarif', {
        findings: SEVERITIES.flatMap((severity) =>
          Array.from({ length: Math.min(findings[severity] ?? 0, 1000) }, () => ({ ...scanned, severity })),
        ).map((one, at) => (at < (findings.knownExploited ?? 0) ? { ...one, exploited: { due: null } } : one)),
      }),
    );
  return {
    digest: DIGEST,
    reports,
    testsBefore: typeof told === 'object' ? (told.before ?? null) : null,
    exploitedCatalogue: 'example',
    ...(packages === undefined ? {} : { contents: { parts: packages.map(partOf), incomplete: [] } }),
    ...(branchProtected === undefined ? {} : { source: { branch: 'main', branchProtected } }),
  };
}

/** What the checks of a policy answer to each example: the same evaluation as that of a release. */
export function runExamples(policy: Policy): ExampleResult[] {
  return EXAMPLES.map(({ example, title, facts: given }) => ({
    example,
    title,
    answers: TIERS.flatMap((tier) =>
      ENVIRONMENT_KINDS.map((kind) => {
        const { verdict, reasons } = evaluateGates(resolvePolicy(policy, tier, kind), [given], [], AT);
        return { tier, kind, verdict, reasons: reasons.map((reason) => reason.text) };
      }),
    ),
  }));
}
