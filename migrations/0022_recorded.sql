-- What others built, deployed and saw, and told us of: builds of foreign CI in the same run model, who told it, and tickets.

-- `own`: we planned and ran it. `recorded`: a foreign CI ran it and told us; the external columns say which run there.
alter table run add column origin text not null default 'own' check (origin in ('own', 'recorded'));
alter table run add column external_system text;
alter table run add column external_id text;
alter table run add column external_attempt int;
alter table run add column external_url text;
create unique index run_external on run (org_id, service_id, external_system, external_id, external_attempt) where origin = 'recorded';

-- Each thing that was told of a recorded run, once. What a run, its jobs and their trust are is folded from these, in whatever
-- order they came.
create table recorded_word (
  id text primary key,
  org_id text not null references organisation(id),
  run_id text not null references run(id),
  service_id text not null,
  kind text not null check (kind in ('run', 'job', 'artifact', 'report')),
  -- '' where it is about the run as a whole.
  job text not null,
  name text not null,
  phase text not null check (phase in ('started', 'ended', 'made')),
  -- The digest over what it means: told again it is the same word, told otherwise it is refused.
  meaning text not null,
  body jsonb not null,
  -- Who told it: {by, via, workload}.
  told jsonb not null,
  trust text not null check (trust in ('untrusted', 'trusted', 'protected')),
  at timestamptz(3) not null,
  unique (run_id, kind, job, name, phase)
);
select yardmaster_tenant('recorded_word');

-- A report told before, or beside, its artifact speaks for the artifact of this name, service and commit, whenever it comes.
alter table report add column for_artifact text;
create index report_for_artifact on report (service_id, commit_id, for_artifact) where for_artifact is not null;

-- Whether the bytes are here. A recorded image may be known by its digest and where it lies alone.
alter table artifact add column kept boolean not null default true;
alter table artifact add column reference text;

-- widens: attestation_kind_check, attestation_build_id_kind_key
-- `recorded`: our signed statement of what was told by whom. It claims nothing that we did not see.
alter table attestation drop constraint attestation_kind_check;
alter table attestation add constraint attestation_kind_check check (kind in ('sbom', 'provenance', 'recorded'));
alter table attestation drop constraint attestation_build_id_kind_key;
create unique index attestation_once on attestation (build_id, kind, document_digest);

-- Keys that an admin trusts to sign attestations of what foreign CI builds.
create table recorder_key (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  -- sha256 hex of the SPKI DER.
  key_id text not null,
  public_key_pem text not null,
  -- Names of services; null: all.
  services text[],
  created_by text not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  version int not null default 1,
  unique (org_id, name)
);
select yardmaster_tenant('recorder_key');
create unique index recorder_key_standing on recorder_key (org_id, key_id) where revoked_at is null;

-- Signed statements that others made of an artifact, kept as they came; bound by digest, before or after the artifact is known.
create table recorded_attestation (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null,
  digest text not null,
  predicate_type text not null,
  envelope_digest text not null,
  told jsonb not null,
  created_at timestamptz(3) not null,
  unique (service_id, digest, envelope_digest)
);
select yardmaster_tenant('recorded_attestation');
create index recorded_attestation_of on recorded_attestation (org_id, digest);

-- `external`: a foreign tool deploys here and tells us; no agent is needed.
alter table environment add column deployed_by text not null default 'yardmaster' check (deployed_by in ('yardmaster', 'external'));

-- A deployment that a foreign tool does: {system, id, attempt, url, told, admission}. The engine leaves it alone.
alter table deployment add column external jsonb;

-- Incidents that others keep: which of ours speaks of which of theirs.
create table incident_recorded (
  org_id text not null references organisation(id),
  system text not null,
  external_id text not null,
  incident_id text not null references incident(id),
  url text,
  told jsonb not null,
  primary key (org_id, system, external_id)
);
select yardmaster_tenant('incident_recorded');

-- Tickets as their own system knows them: what a change was made for.
create table ticket (
  id text primary key,
  org_id text not null references organisation(id),
  system text not null,
  key text not null,
  title text not null,
  type text,
  -- `open`, `done` or `rejected`; `status` is the word that their system uses.
  state text not null check (state in ('open', 'done', 'rejected')),
  status text,
  fix_version text,
  url text,
  told jsonb not null,
  -- When their system last changed it; an older word never overwrites a newer one.
  changed_at timestamptz(3) not null,
  seen_at timestamptz(3) not null,
  version int not null default 1,
  unique (org_id, system, key)
);
select yardmaster_tenant('ticket');
create index ticket_key on ticket (org_id, key);
