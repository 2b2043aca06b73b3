import { exploitedAmong } from '../artifacts/advisories/advisories.queries.ts';
import { serviceById } from '../catalog/catalog.queries.ts';
import type { RunFinding } from '../contract/findings.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { liftsFinding } from '../waivers/lifts.ts';
import { activeWaivers } from '../waivers/waivers.queries.ts';
import { compared, type FindingState } from './findings/compare.ts';
import { saysFalsePositive, signalOf, type RuleSignal } from './findings/signal.ts';
import { clocksOf, dueAt, type Clocks, type Gone } from './findings/sla.ts';
import { statementFor } from './findings/vex.ts';
import { exploitedFact, namesOf } from './findings/exploited.ts';
import { reportsHeard, statementsOf } from './gates.queries.ts';
import type { Tier } from './policy/policy.ts';
import type { Released } from './released.port.ts';
import type { Finding } from './reports/model.ts';
import { SEVERITIES, type Severity } from './reports/model.ts';

export type FindingFilter = {
  readonly run: string;
  readonly state?: FindingState | undefined;
  readonly severity?: Severity | undefined;
  readonly rule?: string | undefined;
  readonly from: number;
  readonly limit: number;
};

type Row = Finding & { readonly report: string; readonly service: string; readonly since: Instant | null; readonly digest: string | null };

/** More than this many findings of a run are not compared one by one; they are told by report. */
const MOST = 20_000;

/**
 * The findings of a run beside those of the last release of its service: new, known and fixed, worst first, with the VEX
 * statement that holds and when each is due. `before`: whether there was a release to compare with.
 */
export async function findingsOfRun(tx: Tx, released: Released, filter: FindingFilter) {
  const rows = await rowsOf(tx, `r.run_id = $1`, [filter.run]);
  const [first] = rows;
  const service = first?.service ?? (await serviceOfRun(tx, filter.run));
  const before = service === null ? null : await releasedFindings(tx, released, service);
  const tier = service === null ? null : ((await serviceById(tx, service))?.tier ?? null);
  const statements = await statementsOf(tx, [...new Set(await reportsOf(tx, filter.run))]);
  const exploited = await exploitedAmong(tx, rows.flatMap(namesOf));
  const all = compared(rows, before).map(({ digest, ...one }): RunFinding => ({
    ...one,
    report: one.report as RunFinding['report'],
    exploited: exploitedFact(exploited, namesOf(one)).exploited ?? null,
    vex: one.vex ?? (statements.length === 0 ? null : statementFor(one, statements, digest ?? '')),
    due: one.since === null || tier === null ? null : dueAt(one.since, one.severity, tier),
  }));
  const chosen = all.filter(
    (one) =>
      (filter.severity === undefined || one.severity === filter.severity) &&
      (filter.rule === undefined || one.rule === filter.rule) &&
      (filter.state === undefined || one.state === filter.state),
  );
  // What is known to be exploited comes first, whatever its scanner thinks of it.
  const rank = (one: RunFinding): number =>
    (one.exploited === null ? 0 : -100) + SEVERITIES.indexOf(one.severity) * 3 + ['new', 'known', 'fixed'].indexOf(one.state);
  const count = (state: FindingState): number => all.filter((one) => one.state === state).length;
  return {
    items: chosen.toSorted((a, b) => rank(a) - rank(b)).slice(filter.from, filter.from + filter.limit),
    total: chosen.length,
    states: { new: count('new'), known: count('known'), fixed: count('fixed') },
    rules: rulesOf(all),
    before: before !== null,
  };
}

/** The rules that found something, most first; 200 at most. */
function rulesOf(all: readonly RunFinding[]): { tool: string; rule: string; count: number }[] {
  const rules = new Map<string, { tool: string; rule: string; count: number }>();
  for (const { tool, rule } of all) {
    const key = JSON.stringify([tool, rule]);
    const known = rules.get(key);
    if (known === undefined) rules.set(key, { tool, rule, count: 1 });
    else known.count++;
  }
  return [...rules.values()].sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1)).slice(0, 200);
}

async function releasedFindings(tx: Tx, released: Released, service: string): Promise<readonly Row[] | null> {
  const digests = await released.lastRelease(tx, service);
  const heard = digests.length === 0 ? [] : await reportsHeard(tx, service, digests);
  return heard.length === 0 ? null : rowsOf(tx, `r.id = any($1)`, [heard]);
}

async function rowsOf(tx: Tx, where: 'r.run_id = $1' | 'r.id = any($1)', values: readonly unknown[]): Promise<Row[]> {
  return tx.query<Row & Record<string, unknown>>(
    `select distinct on (r.service_id, f.fingerprint) f.report_id as report, r.service_id as service, f.tool, f.rule, f.severity, f.location, f.fingerprint, f.cve, f.purl,
       f.component, f.fixed_in as "fixedIn", f.cwe, f.aliases, f.suppressed, f.vex, f.message, c.first_seen_at as since,
       (select d.digest from report_digest d where d.report_id = r.id order by d.digest limit 1) as digest
     from finding f join report r on r.id = f.report_id
     left join finding_clock c on c.org_id = f.org_id and c.service_id = r.service_id and c.fingerprint = f.fingerprint
     where ${where} order by r.service_id, f.fingerprint, r.received_at desc limit ${MOST}`,
    values,
  );
}

