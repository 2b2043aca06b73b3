-- What was built: bytes by digest, the builds that yielded them, what is attested of them, and the versions that were given.

-- Immutable bytes, known by their digest. What can change is only what we think of them.
create table artifact (
  id text primary key,
  org_id text not null references organisation(id),
  digest text not null,
  size bigint not null,
  name text not null,
  revoked_at timestamptz(3),
  revoked_by text,
  revoked_reason text,
  -- The scrub: when the bytes were last read and compared with their digest, and since when they differ.
  checked_at timestamptz(3) not null,
  damaged_at timestamptz(3),
  version int not null default 1,
  created_at timestamptz(3) not null,
  unique (org_id, digest)
);
select yardmaster_tenant('artifact');
create index artifact_scrub on artifact (checked_at);

-- One job of one run yielded these bytes under this name. Two runs may yield the same bytes; each has its own provenance.
create table artifact_build (
  id text primary key,
  org_id text not null references organisation(id),
  artifact_id text not null references artifact(id),
  digest text not null,
  service_id text not null,
  run_id text not null,
  job_id text not null,
  attempt int not null,
  name text not null,
  commit_id text,
  -- How it was made, as the server knew it when the job finished: source, executor, isolation, times, plan, inputs, lock files.
  made jsonb not null,
  state text not null check (state in ('accepted', 'signed')),
  signed_at timestamptz(3),
  -- Why it could not be signed yet, and when it is tried again.
  attempts int not null default 0,
  last_error text,
  due_at timestamptz(3) not null,
  version int not null default 1,
  created_at timestamptz(3) not null,
  unique (job_id, attempt, name)
);
select yardmaster_tenant('artifact_build');
create index artifact_build_digest on artifact_build (org_id, digest);
create index artifact_build_run on artifact_build (run_id);
create index artifact_build_service on artifact_build (service_id, created_at desc, id desc);
create index artifact_build_commit on artifact_build (commit_id);
create index artifact_build_list on artifact_build (org_id, created_at desc, id desc);
create index artifact_build_unsigned on artifact_build (due_at) where state = 'accepted';

-- Signed statements about an artifact. The envelope's exact bytes are a blob, and so is the document that it speaks of.
create table attestation (
  id text primary key,
  org_id text not null references organisation(id),
  artifact_id text not null references artifact(id),
  build_id text not null references artifact_build(id),
  digest text not null,
  kind text not null check (kind in ('sbom', 'provenance')),
  predicate_type text not null,
  envelope_digest text not null,
  document_digest text not null,
  key_id text not null,
  -- An SBOM that can't know all says so: what it is missing.
  incomplete text[] not null default '{}',
  version int not null default 1,
  created_at timestamptz(3) not null,
  unique (build_id, kind)
);
select yardmaster_tenant('attestation');
create index attestation_artifact on attestation (artifact_id);

-- Versions that were given. A number is given once for a service, for ever.
create table version_given (
  org_id text not null references organisation(id),
  service_id text not null,
  -- SemVer 2.0.0; the column "version" is the row's own.
  number text not null,
  tag text not null,
  commit_id text not null,
  bump text not null,
  given_at timestamptz(3) not null,
  version int not null default 1,
  primary key (service_id, number)
);
select yardmaster_tenant('version_given');
