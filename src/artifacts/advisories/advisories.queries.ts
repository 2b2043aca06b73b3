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
