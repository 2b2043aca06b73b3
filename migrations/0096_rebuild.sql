-- Rebuilds that somebody asked for: the run that makes each, and what came of it.

create table rebuild (
  id text primary key,
  org_id text not null references organisation(id),
  artifact_id text not null references artifact(id),
  digest text not null,
  -- The run that builds it again.
  run_id text not null unique references run(id),
  any_runner boolean not null,
  state text not null check (state in ('building', 'compared', 'failed')),
  -- Where it failed: a sentence.
  why text,
  reproduction_id text references reproduction(id),
  requested_by text not null,
  at timestamptz(3) not null,
  check ((state = 'compared') = (reproduction_id is not null)),
  check ((state = 'failed') = (why is not null))
);
select yardmaster_tenant('rebuild');
create index rebuild_digest on rebuild (org_id, digest);

-- The names of the runners as they were then; null: not known.
alter table reproduction add column built_on text, add column rebuilt_on text;
