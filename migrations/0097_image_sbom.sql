-- SBOMs that are made here of an image in a registry: who asked, and what came of it.

create table image_sbom (
  artifact_id text primary key references artifact(id),
  org_id text not null references organisation(id),
  digest text not null,
  state text not null check (state in ('reading', 'made', 'failed')),
  -- Where it failed: a sentence.
  why text,
  -- How many packages it names.
  packages int,
  requested_by text not null,
  at timestamptz(3) not null,
  check ((state = 'failed') = (why is not null)),
  check ((state = 'made') = (packages is not null))
);
select yardmaster_tenant('image_sbom');
create index image_sbom_reading on image_sbom (at) where state = 'reading';
