-- Runs of CI servers that we read over their APIs, in the same run model; where they are read, and how far.
-- widens: run_origin_check

-- `read`: a connection read it from a CI server. What a foreign CI told of itself stays `recorded`.
alter table run drop constraint run_origin_check;
alter table run add constraint run_origin_check check (origin in ('own', 'recorded', 'read'));
create unique index run_read on run (org_id, service_id, external_system, external_id, external_attempt) where origin = 'read';
-- What the API said last: {connection, place, asked, pipeline, title, trigger, actor, file}. Of a recorded run too, where both are done.
alter table run add column seen jsonb;
alter table run add column seen_state text;
alter table run add column seen_finished_at timestamptz(3);
-- Whether its jobs were asked for as it stands now.
alter table run add column seen_whole boolean;
create index run_seen_part on run ((seen ->> 'place'), queued_at desc) where seen_whole = false;
create index run_seen_open on run ((seen ->> 'place')) where origin = 'read' and state in ('queued', 'running');
-- Of a job that was read: {id, url, runner, log}.
alter table job add column seen jsonb;

-- What runs are listed by at a CI server: a repository, a project, a job.
create table ci_place (
  id text primary key,
  org_id text not null references organisation(id),
  connection_id text not null references connection(id),
  key text not null,
  name text not null,
  repository text,
  url text,
  branch text,
  -- Whether it is asked: some pipeline of it belongs to a service, or may.
  watched boolean not null,
  -- Runs made before this are known; null: none was asked for yet.
  read_until timestamptz(3),
  next_at timestamptz(3) not null,
  checked_at timestamptz(3),
  failures int not null default 0,
  last_error text,
  -- The backfill: from when on, up to when, where in the other side's list, how far back it got, and when it was over.
  fill_since timestamptz(3),
  fill_until timestamptz(3),
  fill_page text,
  fill_reached timestamptz(3),
  fill_runs int not null default 0,
  fill_done_at timestamptz(3),
  gone_at timestamptz(3),
  unique (connection_id, key)
);
select yardmaster_tenant('ci_place');
create index ci_place_due on ci_place (next_at) where watched and gone_at is null;

-- A pipeline at a place, and the service whose runs its runs are.
create table ci_pipeline (
  id text primary key,
  org_id text not null references organisation(id),
  place_id text not null references ci_place(id) on delete cascade,
  key text not null,
  name text not null,
  file text,
  repository text,
  service_id text,
  -- `repository`: it builds the repository of exactly one service. `setting`: a person said so; null with it: of none.
  mapped_by text check (mapped_by in ('repository', 'setting')),
  seen_at timestamptz(3) not null,
  unique (place_id, key)
);
select yardmaster_tenant('ci_pipeline');

-- When the places of a connection were last listed.
create table ci_connection (
  connection_id text primary key references connection(id),
  org_id text not null references organisation(id),
  listed_at timestamptz(3),
  next_at timestamptz(3) not null,
  last_error text
);
select yardmaster_tenant('ci_connection');
