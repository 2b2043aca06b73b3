import type { ReportView } from '../contract/gates.ts';
import { serviceById } from '../catalog/catalog.queries.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { loadReport, type ReportRow } from './report.store.ts';
import type { Finding, Severity, SeverityCounts } from './reports/model.ts';
import { SEVERITIES } from './reports/model.ts';
import { readReport } from './reports/read.ts';
import type { FailedTest } from './reports/tests/tally.ts';

/** The reports of a run for people, in the order of their names. */
export async function reportsOfRun(tx: Tx, run: string): Promise<ReportView[]> {
  const rows = await tx.query<ReportRow>(`select * from report where run_id = $1 order by kind, name, attempt, id limit 1000`, [run]);
  const counts = await tx.query<{ report: string; severity: Severity; found: number }>(
    `select report_id as report, severity, count(*)::int as found from finding where report_id = any($1) group by report_id, severity`,
    [rows.map(({ id }) => id)],
  );
  const names = new Map<string, string>();
  for (const id of new Set(rows.map((row) => row.service_id))) names.set(id, (await serviceById(tx, id))?.name ?? id);
  return rows.map((row) => {
    const none: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
    const own = Object.fromEntries(counts.filter(({ report }) => report === row.id).map(({ severity, found }) => [severity, found]));
    return {
      id: row.id as ReportView['id'],
      run: row.run_id as ReportView['run'],
      job: row.job_id as ReportView['job'],
      attempt: row.attempt,
      service: names.get(row.service_id) ?? row.service_id,
      commit: row.commit_id,
      trust: row.trust,
      kind: row.kind,
      format: row.format,
      name: row.name,
      path: row.path,
      digest: row.digest,
      state: row.state,
      reason: row.reason,
      tests: row.summary.tests ?? null,
      coverage: row.summary.coverage ?? null,
      sbom: row.summary.sbom ?? null,
      findings: row.summary.looked === true ? added({ ...none, ...own }, row.summary.beyond) : null,
      receivedAt: row.received_at,
    };
  });
}

function added(counts: Record<Severity, number>, beyond: SeverityCounts | undefined): Record<Severity, number> {
  for (const severity of SEVERITIES) counts[severity] += beyond?.[severity] ?? 0;
  return counts;
}

/** A part of a report's findings, worst first, and how many there are. */
export async function findingsPage(tx: Tx, report: string, from: number, limit: number): Promise<{ items: Finding[]; total: number }> {
  const items = await tx.query<Finding & Record<string, unknown>>(
    `select tool, rule, severity, location, fingerprint, cve, purl, suppressed, message, cwe, aliases, component, fixed_in as "fixedIn", vex from finding where report_id = $1
     order by array_position(array['critical', 'high', 'medium', 'low', 'info'], severity), position offset $2 limit $3`,
    [report, from, limit],
  );
  const { total } = await tx.one<{ total: number }>(`select count(*)::int as total from finding where report_id = $1`, [report]);
  return { items, total };
}

/** The tests of a stored report that did not pass; none of a report that speaks of no tests or says nothing. */
export async function failedTestsOf(floor: Floor, org: string, id: string, most: number): Promise<{ items: FailedTest[]; total: number }> {
  const report = await floor.db.read(org, (tx) => loadReport(tx, id, false));
  if (report?.state !== 'ok' || report.summary.tests === undefined || report.digest === null) return { items: [], total: 0 };
  const { contents } = await readReport(report.kind, await floor.blobs.open(report.digest), { failures: most });
  return { items: [...(contents?.failures ?? [])], total: report.summary.tests.failed + report.summary.tests.errored };
}
