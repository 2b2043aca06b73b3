import type { Actor } from '../kernel/actor.ts';
import { system } from '../kernel/actor.ts';
import { Problem } from '../kernel/problem.ts';
import type { GivenReport, ReportPort } from '../pipelines/report.port.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { reportRead, testsFinished } from './gates.events.ts';
import {
  digestsOf,
  insertFindings,
  insertReport,
  insertStatements,
  loadReport,
  reportOf,
  settleReport,
  startClocks,
  summaryOf,
  type ReportRow,
} from './report.store.ts';
import { countsOf } from './reports/finding.ts';
import type { Finding, Reading, ReportKind, SeverityCounts } from './reports/model.ts';
import { LIMITS, REPORT_KINDS } from './reports/model.ts';
import { readReport } from './reports/read.ts';

/** Reads a report that was too large to be read in the transaction of its job. */
export const READ_TASK = 'gates.read-report';

/** Larger files are read afterwards, so that the finish of a job never waits for them; until then nothing is known. */
const READ_AT_ONCE = 4 * 1024 * 1024;

/** Tests that did not pass are kept by name up to this many: of more than that none can be in quarantine. */
const NAMED_FAILURES = 200;

/**
 * Keeps a report in the transaction of its job's finish, bound to the run and to the digests of its job. A missing
 * file, an unknown kind, an unreadable one: each is kept as what it is. The same finish told twice changes nothing.
 */
export async function acceptReport(tx: Tx, given: GivenReport): Promise<void> {
  const known = (REPORT_KINDS as readonly string[]).includes(given.kind);
  const id = tx.floor.newId('rep');
  const state = given.digest === null ? 'missing' : known ? 'received' : 'unreadable';
  const reason =
    given.digest === null
      ? `the job promised ${given.path}, and the file was not there`
      : known
        ? null
        : `reports of the kind ${given.kind} are not read`;
  const row = {
    id, run_id: given.run, job_id: given.job, attempt: given.attempt, service_id: given.service, commit_id: given.commit,
    trust: trustOf(given.trust), kind: given.kind as ReportKind, name: given.name, path: given.path, digest: given.digest, state, reason,
    received_at: await tx.now(), for_artifact: given.forArtifact ?? null,
  } as const; // prettier-ignore
  if (!(await insertReport(tx, row, given.artifacts))) return;
  const report = await loadReport(tx, id, true);
  if (report === null) throw new Error(`the report ${id} was inserted and is not there`);
  if (report.state !== 'received') return announce(tx, given.actor, report, null);
  const reading = await readNow(tx.floor, report);
  if (reading === null) await tx.wake(READ_TASK, id, { report: id });
  else await settle(tx, given.actor, report, reading);
}

/** What pipelines call for each report that a finished job promised. */
export const reportPort: ReportPort = {
  accept: acceptReport,
  find: (floor, org, of) => floor.db.read(org, (tx) => reportOf(tx, of)),
};

/** What was not told as trusted is not. */
function trustOf(told: string): ReportRow['trust'] {
  return told === 'protected' || told === 'trusted' ? told : 'untrusted';
}

async function readNow(floor: Floor, report: ReportRow): Promise<Reading | null> {
  const size = report.digest === null ? null : await floor.blobs.size(report.digest);
  if (size === null || size > READ_AT_ONCE) return null;
  try {
    return await readStored(floor, report);
  } catch (error) {
    // The bytes can't be had now; the task tries again.
    floor.log.warn({ err: error, report: report.id }, 'a report could not be read at once');
    return null;
  }
}

async function readStored(floor: Floor, report: ReportRow): Promise<Reading> {
  if (report.digest === null) throw new Error(`the report ${report.id} has no bytes to read`);
  const size = await floor.blobs.size(report.digest);
  if (size !== null && size > LIMITS.bytes) return unread('the file is larger than 200 MB');
  return readReport(report.kind, await floor.blobs.open(report.digest), { failures: NAMED_FAILURES });
}

function unread(reason: string): Reading {
  return { state: 'unreadable', reason, format: null, contents: null, place: null };
}

/** Reads a stored report outside any transaction, then says what became of it. Harmless to run twice. */
export async function readStoredReport(floor: Floor, org: string, id: string): Promise<void> {
  const report = await floor.db.read(org, (tx) => loadReport(tx, id, false));
  if (report === null || report.state !== 'received') return;
  const reading = await readStored(floor, report).catch((error: unknown): Reading => {
    // Gone or damaged bytes don't come back by trying; anything else may.
    if (error instanceof Problem && ['platform.blob-missing', 'platform.blob-damaged'].includes(error.code)) return unread(error.sentence);
    throw error;
  });
  await floor.db.tx(org, async (tx) => {
    const now = await loadReport(tx, id, true);
    if (now?.state === 'received') await settle(tx, system(org, 'gates'), now, reading);
  });
}

async function settle(tx: Tx, actor: Actor, report: ReportRow, reading: Reading): Promise<void> {
  const ok = reading.state === 'ok';
  const contents = ok ? reading.contents : {};
  const result = {
    state: reading.state,
    format: reading.format,
    reason: ok ? null : reading.reason.slice(0, 2000),
    summary: summaryOf(contents),
  };
  if (!(await settleReport(tx, report, result))) return;
  await insertFindings(tx, report.id, contents.findings ?? []);
  if ((contents.statements ?? []).length > 0) await insertStatements(tx, report.id, (contents.statements ?? []).slice(0, LIMITS.findings));
  // Only what the protected branch has starts a clock: a branch that nobody merged owes nothing.
  if (report.trust === 'protected') await startClocks(tx, report);
  await announce(tx, actor, { ...report, ...result }, contents.findings ?? null);
}

async function announce(tx: Tx, actor: Actor, report: ReportRow, findings: readonly Finding[] | null): Promise<void> {
  const { run_id: run, job_id: job, attempt, name, kind, state, digest, commit_id: commit } = report;
  const body = { run, job, attempt, name, kind, state, digest, commit, speaksFor: await digestsOf(tx, report.id) };
  const about = { subject: report.id, actor, service: report.service_id };
  if (kind === 'junit' || kind === 'tests' || report.summary.tests !== undefined) {
    const { total, passed, failed, errored, skipped, flaky, durationMs } = report.summary.tests ?? {
      total: 0,
      passed: 0,
      failed: 0,
      errored: 0,
      skipped: 0,
      flaky: 0,
      durationMs: 0,
    };
    await tx.record(testsFinished, { ...about, body: { ...body, total, passed, failed, errored, skipped, flaky, durationMs } });
    return;
  }
  const lines = report.summary.coverage?.lines;
  const counted = findings === null ? null : countsOf(findings, report.summary.beyond);
  const coverage = lines === undefined ? null : { coveredLines: lines.covered, lines: lines.total };
  await tx.record(reportRead, {
    ...about,
    body: {
      ...body,
      coverage,
      findings: counted === null ? null : severities(counted),
      components: report.summary.sbom?.components ?? null,
    },
  });
}

function severities({ critical, high, medium, low, info }: SeverityCounts): Record<keyof SeverityCounts, number> {
  return { critical, high, medium, low, info };
}
