-- What tools said of builds, and the policies by which it is judged.

-- One report that a job promised. It is bound to its run; a digest it can speak for is what that run yields or its job took.
create table report (
  id text primary key,
  org_id text not null references organisation(id),
  run_id text not null,
  job_id text not null,
  attempt int not null,
  service_id text not null,
  commit_id text,
  trust text not null check (trust in ('untrusted', 'trusted', 'protected')),
  kind text not null,
  name text not null,
  path text not null,
  -- Of the report's own bytes; null: promised, and not there.
  digest text,
  -- `received`: stored and not read yet. Only `ok` speaks.
  state text not null check (state in ('received', 'ok', 'unreadable', 'empty', 'missing')),
  reason text,
  -- {tests, coverage, sbom, looked}: counts only; findings have their own rows.
  summary jsonb not null default '{}',
  version int not null default 1,
  received_at timestamptz(3) not null,
  unique (job_id, attempt, kind, name),
  check ((state = 'missing') = (digest is null)),
  check (state in ('received', 'ok') or reason is not null)
);
select yardmaster_tenant('report');
create index report_run on report (run_id);
create index report_service on report (service_id, kind, received_at desc);
create index report_unread on report (received_at) where state = 'received';

-- Digests that the report's own job made or took.
create table report_digest (
  report_id text not null references report(id),
  digest text not null,
  org_id text not null references organisation(id),
  primary key (digest, report_id)
);
select yardmaster_tenant('report_digest');

create table finding (
  report_id text not null references report(id),
  position int not null,
  org_id text not null references organisation(id),
  tool text not null,
  rule text not null,
  severity text not null check (severity in ('critical', 'high', 'medium', 'low', 'info')),
  location text not null,
  fingerprint text not null,
  cve text,
  purl text,
  suppressed boolean not null,
  message text not null,
  primary key (report_id, position)
);
select yardmaster_tenant('finding');

-- The presets are version 1 of each policy and live in the program; an organisation's own versions begin at 2.
create table policy_version (
  org_id text not null references organisation(id),
  name text not null,
  version int not null check (version > 1),
  document jsonb not null,
  source text not null,
  digest text not null,
  actor text not null,
  -- The person behind the actor; null for machines.
  person_id text,
  at timestamptz(3) not null,
  primary key (org_id, name, version)
);
select yardmaster_tenant('policy_version');
