import type { Row, Tx } from '../platform/floor.ts';

export type Label = { readonly id: string; readonly label: string; readonly at: string | null };

/** What people call the things that these ids, digests and commits are of; what has no name here is absent. One question. */
export async function labelsOf(tx: Tx, nodes: readonly string[]): Promise<Map<string, Label>> {
  const rows = await tx.query<Label & Row>(
    `select r.id, s.name || ' ' || r.version_name as label, r.created_at as at from release r join service s on s.id = r.service_id where r.id = any($1)
     union all select run.id, 'run of ' || s.name || coalesce(' on ' || run.ref, '') || ': ' || run.state, run.queued_at
       from run join service s on s.id = run.service_id where run.id = any($1)
     union all select job.id, 'job ' || job.name, job.queued_at from job where job.id = any($1)
     union all select d.id, s.name || ' ' || d.version_name || ' to ' || e.name || ': ' || d.state, d.requested_at
       from deployment d join service s on s.id = d.service_id join environment e on e.id = d.environment_id where d.id = any($1)
     union all select d.id, d.verdict || case d.purpose when 'rollback' then ' to go back in ' else ' to ' end || d.environment, d.at from decision d where d.id = any($1)
     union all select a.id, case a.verdict when 'approve' then 'approved by ' else 'rejected by ' end || p.name, a.given_at
       from approval a join person p on p.id = a.person_id where a.id = any($1)
     union all select i.id, i.title, i.started_at from incident i where i.id = any($1)
     union all select w.id, 'waiver of a ' || w.kind || ': ' || w.state, w.created_at from waiver w where w.id = any($1)
     union all select r.id, r.kind || ' report ' || r.name, r.received_at from report r where r.id = any($1)
     union all select v.id, v.check_name || ' in ' || e.name || ': ' || v.verdict, v.at from verification v join environment e on e.id = v.environment_id where v.id = any($1)
     union all select c.id, 'change record: ' || c.state, c.opened_at from change_record c where c.id = any($1)
     union all select a.id, a.name, a.created_at from artifact a where a.id = any($1)
     union all select a.digest, a.name, a.created_at from artifact a where a.digest = any($1)
     union all select p.id, p.name, null from person p where p.id = any($1)
     union all select b.id, b.name, null from bot b where b.id = any($1)
     union all select g.id, g.name, null from agent g where g.id = any($1)
     union all select u.id, u.name, null from runner u where u.id = any($1)
     union all select s.id, s.name, null from service s where s.id = any($1)
     union all select c.id, coalesce(p.name, b.name) || ': ' || c.name, c.created_at
       from credential c left join person p on p.id = c.holder_id left join bot b on b.id = c.holder_id where c.id = any($1)`,
    [nodes],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
