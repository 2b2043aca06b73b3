-- Where what was released is promoted to, and each promotion: which bytes, why they might, where they lie now.

create table promotion_destination (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  -- The connection by its id, so that another one of the same name is not meant; and its name as it was.
  connection_id text not null,
  connection text not null,
  -- With {service} and {artifact} in it where each has its own.
  repository text not null,
  -- null: not about an environment; the supply-chain rule alone is asked.
  environment_id text,
  -- null: services of every tier.
  tiers int[],
  created_by text not null,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('promotion_destination');
create unique index promotion_destination_name on promotion_destination (org_id, name) where removed_at is null;

create table promotion (
  id text primary key,
  org_id text not null references organisation(id),
  artifact_id text not null references artifact(id),
  digest text not null,
  service_id text not null,
  destination_id text not null references promotion_destination(id),
  -- The release that it is promoted as part of, and where that goes; both null where only the artifact is meant.
  release_id text,
  release_version text,
  environment_id text,
  tag text,
  state text not null check (state in ('asked', 'promoted', 'refused', 'failed')),
  requested_by text not null,
  asked_at timestamptz(3) not null,
  -- The recorded decision that let it go, where one was asked.
  decision_id text,
  -- Envelopes of the signed promotion record and of the verification summary: made once, before anything is copied.
  record_digest text,
  summary_digest text,
  -- Where it lies there, and what the registry calls it.
  location text,
  manifest_digest text,
  carried int not null default 0,
  -- Reasons of a refusal, or the problem of a failure.
  reasons jsonb not null default '[]',
  attempts int not null default 0,
  due_at timestamptz(3) not null,
  promoted_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('promotion');
create unique index promotion_once on promotion (destination_id, digest, coalesce(release_id, ''));
create index promotion_digest on promotion (org_id, digest);
create index promotion_release on promotion (release_id) where release_id is not null;
create index promotion_due on promotion (due_at) where state = 'asked';
