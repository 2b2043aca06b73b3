import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type {
  CoverageCounts,
  Finding,
  Ratio,
  ReportKind,
  ReportState,
  SbomCounts,
  Severity,
  SeverityCounts,
  TestCounts,
  Vex,
} from '../reports/model.ts';
import type { Contents, Part } from '../../artifacts/health/part.ts';
import type { LicencePolicy } from '../../artifacts/sbom/licence.ts';
import { countDependencies, countLicences } from './part-facts.ts';
import { countAdvisories, countExploited, type AdvisoryFact } from './advisory-facts.ts';
import { isOverdue } from '../findings/sla.ts';
import { clears } from '../findings/vex.ts';
import { SEVERITIES } from '../reports/model.ts';
import type { OpaAnswer } from './opa.ts';
import type { Tier } from './policy.ts';

/** What a decision reads of a finding. */
export type GateFinding = Pick<Finding, 'tool' | 'rule' | 'severity' | 'fingerprint' | 'cve' | 'purl' | 'suppressed'> & {
  /** The VEX statement that holds for it. Absent in inputs of before there was VEX. */
  readonly vex?: Vex | null;
  /** Whether the release before has it too; absent: there is none to compare with. */
  readonly known?: boolean;
  /** Since when the protected branch has it. */
  readonly since?: Instant | null;
  /** `path:line`; absent in inputs of before waivers could name paths. */
  readonly location?: string;
  /** It is known to be exploited, with the day until which it is to be repaired. Absent: it is not, or nobody knows (`exploitedCatalogue`). */
  readonly exploited?: { readonly due: string | null };
};

/** A test that did not pass, as waivers name it. */
export type FailedName = { readonly suite: string; readonly name: string; readonly how: 'failed' | 'errored' };

export type ReportFact = {
  readonly id: string;
  readonly kind: ReportKind;
  /** What the bytes showed it to be; absent in inputs of before there were more formats than kinds. */
  readonly format?: string | null;
  readonly name: string;
  readonly run: string;
  readonly trust: 'untrusted' | 'trusted' | 'protected';
  /** The digest of the report's own bytes; null: promised, and not there. */
  readonly digest: Digest | null;
  /** `received`: stored, and not read yet. */
  readonly state: ReportState | 'received';
  readonly reason: string | null;
  readonly at: Instant;
  readonly tests: TestCounts | null;
  /** Every test that did not pass; absent: they are too many, and none of them can be in quarantine. */
  readonly failed?: readonly FailedName[];
  readonly coverage: CoverageCounts | null;
  /** null: the report doesn't speak of findings. */
  readonly findings: readonly GateFinding[] | null;
  /** Findings past those that are kept. No waiver can name them, so they all count. */
  readonly beyond?: SeverityCounts;
  readonly sbom: SbomCounts | null;
};

/** Everything that is known about one digest: all reports that can speak for it. */
export type DigestFacts = {
  readonly digest: Digest;
  readonly reports: readonly ReportFact[];
  /** How many tests the run before had, on the protected branch; null: there was none. */
  readonly testsBefore: number | null;
  /** The build that yields the digest, the most trusted where there are several; absent: none is known. */
  readonly build?: BuildFact;
  /** The tickets of the release; absent: they could not be found out, and in inputs of before there were any. */
  readonly tickets?: readonly TicketFact[];
  /** Where the release's source lies; absent: it was not found out lately, and in inputs of before it was asked for. */
  readonly source?: SourceFact;
  /** The version of the catalogue of known exploited vulnerabilities that findings were held against; absent: none was imported. */
  readonly exploitedCatalogue?: string;
  /** What advisories say of it; absent: its parts are not known, or no advisories are, and where no check asks. */
  readonly advisories?: readonly AdvisoryFact[];
  /** What it is made of; absent: nobody can say, and where no check asks. */
  readonly contents?: Contents;
  /** What OPA answered about it; absent where no check asks. Rules in CEL don't see it. */
  readonly opa?: readonly OpaAnswer[];
};

