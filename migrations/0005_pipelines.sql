-- Watched repositories, runs with their jobs, attempts and logs, runners, caches and the secrets of services.

-- One row for each repository that some service of the catalog comes from.
create table source (
  id text primary key,
  org_id text not null references organisation(id),
  url text not null,
  -- Null until somebody asks for a hook; the secret is sealed.
  hook_id text unique,
  hook_secret bytea,
  -- When the next poll is due; a hook only makes it earlier.
  due_at timestamptz(3) not null,
  checked_at timestamptz(3),
  failures int not null default 0,
  last_error text,
  version int not null default 1,
  created_at timestamptz(3) not null,
  unique (org_id, url)
);
select yardmaster_tenant('source');
create index source_due on source (due_at);

-- The heads that have been acted on. State comes from here and from the repository, never from the order of events.
create table source_head (
  source_id text not null references source(id) on delete cascade,
  ref text not null,
  org_id text not null references organisation(id),
  commit_id text not null,
  seen_at timestamptz(3) not null,
  primary key (source_id, ref)
);
select yardmaster_tenant('source_head');

-- Who made which commit. Personal data: e-mails can be emptied here, facts hold commit ids only.
create table source_commit (
  source_id text not null references source(id) on delete cascade,
  id text not null,
  org_id text not null references organisation(id),
  parents text[] not null,
  author_email text,
  committer_email text,
  co_author_emails text[] not null,
  committed_at timestamptz(3) not null,
  subject text,
  primary key (source_id, id)
);
select yardmaster_tenant('source_commit');

create table hook_delivery (
  hook_id text not null,
  delivery_id text not null,
  org_id text not null references organisation(id),
  at timestamptz(3) not null,
  primary key (hook_id, delivery_id)
);
select yardmaster_tenant('hook_delivery');
create index hook_delivery_age on hook_delivery (at);

