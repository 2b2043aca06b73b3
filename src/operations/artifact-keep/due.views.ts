import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { isHeld } from '../../platform/retention/hold.ts';
import type { Due, Stays } from '../../platform/retention/retention.port.ts';
import { WAYS_BACK, type Reach } from './reach.ts';

/**
 * Every artifact whose bytes are here with how far it came, when it was used last, where it stands among those of its
 * services, why it stays (it runs, a deployment of it is under way, it is a way back, young, or among the newest; null: it is
 * due) and whether a legal hold covers it. Used last: when it was built or released last, or when it last ran.
 */
const STANDING = `
  with built as (
    select b.digest, max(b.created_at) as at from artifact_build b group by b.digest),
  released as (
    select d.digest, max(r.created_at) as at from release r, unnest(r.digests) as d(digest) group by d.digest),
  ran as (
    select d.digest, bool_or(e.kind = 'production') as production, bool_or(h.until is null) as runs, max(h.until) as at
    from running_history h join environment e on e.id = h.environment_id, jsonb_array_elements_text(h.artifact_digests) as d(digest) group by d.digest),
  needs as (
    select digest, bool_or(need = 'runs') as runs, bool_or(need = 'way-back') as back, bool_or(need = 'deploying') as deploying from (
    select d.digest, 'way-back' as need from
      (select h.artifact_digests, row_number() over (partition by h.service_id, h.environment_id order by h.id desc) as n from running_history h) h,
      jsonb_array_elements_text(h.artifact_digests) as d(digest) where h.n <= ${WAYS_BACK}
    union all select d.digest, 'runs' from running w, jsonb_array_elements_text(w.artifact_digests) as d(digest)
    union all select o.digest, 'deploying' from deployment o where o.state not in ('succeeded', 'rolled-back', 'failed', 'cancelled')) each group by digest),
  standing as (
    select a.id, a.org_id, a.digest, a.size,
      case when ran.production then 'production' when released.digest is not null or ran.digest is not null then 'released' else 'built' end as reach,
      greatest(a.created_at, built.at, released.at, ran.at) as used_at,
      (coalesce(ran.runs, false) or coalesce(needs.runs, false)) as runs, coalesce(needs.back, false) as back, coalesce(needs.deploying, false) as deploying
    from artifact a left join built using (digest) left join released using (digest) left join ran using (digest) left join needs using (digest)
    where a.kept and a.removed_at is null),
  ranked as (
    select s.*, coalesce((select min(n) from (
        select b.digest, row_number() over (partition by b.service_id order by max(o.used_at) desc, b.digest) as n
        from artifact_build b join standing o on o.digest = b.digest where o.reach = $1 group by b.service_id, b.digest) place
      where place.digest = s.digest), 1) as place
    from standing s where s.reach = $1),
  judged as (
    select r.*, case when r.runs then 'runs' when r.deploying then 'deploying' when r.back then 'way-back'
        when r.used_at >= $2 then 'young' when r.place <= $3 then 'newest' end as stays, (
        exists (select 1 from artifact_build b where b.digest = r.digest and ${isHeld('b.org_id', 'b.service_id', 'b.run_id')})
        or ${isHeld('r.org_id', 'null', 'null')}
        or exists (select 1 from legal_hold held where held.lifted_at is null and (held.artifact_digest = r.digest
          or exists (select 1 from release l where l.id = held.release_id and r.digest = any(l.digests))))) as held
    from ranked r),
  due as (select * from judged where stays is null)`;

/** What of a reach is older than `before` and beyond the newest `keep` of each of its services. */
export function dueArtifacts(tx: Tx, reach: Reach, before: Instant, keep: number): Promise<Due> {
  return tx.one<Due>(
    `${STANDING} select count(*) filter (where not held) as things, coalesce(sum(size) filter (where not held), 0)::bigint as bytes, count(*) filter (where held) as held from due`,
    [reach, before, keep],
  );
}

export type DueArtifact = {
  readonly id: string;
  readonly digest: string;
  readonly size: number;
  readonly usedAt: Instant;
  readonly held: boolean;
  /** Why it stays, a legal hold apart; null: it is due. */
  readonly stays: Stays | null;
};

/** The same one by one, those used longest ago first; `all`: after them what stays, with why. */
export function listDueArtifacts(tx: Tx, reach: Reach, before: Instant, keep: number, limit: number, all = false): Promise<DueArtifact[]> {
  return tx.query<DueArtifact>(
    `${STANDING} select id, digest, size, used_at as "usedAt", held, stays from ${all ? 'judged' : 'due'} order by stays is not null, held, used_at, digest limit $4`,
    [reach, before, keep, limit],
  );
}
