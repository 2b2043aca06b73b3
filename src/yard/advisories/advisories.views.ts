import type { AdvisoryFinding } from '../../contract/advisories.ts';
import type { Row, Tx } from '../../platform/floor.ts';

const LIMIT = 1000;

export type FindingsAsked = {
  readonly service: string | null;
  readonly digest: string | null;
  readonly running: boolean;
  /** Ids of the services that the viewer may see; null: all. */
  readonly visible: readonly string[] | null;
};

/** What stands of our artifacts, with where each runs now: what runs first, then the worst. */
export async function advisoryFindings(tx: Tx, asked: FindingsAsked): Promise<{ items: AdvisoryFinding[]; more: boolean }> {
  const rows = await tx.query<AdvisoryFinding & Row>(
    `select m.advisory_id as advisory, a.severity, m.verdict, coalesce(nullif(a.record->'aliases', 'null'), '[]') as aliases,
            left(coalesce(a.record->>'summary', ''), 500) as summary, m.purl, m.fixed, m.digest, b.services, m.found_at as "foundAt", p.places, k.exploited
     from advisory_match m join advisory a on a.org_id = m.org_id and a.advisory_id = m.advisory_id
     left join lateral (
       select jsonb_build_object('added', to_char(k.added, 'YYYY-MM-DD'), 'due', to_char(k.due, 'YYYY-MM-DD'), 'ransomware', k.ransomware) as exploited
       from known_exploited k where k.org_id = m.org_id and k.cve = any (array[a.advisory_id] || array(select jsonb_array_elements_text(coalesce(nullif(a.record->'aliases', 'null'), '[]'))))
       order by k.due nulls last, k.cve limit 1) k on true
     cross join lateral (
       select coalesce(array_agg(distinct s.name order by s.name), '{}') as services from artifact_build ab join service s on s.id = ab.service_id
       where ab.digest = m.digest and ($3::text[] is null or s.id = any($3))) b
     cross join lateral (
       select coalesce(jsonb_agg(jsonb_build_object('service', s.name, 'environment', e.name, 'version', h.release_version,
         'release', h.release_id, 'since', to_char(h.since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by e.name, s.name), '[]') as places
       from running_history h join service s on s.id = h.service_id join environment e on e.id = h.environment_id
       where h.until is null and h.artifact_digests @> to_jsonb(array[m.digest]) and ($3::text[] is null or s.id = any($3))) p
     where m.ended_at is null and ($1::text is null or $1 = any(b.services)) and ($2::text is null or m.digest = $2)
       and b.services <> '{}' and (not $4 or p.places <> '[]')
     order by p.places = '[]', k.exploited is null, array_position(array['critical', 'high', 'unknown', 'medium', 'low'], a.severity), m.found_at desc, m.advisory_id, m.digest, m.purl
     limit $5`,
    [asked.service, asked.digest, asked.visible, asked.running, LIMIT + 1],
  );
  return { items: rows.slice(0, LIMIT), more: rows.length > LIMIT };
}
