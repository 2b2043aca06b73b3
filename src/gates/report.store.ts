import type { FailedName } from './policy/facts.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type {
  Contents,
  CoverageCounts,
  Finding,
  ReportKind,
  ReportState,
  SbomCounts,
  SeverityCounts,
  TestCounts,
  VexStatement,
} from './reports/model.ts';

/** What is kept of a report's contents beside its findings. `looked`: it speaks of findings, also where it has none. */
export type Summary = {
  /** Every test that did not pass, where they are few enough to be kept. */
  readonly failed?: readonly FailedName[];
  readonly tests?: TestCounts;
  readonly coverage?: CoverageCounts;
  readonly sbom?: SbomCounts;
  readonly looked?: true;
  /** Findings that are counted and not kept. */
  readonly beyond?: SeverityCounts;
};

export type ReportRow = {
  id: string;
  org_id: string;
  run_id: string;
  job_id: string;
  attempt: number;
  service_id: string;
  commit_id: string | null;
  trust: 'untrusted' | 'trusted' | 'protected';
  kind: ReportKind;
  /** What its bytes showed it to be; null until it was read, and where they showed nothing. */
  format: string | null;
  name: string;
  path: string;
  digest: Digest | null;
  state: ReportState | 'received';
  reason: string | null;
  summary: Summary;
  version: number;
  received_at: Instant;
  /** It speaks for the artifact of this name, its service and its commit too. */
  for_artifact: string | null;
};

type NewReport = Omit<ReportRow, 'org_id' | 'summary' | 'version' | 'format'>;

/** Keeps a report with the digests of its job; false where this one was told before. */
export async function insertReport(tx: Tx, report: NewReport, digests: readonly Digest[]): Promise<boolean> {
  const { id, run_id, job_id, attempt, service_id, commit_id, trust, kind, name, path, digest, state, reason, received_at, for_artifact } =
    report;
  const made = await tx.write(
    `insert into report (id, org_id, run_id, job_id, attempt, service_id, commit_id, trust, kind, name, path, digest, state, reason, received_at, for_artifact)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict (job_id, attempt, kind, name) do nothing`,
    [id, tx.org, run_id, job_id, attempt, service_id, commit_id, trust, kind, name, path, digest, state, reason, received_at, for_artifact],
  );
  if (made === 0) return false;
  await tx.write(
    `insert into report_digest (report_id, digest, org_id) select $1, digest, $2 from unnest($3::text[]) as digest on conflict do nothing`,
    [id, tx.org, digests],
  );
  return true;
}

/** One report, with its row locked when asked; null where there is none. */
export async function loadReport(tx: Tx, id: string, lock: boolean): Promise<ReportRow | null> {
  return tx.maybe<ReportRow>(`select * from report where id = $1${lock ? ' for update' : ''}`, [id]);
}

/** What became of the report of this job, kind and name. */
export async function reportOf(
  tx: Tx,
  of: { readonly job: string; readonly attempt: number; readonly kind: string; readonly name: string },
): Promise<{ id: string; state: string; reason: string | null } | null> {
  return tx.maybe(`select id, state, reason from report where job_id = $1 and attempt = $2 and kind = $3 and name = $4`, [
    of.job,
    of.attempt,
    of.kind,
    of.name,
  ]);
}

/** The digests that the report's own job made or took. */
export async function digestsOf(tx: Tx, id: string): Promise<string[]> {
  return (await tx.query<{ digest: string }>(`select digest from report_digest where report_id = $1 order by digest`, [id])).map(
    ({ digest }) => digest,
  );
}

/** Says what became of a report; false where somebody was faster. */
export async function settleReport(
  tx: Tx,
  report: ReportRow,
  result: { readonly state: ReportState; readonly format: string | null; readonly reason: string | null; readonly summary: Summary },
): Promise<boolean> {
  const touched = await tx.write(
    `update report set state = $3, reason = $4, summary = $5, format = $6, version = version + 1 where id = $1 and version = $2 and state = 'received'`,
    [report.id, report.version, result.state, result.reason, JSON.stringify(result.summary), result.format],
  );
  return touched === 1;
}

