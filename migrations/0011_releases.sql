-- Whether and when: releases, their targets, the calendar, decisions.

create table release (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null,
  version_name text not null,
  type text not null check (type in ('standard', 'hotfix', 'emergency')),
  state text not null check (state in ('open', 'abandoned')),
  commit_id text not null,
  run_id text not null,
  digests text[] not null check (cardinality(digests) > 0),
  change_id text not null,
  plan text not null check (plan in ('continuous', 'manual')),
  targets text[] not null,
  schema_change jsonb not null,
  notes text not null,
  requested_by text,
  created_at timestamptz(3) not null,
  version int not null default 1,
  unique (service_id, version_name)
);
select yardmaster_tenant('release');
create index release_list on release (org_id, created_at desc, id desc);
create index release_commit on release (service_id, commit_id);

-- One release towards one environment. `version` is what a vote must carry: it grows whenever what would be voted on,
-- or a vote that no longer counts, changes.
create table release_target (
  release_id text not null references release(id),
  environment_id text not null,
  org_id text not null references organisation(id),
  plan jsonb,
  rollback_plan jsonb,
  version int not null default 1,
  created_at timestamptz(3) not null,
  primary key (release_id, environment_id)
);
select yardmaster_tenant('release_target');

create table checklist_tick (
  id bigint generated always as identity primary key,
  org_id text not null references organisation(id),
  release_id text not null,
  environment_id text not null,
  item text not null,
  state text not null check (state in ('yes', 'no')),
  person_id text not null,
  note text not null,
  at timestamptz(3) not null,
  foreign key (release_id, environment_id) references release_target(release_id, environment_id)
);
select yardmaster_tenant('checklist_tick');
create index checklist_tick_target on checklist_tick (release_id, environment_id, id);

create table break_glass (
  id text primary key,
  org_id text not null references organisation(id),
  release_id text not null,
  environment_id text not null,
  reason text not null,
  ticket text not null,
  persons text[] not null,
  persons_needed int not null,
  active_until timestamptz(3),
  debt_id text,
  created_at timestamptz(3) not null,
  version int not null default 1,
  foreign key (release_id, environment_id) references release_target(release_id, environment_id)
);
select yardmaster_tenant('break_glass');
create index break_glass_target on break_glass (release_id, environment_id);

create table calendar_window (
  id text primary key,
  org_id text not null references organisation(id),
  kind text not null check (kind in ('deny', 'allow')),
  scope jsonb not null,
  schedule jsonb not null,
  reason text not null check (reason <> ''),
  ticket text not null check (ticket <> ''),
  exempt text[] not null,
  on_running text not null check (on_running in ('finish', 'finish-wave', 'pause')),
  created_by text not null,
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  -- The next instant at which it begins or ends, for the timer.
  next_edge timestamptz(3),
  -- Whether its current window was told as begun.
  told_active boolean not null default false,
  version int not null default 1
);
select yardmaster_tenant('calendar_window');
create index freeze_open on calendar_window (org_id) where ended_at is null;
create index freeze_edge on calendar_window (next_edge) where ended_at is null and next_edge is not null;

-- Recorded answers. Never updated: a refusal is evidence.
create table decision (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null,
  release_id text not null,
  environment_id text not null,
  environment text not null,
  purpose text not null check (purpose in ('deploy', 'rollback')),
  verdict text not null check (verdict in ('allow', 'wait', 'unknown', 'deny')),
  digest text not null,
  intent text not null,
  answer jsonb not null,
  deployment_id text,
  actor text not null,
  at timestamptz(3) not null
);
select yardmaster_tenant('decision');
create index decision_release on decision (release_id, at desc, id desc);
create function decision_is_written_once() returns trigger language plpgsql as $$
begin
  raise exception 'a recorded decision is never changed';
end $$;
create trigger decision_written_once before update or delete on decision for each row execute function decision_is_written_once();
