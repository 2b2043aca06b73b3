-- What an SBOM says of an artifact's packages, and what registries say of packages, for policies that ask of licences and care.

-- One SBOM of one artifact as it was read. Written once: the bytes of a digest never change.
create table artifact_contents (
  org_id text not null references organisation(id),
  artifact_id text not null references artifact(id),
  digest text not null,
  document_digest text not null,
  -- Null: its bytes are gone, are no SBOM that can be read, or name more packages than are kept.
  packages jsonb,
  -- What the SBOM says that it can't know.
  incomplete text[] not null,
  read_at timestamptz(3) not null,
  version int not null default 1,
  primary key (org_id, digest, document_digest)
);
select yardmaster_tenant('artifact_contents');

-- What a registry says of a package, as it was imported.
create table package_news (
  org_id text not null references organisation(id),
  -- As its registry names it: `npm @acme/shop`, `pypi flask`.
  package text not null,
  latest text,
  latest_at timestamptz(3),
  -- Version -> when it was published.
  published jsonb not null,
  -- Version -> why it was given up; the empty version stands for all.
  deprecated jsonb not null,
  digest text not null,
  imported_at timestamptz(3) not null,
  version int not null default 1,
  primary key (org_id, package)
);
select yardmaster_tenant('package_news');
