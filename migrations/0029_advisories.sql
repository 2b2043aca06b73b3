-- Advisories as they were imported, what artifacts are made of, and where the two meet.

create table advisory (
  org_id text not null references organisation(id),
  advisory_id text not null,
  -- As the source wrote it; it decides which of two records is newer.
  modified text not null,
  severity text not null,
  -- `ECOSYSTEM NAME` of everything that it speaks of; empty where it was withdrawn.
  packages text[] not null,
  record jsonb not null,
  imported_at timestamptz(3) not null,
  version int not null default 1,
  primary key (org_id, advisory_id)
);
select yardmaster_tenant('advisory');
create index advisory_packages on advisory using gin (packages);

-- One package of one artifact, from its SBOM. Written once: the bytes of a digest never change.
create table artifact_component (
  org_id text not null references organisation(id),
  artifact_id text not null references artifact(id),
  digest text not null,
  purl text not null,
  package text not null,
  version int not null default 1,
  primary key (org_id, digest, purl)
);
select yardmaster_tenant('artifact_component');
create index artifact_component_package on artifact_component (org_id, package);

-- What an advisory says of an artifact. It ends where the advisory was changed or withdrawn; it stays readable.
create table advisory_match (
  org_id text not null references organisation(id),
  advisory_id text not null,
  artifact_id text not null references artifact(id),
  digest text not null,
  purl text not null,
  verdict text not null check (verdict in ('affected', 'unknown')),
  fixed text[] not null,
  found_at timestamptz(3) not null,
  ended_at timestamptz(3),
  version int not null default 1,
  primary key (org_id, advisory_id, digest, purl)
);
select yardmaster_tenant('advisory_match');
create index advisory_match_digest on advisory_match (org_id, digest) where ended_at is null;
