-- Running it safely: keys of secrets, servers that live, what is kept for how long, and what may not be removed.

-- Every server that shares this database, and the master keys that it can use: a key that not all know is not used yet.
create table server_node (
  id text primary key,
  name text not null,
  version text not null,
  masters text[] not null,
  started_at timestamptz(3) not null,
  seen_at timestamptz(3) not null
);

-- Master keys by the names derived from them; the keys themselves are files or lie in a key service, never here.
create table master_key (
  id text primary key,
  kind text not null check (kind in ('file', 'vault')),
  -- `announced`: waits until every server knows it. `current`: wraps. `old`: only unwraps. `removed`: wraps nothing any more.
  state text not null check (state in ('announced', 'current', 'old', 'removed')),
  changed_by text not null,
  changed_at timestamptz(3) not null,
  version int not null default 1,
  created_at timestamptz(3) not null
);
create unique index master_key_current on master_key (state) where state = 'current';

-- A data key for each scope (a service, the hooks), wrapped by a master key. Sealed values name theirs.
create table data_key (
  id text primary key,
  org_id text not null references organisation(id),
  scope text not null,
  master_id text not null references master_key(id),
  wrapped bytea not null,
  -- `old`: what it sealed is being sealed again by the current one.
  state text not null check (state in ('current', 'old')),
  retired_at timestamptz(3),
  version int not null default 1,
  created_at timestamptz(3) not null
);
select yardmaster_tenant('data_key');
create unique index data_key_current on data_key (org_id, scope) where state = 'current';
create index data_key_master on data_key (master_id);

-- How long each kind of thing is kept, where somebody decided otherwise than the program does.
create table retention_rule (
  org_id text not null references organisation(id),
  what text not null,
  days int not null check (days between 1 and 36500),
  changed_by text not null,
  changed_at timestamptz(3) not null,
  version int not null default 1,
  primary key (org_id, what)
);
select yardmaster_tenant('retention_rule');

-- What retention must not touch, whatever its age: everything, a service, or a run.
create table legal_hold (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text,
  run_id text,
  reason text not null,
  placed_by text not null,
  placed_at timestamptz(3) not null,
  lifted_by text,
  lifted_at timestamptz(3),
  lifted_reason text,
  version int not null default 1,
  check (service_id is null or run_id is null)
);
select yardmaster_tenant('legal_hold');
create index legal_hold_open on legal_hold (org_id) where lifted_at is null;

-- Bytes that nothing names any more, and since when: they are deleted a day later, unless they are named again.
create table blob_unnamed (
  digest text not null,
  org_id text not null references organisation(id),
  what text not null,
  since timestamptz(3) not null,
  primary key (org_id, digest)
);
select yardmaster_tenant('blob_unnamed');
create index blob_unnamed_since on blob_unnamed (since);

-- The bytes are gone; their digest stays as what they were.
alter table job_attempt add column log_removed_at timestamptz(3);
alter table report add column removed_at timestamptz(3);
alter table cache_entry add column used_at timestamptz(3);
create index job_attempt_kept_log on job_attempt (finished_at) where log_digest is not null and log_removed_at is null;
create index report_kept on report (received_at) where digest is not null and removed_at is null;
create index cache_entry_age on cache_entry (created_at);

-- Secrets of a service in one environment.
create table environment_secret (
  service_id text not null,
  environment_id text not null,
  name text not null,
  org_id text not null references organisation(id),
  sealed bytea not null,
  version int not null default 1,
  changed_at timestamptz(3) not null,
  primary key (service_id, environment_id, name)
);
select yardmaster_tenant('environment_secret');