/** The branch that a service is released from, as its forge says that it is. */
export type SourceFact = {
  readonly branch: string;
  /** Whether the forge keeps it from being pushed to by anybody. */
  readonly branchProtected: boolean;
};

/** What the rules of a gate may let pass: findings, advisories, tests that failed. */
export type Lifted = {
  finding(finding: GateFinding): boolean;
  advisory?(advisory: AdvisoryFact): boolean;
  /** Of a package, its licence. */
  licence?(part: Part): boolean;
  test?(test: FailedName): boolean;
};

/** A ticket that a release's commits name, as its tracker says it stands. */
export type TicketFact = {
  readonly key: string;
  readonly system: string;
  readonly type: string;
  /** `open`, `done`, `rejected`; `absent`: its tracker knows none of this key. */
  readonly state: string;
  readonly done: boolean;
  readonly fixVersion: string;
};

/** Who built it, and for what another CI built: who told that, by what identity. */
export type BuildFact = {
  readonly recorded: boolean;
  readonly trust: 'untrusted' | 'trusted' | 'protected';
  /** `yardmaster`, or the system that was told of. */
  readonly system: string;
  /** `own`, or by what the teller was recognised: token, workload, session. */
  readonly via: string;
  /** Claims of the workload that told it; empty where there is none. */
  readonly issuer: string;
  readonly repository: string;
  readonly ref: string;
  readonly workflow: string;
  /** Who registered signed provenance of a build that was told: `key`, `identity` (a certificate of Sigstore) or `nobody`. */
  readonly signedBy: 'key' | 'identity' | 'nobody';
  /** The key's name, or the subject of the certificate: which workflow of which ref. */
  readonly signer: string;
  readonly signerIssuer: string;
  readonly signerRepository: string;
};

/** The names that a rule may use. */
export const FACT_NAMES = [
  'tests',
  'coverage',
  'findings',
  'sbom',
  'reports',
  'build',
  'tickets',
  'source',
  'advisories',
  'licences',
  'dependencies',
] as const;

/** When and for whom facts are asked: clocks run by the tier, and licences are judged by what the levels say of them. */
export type Asking = { readonly now: Instant; readonly tier: Tier; readonly licences?: readonly LicencePolicy[] };

const TRUST = { untrusted: 0, trusted: 1, protected: 2 } as const;

/**
 * The reports that speak: of each kind and name the newest, among those of the most trusted runs only. A stranger's run
 * that happens to yield the same bytes can add nothing to them and take nothing away.
 */
export function speaking(reports: readonly ReportFact[]): readonly ReportFact[] {
  const best = Math.max(...reports.map(({ trust }) => TRUST[trust]));
  const newest = new Map<string, ReportFact>();
  for (const report of reports) {
    if (TRUST[report.trust] < best) continue;
    const key = `${report.kind}\0${report.name}`;
    const other = newest.get(key);
    if (other === undefined || report.at > other.at || (report.at === other.at && report.id > other.id)) newest.set(key, report);
  }
  return [...newest.values()].sort((a, b) => (a.kind === b.kind ? (a.name < b.name ? -1 : 1) : a.kind < b.kind ? -1 : 1));
}

type Topic = 'tests' | 'coverage' | 'findings' | 'sbom';

/** What a kind that a job declared promises to speak of. What nobody narrowed may speak of anything. */
const PROMISED: Readonly<Record<ReportKind, readonly Topic[]>> = {
  auto: ['tests', 'coverage', 'findings', 'sbom'],
  tests: ['tests'],
  junit: ['tests'],
  coverage: ['coverage'],
  lcov: ['coverage'],
  cobertura: ['coverage'],
  findings: ['findings'],
  sarif: ['findings'],
  sbom: ['sbom', 'findings'],
  cyclonedx: ['sbom', 'findings'],
};

/**
 * What a report speaks of: once read, what it holds; until then, and where it can't be read, all that it could have
 * held. So a report that nobody can read takes away every fact that it might have changed.
 */