async function reportsOf(tx: Tx, run: string): Promise<string[]> {
  return (await tx.query<{ id: string }>(`select id from report where run_id = $1`, [run])).map(({ id }) => id);
}

async function serviceOfRun(tx: Tx, run: string): Promise<string | null> {
  return (
    (await tx.maybe<{ service: string }>(`select service_id as service from report where run_id = $1 limit 1`, [run]))?.service ?? null
  );
}

/** What each rule found in a service, and how much of it waivers call a false positive; 500 rules at most. */
export async function ruleSignal(tx: Tx, service: { readonly id: string; readonly teamId: string }): Promise<readonly RuleSignal[]> {
  const found = await tx.query<{ tool: string; rule: string; findings: number }>(
    `select f.tool, f.rule, count(distinct f.fingerprint)::int as findings from finding f join report r on r.id = f.report_id
     where r.service_id = $1 group by f.tool, f.rule order by findings desc limit 500`,
    [service.id],
  );
  const active = await activeWaivers(tx, { serviceId: service.id, teamId: service.teamId, environmentId: null }, await tx.now());
  const waivers = active.filter((waiver) => waiver.kind === 'finding');
  const prints = waivers.flatMap(({ subject, reason }) =>
    subject.startsWith('fingerprint:') ? [{ fingerprint: subject.slice(12), reason }] : [],
  );
  const lifted = await tx.query<{ tool: string; rule: string; fingerprint: string }>(
    `select distinct f.tool, f.rule, f.fingerprint from finding f join report r on r.id = f.report_id where r.service_id = $1 and f.fingerprint = any($2)`,
    [service.id, prints.map((one) => one.fingerprint)],
  );
  const reasons = new Map(prints.map((one) => [one.fingerprint, one.reason]));
  return signalOf(
    found,
    lifted.map(({ tool, rule, fingerprint }) => ({ tool, rule, falsePositive: saysFalsePositive(reasons.get(fingerprint) ?? '') })),
  );
}

/**
 * The clocks of what is open: in the newest report of each kind and name from the protected branch, what no waiver lifts, no
 * VEX statement clears and no tool suppresses; and of what went in the last 90 days, how much in time. A waived finding keeps
 * its clock and is not late meanwhile.
 */
export async function findingClocks(
  tx: Tx,
  service: { readonly id: string; readonly teamId: string; readonly tier: Tier },
): Promise<readonly Clocks[]> {
  const now = await tx.now();
  const newest = await tx.query<{ id: string }>(
    `select distinct on (kind, name) id from report where service_id = $1 and trust = 'protected' and state = 'ok' order by kind, name, received_at desc, id desc`,
    [service.id],
  );
  const reports = newest.map(({ id }) => id);
  const rows = reports.length === 0 ? [] : await rowsOf(tx, `r.id = any($1)`, [reports]);
  const statements = await statementsOf(tx, reports);
  const active = await activeWaivers(tx, { serviceId: service.id, teamId: service.teamId, environmentId: null }, now);
  const counts = (row: Row): boolean => {
    const vex = row.vex ?? (statements.length === 0 ? null : statementFor(row, statements, row.digest ?? ''));
    const cleared = vex?.status === 'not_affected' || vex?.status === 'fixed';
    return !row.suppressed && !cleared && !active.some((waiver) => liftsFinding(waiver, row));
  };
  const there = new Set<string>(rows.map(({ fingerprint }) => fingerprint));
  const gone = (await goneSince(tx, service.id, now)).filter((row) => !there.has(row.fingerprint) && counts(row));
  return clocksOf(rows.filter(counts), gone, service.tier, now);
}

/**
 * What the protected branch had and has not any more: gone with the first report of the same kind and name that does not
 * have it, within the last 90 days. What a tool stopped to look for is gone too; nobody can tell the two apart.
 */
function goneSince(tx: Tx, service: string, now: Instant): Promise<(Row & Gone)[]> {
  return tx.query(
    `with seen as (
       select distinct on (f.fingerprint) f.report_id as report, r.service_id as service, f.tool, f.rule, f.severity, f.location, f.fingerprint, f.cve, f.purl,
         f.component, f.fixed_in as "fixedIn", f.cwe, f.aliases, f.suppressed, f.vex, f.message, r.kind, r.name, r.received_at,
         (select d.digest from report_digest d where d.report_id = r.id order by d.digest limit 1) as digest from finding f join report r on r.id = f.report_id
       where r.service_id = $1 and r.trust = 'protected' and r.state = 'ok' and r.received_at > $2::timestamptz - interval '180 days'
       order by f.fingerprint, r.received_at desc),
     gone as (
       select seen.*, (select min(r.received_at) from report r where r.service_id = $1 and r.trust = 'protected' and r.state = 'ok'
         and r.kind = seen.kind and r.name = seen.name and r.received_at > seen.received_at) as gone_at from seen)
     select gone.*, c.first_seen_at as since, gone_at as "goneAt" from gone
     left join finding_clock c on c.org_id = $3 and c.service_id = $1 and c.fingerprint = gone.fingerprint
     where gone_at > $2::timestamptz - interval '90 days' limit ${MOST}`,
    [service, now, tx.org],
  );
}
