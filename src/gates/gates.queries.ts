import { exploitedAmong } from '../artifacts/advisories/advisories.queries.ts';
import { buildsOf, type Build } from '../artifacts/artifacts.queries.ts';
import { provenanceSigner } from '../artifacts/recorded/recorders.queries.ts';
import type { SignedFor } from '../artifacts/recorded/signers.ts';
import { TRUST } from '../contract/runner.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { noSuchPolicy } from './gates.problems.ts';
import { policyAt, policyChanges } from './policy.store.ts';
import type { BuildFact, DigestFacts, GateFinding, ReportFact } from './policy/facts.ts';
import { speaking, topicsOf } from './policy/facts.ts';
import type { EnvironmentKind, Policy, Tier } from './policy/policy.ts';
import { policyDigest, resolvePolicy } from './policy/policy.ts';
import { exploitedFact, namesOf } from './findings/exploited.ts';
import { statementFor } from './findings/vex.ts';
import type { ReportRow } from './report.store.ts';
import type { Vex, VexStatement } from './reports/model.ts';

/**
 * What reports say of each digest of a release. A report speaks for a digest only if its run, of this service, yields
 * it, its own job took or made it, or it was recorded for the artifact of that name and commit (and lends itself to no
 * build that is less trusted than it). One entry for each digest asked, also where nothing is known of it.
 */
export async function gateFacts(
  tx: Tx,
  serviceId: string,
  digests: readonly Digest[],
  before: readonly Digest[] | null = null,
): Promise<readonly DigestFacts[]> {
  const known = before === null || before.length === 0 ? null : await fingerprintsOf(tx, serviceId, before);
  const facts: DigestFacts[] = [];
  for (const digest of [...new Set(digests)].sort()) facts.push(await factsOfDigest(tx, serviceId, digest, known));
  return facts;
}

/** The reports that are heard for these digests: what else runs of them said does not count. */
export async function reportsHeard(tx: Tx, serviceId: string, digests: readonly Digest[]): Promise<readonly string[]> {
  const heard: string[] = [];
  for (const digest of new Set(digests)) {
    const rows = await reportsAbout(tx, serviceId, digest, await buildsOf(tx, digest));
    heard.push(...speaking(rows.map((row) => factOf(row, null))).map(({ id }) => id));
  }
  return heard;
}

/** The fingerprints of all that is found in these digests; null where no report of them is heard. */
async function fingerprintsOf(tx: Tx, serviceId: string, digests: readonly Digest[]): Promise<ReadonlySet<string> | null> {
  const heard = await reportsHeard(tx, serviceId, digests);
  if (heard.length === 0) return null;
  const rows = await tx.query<{ fingerprint: string }>(`select distinct fingerprint from finding where report_id = any($1)`, [heard]);
  return new Set(rows.map((row) => row.fingerprint));
}

async function reportsAbout(tx: Tx, serviceId: string, digest: Digest, builds: readonly Build[]): Promise<ReportRow[]> {
  return tx.query<ReportRow>(
    `select * from report where service_id = $1
       and (run_id = any($2) or id in (select report_id from report_digest where digest = $3)
         or (for_artifact is not null and exists (select from artifact_build b where b.digest = $3 and b.service_id = $1 and b.commit_id = report.commit_id
           and b.name = for_artifact and array_position($4::text[], b.made ->> 'trust') >= array_position($4::text[], report.trust))))
     order by received_at, id`,
    [serviceId, [...new Set(builds.map(({ run }) => run))], digest, TRUST],
  );
}

async function factsOfDigest(tx: Tx, serviceId: string, digest: Digest, known: ReadonlySet<string> | null): Promise<DigestFacts> {
  const builds = await buildsOf(tx, digest);
  const mine = builds.filter(({ service }) => service === serviceId);
  const signer = mine.some(({ recorded }) => recorded !== null) ? await provenanceSigner(tx, serviceId, digest) : null;
  const build = buildFact(mine, signer);
  const rows = await reportsAbout(tx, serviceId, digest, builds);
  const heard = new Set(speaking(rows.map((row) => factOf(row, null))).map(({ id }) => id));
  const speakers = rows.filter(({ id }) => heard.has(id));
  const told = await findingsOf(
    tx,
    speakers.filter(({ summary }) => summary.looked === true).map(({ id }) => id),
  );
  const statements = await statementsOf(tx, [...heard]);
  const exploited = await exploitedAmong(tx, [...told.values()].flat().flatMap(namesOf));
  const judged = (found: readonly StoredFinding[]): readonly GateFinding[] =>
    found.map(({ aliases, component, vex, ...finding }) => ({
      ...finding,
      vex: vex ?? (statements.length === 0 ? null : statementFor({ ...finding, aliases, component }, statements, digest)),
      ...(known === null ? {} : { known: known.has(finding.fingerprint) }),
      ...exploitedFact(exploited, namesOf({ cve: finding.cve, aliases })),
    }));
  const reports = speakers.map((row) => factOf(row, row.summary.looked === true ? judged(told.get(row.id) ?? []) : null));
  return {
    digest,
    reports,
    testsBefore: await testsBefore(tx, serviceId, speakers),
    ...(build === null ? {} : { build }),
    ...(exploited === null ? {} : { exploitedCatalogue: exploited.catalogue }),
  };
}

