import type { Digest } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import type { AdvisorySeverity } from './advisory.ts';

/** What an advisory says of a part of an artifact, now. */
export type AdvisoryOf = {
  readonly advisory: string;
  readonly aliases: readonly string[];
  readonly purl: string;
  readonly severity: AdvisorySeverity;
  readonly verdict: 'affected' | 'unknown';
  readonly fixed: boolean;
  /** Whether it is known to be exploited, and until when the catalogue asks for a repair (a day); null: no catalogue was imported. */
  readonly exploited?: { readonly is: boolean; readonly due: string | null } | null;
};

/** What the catalogue of known exploited vulnerabilities says: its version, and of those asked for that are in it until when a repair is asked for. */
export type ExploitedAmong = {
  readonly catalogue: string;
  /** CVE -> the day until which the catalogue asks for a repair (UTC), null where it names none. */
  readonly due: ReadonlyMap<string, string | null>;
};

/** Which of these CVEs are known to be exploited; null: no catalogue was imported, and nobody knows. */
export async function exploitedAmong(tx: Tx, cves: readonly string[]): Promise<ExploitedAmong | null> {
  const imported = await tx.maybe<{ catalogue: string }>(`select catalogue from known_exploited_catalogue where org_id = $1`, [tx.org]);
  if (imported === null) return null;
  const rows = await tx.query<{ cve: string; due: string | null }>(
    `select cve, to_char(due, 'YYYY-MM-DD') as due from known_exploited where org_id = $1 and cve = any($2)`,
    [tx.org, [...new Set(cves)]],
  );
  return { catalogue: imported.catalogue, due: new Map(rows.map((row) => [row.cve, row.due])) };
}

/** More than this of one artifact are not read: nobody knows them all, and nothing is said. */
const MOST = 5000;

/**
 * What advisories say of an artifact. Null where nobody can say: what it is made of is not known (no SBOM of it was signed and
 * read), no advisory was ever imported, or they are too many.
 */
export async function advisoriesOf(tx: Tx, digest: Digest): Promise<readonly AdvisoryOf[] | null> {
  const { parts, known } = await tx.one<{ parts: boolean; known: boolean }>(
    `select exists (select from artifact_component where org_id = $1 and digest = $2)
         or exists (select from artifact_contents where org_id = $1 and digest = $2 and packages = '[]' and incomplete = '{}') as parts, exists (select from advisory where org_id = $1) as known`,
    [tx.org, digest],
  );
  if (!parts || !known) return null;
  const rows = await tx.query<AdvisoryOf & Record<string, unknown>>(
    `select m.advisory_id as advisory, coalesce(nullif(a.record->'aliases', 'null'), '[]') as aliases, m.purl, a.severity, m.verdict, m.fixed <> '{}' as fixed,
       case when c.org_id is null then null else jsonb_build_object('is', k.cve is not null, 'due', to_char(k.due, 'YYYY-MM-DD')) end as exploited
     from advisory_match m join advisory a on a.org_id = m.org_id and a.advisory_id = m.advisory_id
     left join known_exploited_catalogue c on c.org_id = m.org_id
     left join lateral (select cve, due from known_exploited k where k.org_id = m.org_id
       and k.cve = any (array[a.advisory_id] || array(select jsonb_array_elements_text(coalesce(nullif(a.record->'aliases', 'null'), '[]')))) order by k.due nulls last, k.cve limit 1) k on true
     where m.org_id = $1 and m.digest = $2 and m.ended_at is null order by m.advisory_id, m.purl limit $3`,
    [tx.org, digest, MOST + 1],
  );
  return rows.length > MOST ? null : rows;
}