create table run (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null,
  source_id text references source(id),
  repository text,
  ref text,
  commit_id text,
  archive text,
  trigger text not null,
  trust text not null check (trust in ('untrusted', 'trusted', 'protected')),
  state text not null check (state in ('queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled')),
  cause text,
  inputs jsonb not null,
  pipeline_digest text,
  requested_by text not null,
  requested_person text,
  -- The Idempotency-Key of the request with its actor: a repeated request finds its run.
  request_key text,
  -- When we heard of what caused it (a hook, a poll, a request): the start of every latency.
  heard_at timestamptz(3) not null,
  queued_at timestamptz(3) not null,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('run');
create unique index run_request on run (org_id, request_key) where request_key is not null;
create index run_service on run (service_id, queued_at desc, id desc);
create index run_list on run (org_id, queued_at desc, id desc);
create index run_commit on run (commit_id);
create index run_open on run (state) where state in ('queued', 'running', 'cancelling');

create table job (
  id text primary key,
  org_id text not null references organisation(id),
  run_id text not null references run(id),
  service_id text not null,
  position int not null,
  -- `test (node 24)`: unique in its run; `declared` is the name in the file, shared by the cells of a matrix.
  name text not null,
  declared text not null,
  needs text[] not null,
  -- The DSSE envelope of what was planned. It is read from nowhere else, so an edited row is refused by its signature.
  planned text not null,
  timeout_ms bigint not null,
  pool text not null,
  executor text not null,
  trust text not null,
  state text not null check (state in ('waiting', 'queued', 'running', 'succeeded', 'failed', 'timed-out', 'cancelled', 'skipped', 'refused')),
  cause text,
  attempt int not null default 0,
  max_attempts int not null,
  cancel_requested boolean not null default false,
  -- The lease: who may write for this job. The token only grows.
  runner_id text,
  token bigint not null default 0,
  lease_until timestamptz(3),
  outputs jsonb not null default '{}',
  queued_at timestamptz(3),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  version int not null default 1,
  unique (run_id, name)
);
select yardmaster_tenant('job');
create index job_queue on job (pool, queued_at) where state = 'queued';
create index job_leased on job (lease_until) where state = 'running';

create table job_attempt (
  job_id text not null references job(id),
  attempt int not null,
  org_id text not null references organisation(id),
  runner_id text not null,
  token bigint not null,
  -- The DSSE envelope as it was handed out: what was really run.
  plan text not null,
  plan_digest text not null,
  -- Blobs that this attempt may download: its source and its inputs.
  readable text[] not null,
  started_at timestamptz(3) not null,
  finished_at timestamptz(3),
  result text,
  cause text,
  finish_digest text,
  executor text,
  isolation text[] not null default '{}',
  log_stored bigint not null default 0,
  log_digest text,
  log_complete boolean,
  primary key (job_id, attempt)
);
select yardmaster_tenant('job_attempt');
create index job_attempt_unsealed on job_attempt (finished_at) where finished_at is not null and log_digest is null;

create table job_step (
  job_id text not null,
  attempt int not null,
  position int not null,
  org_id text not null references organisation(id),
  name text not null,
  state text not null,
  exit_code int,
  duration_ms bigint,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (job_id, attempt, position),
  foreign key (job_id, attempt) references job_attempt (job_id, attempt)
);
select yardmaster_tenant('job_step');

-- Redacted log bytes until they are sealed into a blob.
create table job_log (
  job_id text not null,
  attempt int not null,
  at_byte bigint not null,
  org_id text not null references organisation(id),
  bytes bytea not null,
  primary key (job_id, attempt, at_byte)
);
select yardmaster_tenant('job_log');

-- What an attempt uploaded. A job can name only digests that stand here.
create table job_blob (
  job_id text not null,
  attempt int not null,
  digest text not null,
  org_id text not null references organisation(id),
  size bigint not null,
  primary key (job_id, attempt, digest),
  foreign key (job_id, attempt) references job_attempt (job_id, attempt)
);
select yardmaster_tenant('job_blob');

create table job_artifact (
  job_id text not null references job(id),
  name text not null,
  org_id text not null references organisation(id),
  run_id text not null references run(id),
  digest text not null,
  size bigint not null,
  primary key (job_id, name)
);
select yardmaster_tenant('job_artifact');
create index job_artifact_run on job_artifact (run_id);
create index job_artifact_digest on job_artifact (digest);

-- Writes that came with a lease that is over: refused, and kept once each.
create table stale_write (
  job_id text not null,
  attempt int not null,
  token bigint not null,
  runner_id text not null,
  what text not null,
  org_id text not null references organisation(id),
  at timestamptz(3) not null,
  primary key (job_id, attempt, token, runner_id, what)
);
select yardmaster_tenant('stale_write');

create table cache_entry (
  service_id text not null,
  trust text not null check (trust in ('untrusted', 'trusted', 'protected')),
  key text not null,
  org_id text not null references organisation(id),
  digest text not null,
  size bigint not null,
  job_id text not null,
  created_at timestamptz(3) not null,
  primary key (service_id, trust, key)
);
select yardmaster_tenant('cache_entry');
create index cache_entry_digest on cache_entry (service_id, digest);

create table runner (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  pool text not null,
  trust text not null check (trust in ('untrusted', 'trusted', 'protected')),
  key_digest text not null unique,
  seen_at timestamptz(3),
  revoked_at timestamptz(3),
  version int not null default 1,
  created_at timestamptz(3) not null
);
select yardmaster_tenant('runner');

create table runner_registration (
  id text primary key,
  org_id text not null references organisation(id),
  token_digest text not null unique,
  pool text not null,
  trust text not null check (trust in ('untrusted', 'trusted', 'protected')),
  expires_at timestamptz(3) not null,
  used_by text references runner(id),
  version int not null default 1,
  created_at timestamptz(3) not null
);
select yardmaster_tenant('runner_registration');

create table service_secret (
  service_id text not null,
  name text not null,
  org_id text not null references organisation(id),
  sealed bytea not null,
  -- Only runs of a protected branch get it.
  protected_only boolean not null,
  version int not null default 1,
  changed_at timestamptz(3) not null,
  primary key (service_id, name)
);
select yardmaster_tenant('service_secret');