/** The most trusted build; of equals ours, then the least id, so that it never depends on what came first. */
function buildFact(builds: readonly Build[], signer: SignedFor | null): BuildFact | null {
  const rank = ({ trust, recorded, id }: Build): string =>
    `${2 - TRUST.indexOf(trust as (typeof TRUST)[number])}${recorded === null ? 0 : 1}${id}`;
  const [best] = builds.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
  if (best === undefined) return null;
  const { trust, recorded } = best;
  const workload = recorded?.told.workload ?? null;
  return {
    recorded: recorded !== null,
    trust: trust === 'protected' || trust === 'trusted' ? trust : 'untrusted',
    system: recorded?.system ?? 'yardmaster',
    via: recorded?.told.via ?? 'own',
    issuer: workload?.issuer ?? '',
    repository: workload?.repository ?? '',
    ref: workload?.ref ?? '',
    workflow: workload?.workflow ?? '',
    ...signerFact(recorded === null ? null : signer),
  };
}

/** Who signed provenance of a build that was told; of our own the supply-chain rule says what there is to say. */
function signerFact(signer: SignedFor | null): Pick<BuildFact, 'signedBy' | 'signer' | 'signerIssuer' | 'signerRepository'> {
  if (signer === null) return { signedBy: 'nobody', signer: '', signerIssuer: '', signerRepository: '' };
  if (signer.kind === 'key') return { signedBy: 'key', signer: signer.name, signerIssuer: '', signerRepository: '' };
  return { signedBy: 'identity', signer: signer.subject, signerIssuer: signer.issuer, signerRepository: signer.repository ?? '' };
}

function factOf(row: ReportRow, findings: readonly GateFinding[] | null): ReportFact {
  const { id, kind, format, name, trust, digest, state, reason, summary } = row;
  const { tests = null, coverage = null, sbom = null, beyond, failed } = summary;
  return {
    id,
    kind,
    format,
    name,
    run: row.run_id,
    trust,
    digest,
    state,
    reason,
    at: row.received_at,
    tests,
    coverage,
    findings,
    sbom,
    ...(beyond === undefined ? {} : { beyond }),
    ...(failed === undefined || failed.length === 0 ? {} : { failed }),
  };
}

type StoredFinding = Omit<GateFinding, 'vex' | 'since'> & {
  readonly aliases: readonly string[];
  readonly component: string | null;
  readonly vex: Vex | null;
  readonly since: Instant | null;
};

async function findingsOf(tx: Tx, reports: readonly string[]): Promise<Map<string, StoredFinding[]>> {
  const rows = await tx.query<StoredFinding & { report: string }>(
    `select f.report_id as report, f.tool, f.rule, f.severity, f.fingerprint, f.cve, f.purl, f.location, f.suppressed, f.aliases, f.component, f.vex, c.first_seen_at as since
     from finding f join report r on r.id = f.report_id
     left join finding_clock c on c.org_id = f.org_id and c.service_id = r.service_id and c.fingerprint = f.fingerprint
     where f.report_id = any($1) order by f.report_id, f.position`,
    [reports],
  );
  const found = new Map<string, StoredFinding[]>();
  for (const { report, ...finding } of rows) {
    const list = found.get(report);
    if (list === undefined) found.set(report, [finding]);
    else list.push(finding);
  }
  return found;
}

/** What VEX documents among these reports say. */
export async function statementsOf(tx: Tx, reports: readonly string[]): Promise<readonly VexStatement[]> {
  return tx.query<VexStatement & Record<string, unknown>>(
    `select vulnerability, aliases, products, status, justification, statement, source from vex_statement where report_id = any($1) order by report_id, position`,
    [reports],
  );
}

/** How many tests the newest earlier run of the protected branch had; null where there is none to compare with. */
async function testsBefore(tx: Tx, serviceId: string, speakers: readonly ReportRow[]): Promise<number | null> {
  const mine = speakers.filter((row) => topicsOf(factOf(row, null)).includes('tests'));
  const first = mine.map((row) => row.received_at).sort()[0];
  if (first === undefined) return null;
  const before = await tx.maybe<{ total: number }>(
    `select sum((summary->'tests'->>'total')::int)::int as total from report where service_id = $1 and summary ? 'tests' and state = 'ok'
       and run_id = (select run_id from report where service_id = $1 and summary ? 'tests' and state = 'ok' and trust = 'protected'
         and received_at < $2 and run_id <> all($3) order by received_at desc, id desc limit 1)`,
    [serviceId, first, mine.map((row) => row.run_id)],
  );
  return before?.total ?? null;
}

/** The policy of this name as it is now: the organisation's newest version, or the preset. */
export async function policyOf(tx: Tx, name: string): Promise<Policy> {
  const found = await policyAt(tx, name, null);
  if (found === null) throw noSuchPolicy({ policy: name });
  return found.policy;
}

export type PolicyChange = { readonly person: string | null; readonly actor: string; readonly at: Instant };

/**
 * Who changed a policy after `since` (null: ever), oldest first. With `rules`, only changes that touch the rules of
 * that tier and kind of environment: an edit elsewhere makes nobody a party to this release.
 */
export async function policyChangersSince(
  tx: Tx,
  name: string,
  since: Instant | null,
  rules?: { readonly tier: Tier; readonly kind: EnvironmentKind },
): Promise<readonly PolicyChange[]> {
  const changes = await policyChanges(tx, name);
  const digestAt = (policy: Policy): string => (rules === undefined ? '' : policyDigest(resolvePolicy(policy, rules.tier, rules.kind)));
  return changes
    .filter(({ before, after, at }) => (since === null || at > since) && (rules === undefined || digestAt(before) !== digestAt(after)))
    .map(({ person, actor, at }) => ({ person, actor, at }));
}

/** What an id of a report is about, for the authorisation point. */
export async function serviceOfReport(tx: Tx, id: string): Promise<string | null> {
  return (await tx.maybe<{ service: string }>(`select service_id as service from report where id = $1`, [id]))?.service ?? null;
}
