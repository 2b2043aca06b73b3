import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Advisory, AdvisorySeverity } from './advisory.ts';
import type { Match } from './match.ts';

/** Keeps a record where none of its id is newer; answers the packages that it spoke of before, or null where nothing changed. */
export async function keepAdvisory(
  tx: Tx,
  advisory: Advisory,
  packages: readonly string[],
  severity: AdvisorySeverity,
  at: Instant,
): Promise<readonly string[] | null> {
  const before = await tx.maybe<{ modified: string; packages: string[]; same: boolean }>(
    `select modified, packages, record = $2::jsonb as same from advisory where advisory_id = $1 for update`,
    [advisory.id, JSON.stringify(advisory)],
  );
  if (before !== null && (before.same || before.modified > advisory.modified)) return null;
  await tx.write(
    `insert into advisory (org_id, advisory_id, modified, severity, packages, record, imported_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (org_id, advisory_id) do update set modified = excluded.modified, severity = excluded.severity, packages = excluded.packages,
       record = excluded.record, imported_at = excluded.imported_at, version = advisory.version + 1`,
    [tx.org, advisory.id, advisory.modified, severity, packages, JSON.stringify(advisory), at],
  );
  return before?.packages ?? [];
}

export type ComponentRow = { readonly purl: string; readonly package: string };

/** Keeps what an artifact is made of; what is there already stays. */
export async function keepComponents(tx: Tx, artifactId: string, digest: string, components: readonly ComponentRow[]): Promise<void> {
  await tx.write(
    `insert into artifact_component (org_id, artifact_id, digest, purl, package)
     select $1, $2, $3, purl, package from unnest($4::text[], $5::text[]) as given (purl, package) on conflict do nothing`,
    [tx.org, artifactId, digest, components.map((one) => one.purl), components.map((one) => one.package)],
  );
}

/** The components of an artifact, and the advisories that speak of any of their packages. */
export async function factsOf(tx: Tx, digest: string): Promise<{ components: ComponentRow[]; advisories: Advisory[] }> {
  const components = await tx.query<{ purl: string; package: string }>(
    `select purl, package from artifact_component where digest = $1 order by purl`,
    [digest],
  );
  const packages = [...new Set(components.map((one) => one.package))];
  const rows =
    packages.length === 0 ? [] : await tx.query<{ record: Advisory }>(`select record from advisory where packages && $1`, [packages]);
  return { components, advisories: rows.map((row) => row.record) };
}

/** Digests that hold one of these packages, in pages. */
export async function digestsWith(tx: Tx, packages: readonly string[], after: string, limit: number): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select distinct digest from artifact_component where package = any($1) and digest > $2 order by digest limit $3`,
    [packages, after, limit],
  );
  return rows.map((row) => row.digest);
}

export type Standing = {
  readonly advisory_id: string;
  readonly purl: string;
  readonly verdict: Match['verdict'];
  readonly ended_at: Instant | null;
};

/** What stands of an artifact, and what ended, under its lock. */
export async function standingOf(tx: Tx, digest: string): Promise<Standing[]> {
  return tx.query<Standing & Record<string, unknown>>(
    `select advisory_id, purl, verdict, ended_at from advisory_match where digest = $1 for update`,
    [digest],
  );
}

/** Writes a match that is new, that stands again, or that says another thing now. */
export async function writeMatch(tx: Tx, artifactId: string, digest: string, match: Match, at: Instant): Promise<void> {
  await tx.write(
    `insert into advisory_match (org_id, advisory_id, artifact_id, digest, purl, verdict, fixed, found_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (org_id, advisory_id, digest, purl) do update set verdict = excluded.verdict, fixed = excluded.fixed, ended_at = null,
       found_at = case when advisory_match.ended_at is null then advisory_match.found_at else excluded.found_at end, version = advisory_match.version + 1`,
    [tx.org, match.advisory, artifactId, digest, match.purl, match.verdict, match.fixed, at],
  );
}

export async function endMatch(tx: Tx, digest: string, advisory: string, purl: string, at: Instant): Promise<void> {
  await tx.write(
    `update advisory_match set ended_at = $4, version = version + 1 where digest = $1 and advisory_id = $2 and purl = $3 and ended_at is null`,
    [digest, advisory, purl, at],
  );
}
