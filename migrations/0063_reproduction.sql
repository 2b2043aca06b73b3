-- Rebuilds: whether the same commit built again gave the same bytes, on which machine, and where they differ.

create table reproduction (
  id text primary key,
  org_id text not null references organisation(id),
  artifact_id text not null references artifact(id),
  digest text not null,
  other_digest text not null,
  build_id text not null references artifact_build(id),
  rebuild_id text not null references artifact_build(id),
  same boolean not null,
  -- Whether another runner built it again.
  runners text not null check (runners in ('other', 'same', 'unknown')),
  -- [{cause, count, paths, why}]: empty where it is the same.
  causes jsonb not null,
  requested_by text not null,
  at timestamptz(3) not null,
  unique (build_id, rebuild_id)
);
select yardmaster_tenant('reproduction');
create index reproduction_digest on reproduction (org_id, digest);