/** Keeps what a VEX document says, for the findings of other reports to be held against. */
export async function insertStatements(tx: Tx, report: string, statements: readonly VexStatement[]): Promise<void> {
  await tx.write(
    `insert into vex_statement (report_id, position, org_id, vulnerability, aliases, products, status, justification, statement, source)
     select $1, (ordinality - 1)::int, $2, one->>'vulnerability', array(select jsonb_array_elements_text(one->'aliases')),
       array(select jsonb_array_elements_text(one->'products')), one->>'status', one->>'justification', one->>'statement', one->>'source'
     from jsonb_array_elements($3::jsonb) with ordinality as list (one, ordinality)`,
    [report, tx.org, JSON.stringify(statements)],
  );
}

/** Starts the clock of each finding that this service has for the first time. */
export async function startClocks(tx: Tx, report: Pick<ReportRow, 'id' | 'service_id' | 'received_at'>): Promise<void> {
  await tx.write(
    `insert into finding_clock (org_id, service_id, fingerprint, first_seen_at, report_id)
     select distinct $1, $2, fingerprint, $3::timestamptz, $4 from finding where report_id = $4
     on conflict (org_id, service_id, fingerprint) do nothing`,
    [tx.org, report.service_id, report.received_at, report.id],
  );
}

const BATCH = 2_000;

export async function insertFindings(tx: Tx, report: string, findings: readonly Finding[]): Promise<void> {
  for (let from = 0; from < findings.length; from += BATCH) {
    const part = findings.slice(from, from + BATCH);
    const column = <Value>(pick: (finding: Finding) => Value): Value[] => part.map(pick);
    await tx.write(
      `insert into finding (report_id, org_id, position, tool, rule, severity, location, fingerprint, cve, purl, suppressed, message, component, fixed_in, cwe, aliases, vex)
       select $1, $2, position, tool, rule, severity, location, fingerprint, cve, purl, suppressed, message, component, fixed_in,
         array(select jsonb_array_elements_text(more->'cwe')::int), array(select jsonb_array_elements_text(more->'aliases')), nullif(more->'vex', 'null')
       from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[], $12::text[], $13::text[], $14::text[], $15::jsonb[])
         as given (position, tool, rule, severity, location, fingerprint, cve, purl, suppressed, message, component, fixed_in, more)`,
      [report, tx.org, part.map((_, index) => from + index), column((f) => f.tool), column((f) => f.rule), column((f) => f.severity), column((f) => f.location),
        column((f) => f.fingerprint), column((f) => f.cve), column((f) => f.purl), column((f) => f.suppressed), column((f) => f.message),
        column((f) => f.component), column((f) => f.fixedIn), column((f) => JSON.stringify({ cwe: f.cwe, aliases: f.aliases, vex: f.vex }))],
    ); // prettier-ignore
  }
}

/** What is kept of contents. */
export function summaryOf({ tests, coverage, findings, beyond, sbom, failures }: Contents): Summary {
  const whole = tests !== undefined && failures !== undefined && failures.length === tests.failed + tests.errored;
  return {
    ...(tests === undefined ? {} : { tests }),
    ...(whole ? { failed: failures.map(({ suite, name, how }) => ({ suite: suite.slice(0, 300), name: name.slice(0, 300), how })) } : {}),
    ...(coverage === undefined ? {} : { coverage }),
    ...(sbom === undefined ? {} : { sbom }),
    ...(findings === undefined ? {} : { looked: true }),
    ...(beyond === undefined ? {} : { beyond }),
  };
}

/** Reports that came before `before` and are not read yet; 100 at most. */
export async function unreadReports(tx: Tx, before: Instant): Promise<readonly { id: string; org: string }[]> {
  return tx.query<{ id: string; org: string }>(
    `select id, org_id as org from report where state = 'received' and received_at < $1 order by received_at limit 100`,
    [before],
  );
}