export function topicsOf(report: ReportFact): readonly Topic[] {
  const promised = PROMISED[report.kind];
  if (report.state !== 'ok') return promised;
  const held = (['tests', 'coverage', 'findings', 'sbom'] as const).filter((topic) => report[topic] !== null);
  return report.kind === 'auto' ? held : [...new Set([...promised, ...held])];
}

/** Whether a report is one of those that a fact of this name comes from, for the reasons of an answer. */
export function feeds(fact: string, report: ReportFact): boolean {
  return (topicsOf(report) as readonly string[]).includes(fact);
}

const FORMATS = ['junit', 'lcov', 'cobertura', 'sarif', 'cyclonedx'] as const;

/**
 * The facts as rules see them. What no report says is absent, and a rule that asks for it is unknown. One report of a
 * kind that can't be read takes all facts of that kind away: the others might be the half without the failure.
 */
export function rulesFacts(facts: DigestFacts, lifted: Lifted, asking?: Asking): Readonly<Record<string, unknown>> {
  const reports = speaking(facts.reports);
  return {
    tests: testsOf(reports, facts.testsBefore, lifted),
    coverage: coverageOf(reports),
    findings: findingsOf(reports, (finding) => lifted.finding(finding), asking, facts.exploitedCatalogue !== undefined),
    sbom: sbomOf(reports),
    ...(facts.build === undefined ? {} : { build: facts.build }),
    ...(facts.tickets === undefined ? {} : { tickets: facts.tickets }),
    ...(facts.source === undefined ? {} : { source: facts.source }),
    ...(facts.advisories === undefined
      ? {}
      : { advisories: countAdvisories(facts.advisories, lifted.advisory ?? (() => false), dayOf(asking)) }),
    ...contentsFacts(facts.contents, lifted, asking),
    reports: Object.fromEntries(
      FORMATS.map((format) => [format, reports.filter((one) => one.state === 'ok' && (one.format ?? one.kind) === format).length]),
    ),
  };
}

function contentsFacts(contents: Contents | undefined, lifted: Lifted, asking: Asking | undefined): Readonly<Record<string, unknown>> {
  if (contents === undefined || asking === undefined) return {};
  const licences = countLicences(contents, asking.licences, lifted.licence ?? (() => false));
  return { ...(licences === undefined ? {} : { licences }), dependencies: countDependencies(contents, asking.now) };
}

/** The reports that speak of this, or null where there is none or one of them can't be read. */
function readable(reports: readonly ReportFact[], topic: Topic): readonly ReportFact[] | null {
  const chosen = reports.filter((report) => topicsOf(report).includes(topic));
  return chosen.length === 0 || chosen.some(({ state }) => state !== 'ok') ? null : chosen;
}

function testsOf(
  reports: readonly ReportFact[],
  before: number | null,
  { test: isQuarantined = () => false }: Lifted,
): (TestCounts & { droppedPercent: number; quarantined: number }) | undefined {
  const told = readable(reports, 'tests');
  const counts = told?.map(({ tests }) => tests);
  const quarantined = (told ?? []).flatMap(({ failed }) => failed ?? []).filter(isQuarantined);
  const out = (how: FailedName['how']): number => quarantined.filter((one) => one.how === how).length;
  if (counts === undefined || counts.length === 0 || counts.includes(null)) return undefined;
  const sum = (key: keyof TestCounts): number => counts.reduce((total, one) => total + (one?.[key] ?? 0), 0);
  const total = sum('total');
  const droppedPercent = before === null || before <= total ? 0 : Math.ceil(((before - total) * 100) / before);
  return {
    total,
    passed: sum('passed'),
    failed: sum('failed') - out('failed'),
    errored: sum('errored') - out('errored'),
    skipped: sum('skipped'),
    flaky: sum('flaky'),
    durationMs: sum('durationMs'),
    suites: sum('suites'),
    droppedPercent,
    quarantined: quarantined.length,
  };
}

type Percent = Ratio & { readonly percent: number };

/** Formats of one program (LCOV, Cobertura, ...) say the same twice: they are not added up, the lower one counts. */
function coverageOf(reports: readonly ReportFact[]): { lines: Percent; branches?: Percent } | undefined {
  const covered = readable(reports, 'coverage');
  if (covered === null) return undefined;
  const formats = [...new Set(covered.map((one) => one.format ?? one.kind))];
  const sums = formats.flatMap((format) => {
    const counts = covered.flatMap((one) => ((one.format ?? one.kind) === format && one.coverage !== null ? [one.coverage] : []));
    if (counts.length === 0) return [];
    const lines = add(counts.map((one) => one.lines));
    const branches = add(counts.flatMap((one) => (one.branches === null ? [] : [one.branches])));
    return [{ lines: withPercent(lines), ...(branches.total === 0 ? {} : { branches: withPercent(branches) }) }];
  });
  return sums.sort((a, b) => a.lines.percent - b.lines.percent)[0];
}

function add(ratios: readonly Ratio[]): Ratio {
  return ratios.reduce((sum, { covered, total }) => ({ covered: sum.covered + covered, total: sum.total + total }), {
    covered: 0,
    total: 0,
  });
}

/** Percent with two digits, cut and never rounded up: 79.999 % is not 80 %. */
function withPercent({ covered, total }: Ratio): Percent {
  return { covered, total, percent: Math.floor((covered * 10_000) / total) / 100 };
}

function findingsOf(
  reports: readonly ReportFact[],
  isWaived: (finding: GateFinding) => boolean,
  clock: Asking | undefined,
  exploitedIsKnown: boolean,
): Record<string, unknown> | undefined {
  // A bill of materials without vulnerabilities looked for none; only what looked can say "nothing found".
  const looked = readable(reports, 'findings')?.filter(({ findings }) => findings !== null);
  if (looked === undefined || looked.length === 0) return undefined;
  const all = looked.flatMap(({ findings }) => findings ?? []);
  // A statement of VEX lifts a finding as a waiver does, and stays with it.
  const standing = all.filter((finding) => !clears(finding.vex));
  const open = standing.filter((finding) => !isWaived(finding));
  const beyond = (severity: Severity): number => looked.reduce((sum, one) => sum + (one.beyond?.[severity] ?? 0), 0);
  const past = SEVERITIES.reduce((sum, severity) => sum + beyond(severity), 0);
  const overdue = clock === undefined ? [] : open.filter((one) => isOverdue(one.since, one.severity, clock.tier, clock.now));
  return {
    total: open.length + past,
    counts: counted(open, beyond),
    waived: standing.length - open.length,
    suppressed: open.filter((one) => one.suppressed).length,
    cleared: all.length - standing.length,
    // What is past the most that are kept can't be compared: it counts as new.
    fresh: counted(
      open.filter((one) => one.known === false),
      beyond,
    ),
    overdue: overdue.length,
    // What is past the most that are kept could be anything.
    ...(exploitedIsKnown && past === 0
      ? countExploited(
          open.flatMap(({ exploited }) => (exploited === undefined ? [] : [exploited.due])),
          dayOf(clock),
        )
      : {}),
  };
}

/** The day of the decision in UTC; null: it is asked for no moment. */
function dayOf(asking: Asking | undefined): string | null {
  return asking?.now.slice(0, 10) ?? null;
}

function counted(findings: readonly GateFinding[], beyond: (severity: Severity) => number): Record<Severity, number> {
  const counts = SEVERITIES.map((severity): [Severity, number] => [
    severity,
    findings.filter((one) => one.severity === severity).length + beyond(severity),
  ]);
  return Object.fromEntries(counts) as Record<Severity, number>;
}

function sbomOf(reports: readonly ReportFact[]): Record<string, number> | undefined {
  const boms = readable(reports, 'sbom')?.flatMap(({ sbom }) => (sbom === null ? [] : [sbom]));
  if (boms === undefined || boms.length === 0) return undefined;
  const sum = (key: 'components' | 'withPurl'): number => boms.reduce((total, one) => total + one[key], 0);
  return { components: sum('components'), withPurl: sum('withPurl') };
}
