-- What runs where, what was verified there, and what went wrong.

-- The latest act's outcome, one row per service and environment. Written by deployments in their own transaction.
create table running (
  service_id text not null references service(id),
  environment_id text not null references environment(id),
  org_id text not null references organisation(id),
  release_id text not null,
  release_version text not null,
  artifact_digests jsonb not null,
  configuration_digest text not null,
  deployment_id text not null,
  since timestamptz(3) not null,
  version int not null default 1,
  primary key (service_id, environment_id)
);
select yardmaster_tenant('running');

-- Everything that ever ran. `until` null: it still does.
create table running_history (
  id bigint generated always as identity primary key,
  org_id text not null references organisation(id),
  service_id text not null references service(id),
  environment_id text not null references environment(id),
  release_id text not null,
  release_version text not null,
  artifact_digests jsonb not null,
  configuration_digest text not null,
  deployment_id text not null,
  change text not null,
  since timestamptz(3) not null,
  until timestamptz(3)
);
select yardmaster_tenant('running_history');
create index running_history_place on running_history (service_id, environment_id, id);

-- What a check said of a release in an environment. A word is never changed; it can be revoked.
create table verification (
  id text primary key,
  ordinal bigint generated always as identity,
  org_id text not null references organisation(id),
  service_id text not null references service(id),
  environment_id text not null references environment(id),
  release_id text not null,
  deployment_id text,
  check_name text not null,
  verdict text not null,
  by_actor text not null,
  person_id text,
  -- What it rests on: an act, a run, a digest.
  evidence text,
  note text,
  at timestamptz(3) not null,
  revoked_at timestamptz(3),
  revoked_reason text,
  version int not null default 1
);
select yardmaster_tenant('verification');
create index verification_place on verification (service_id, environment_id, release_id, ordinal);

create table incident (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text references service(id),
  environment_id text references environment(id),
  severity text not null,
  title text not null,
  description text,
  state text not null,
  started_at timestamptz(3) not null,
  detected_at timestamptz(3) not null,
  resolved_at timestamptz(3),
  source text not null,
  hook_id text,
  external_id text,
  version int not null default 1
);
select yardmaster_tenant('incident');
create index incident_open on incident (service_id, environment_id) where state = 'open';
create index incident_list on incident (org_id, detected_at, id);
create unique index incident_external on incident (org_id, hook_id, external_id) where external_id is not null;

create table incident_deployment (
  incident_id text not null references incident(id),
  deployment_id text not null,
  org_id text not null references organisation(id),
  linked_at timestamptz(3) not null,
  linked_by text not null,
  primary key (incident_id, deployment_id)
);
select yardmaster_tenant('incident_deployment');
create index incident_deployment_deployment on incident_deployment (deployment_id);

-- Who may tell us of incidents by webhook. The secret is sealed.
create table incident_hook (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  secret bytea not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('incident_hook');

-- Deliveries already taken, kept longer than a signature is fresh.
create table incident_hook_delivery (
  hook_id text not null references incident_hook(id),
  delivery_id text not null,
  org_id text not null references organisation(id),
  at timestamptz(3) not null,
  primary key (hook_id, delivery_id)
);
select yardmaster_tenant('incident_hook_delivery');
create index incident_hook_delivery_age on incident_hook_delivery (at);

-- What was said of an incident before we heard that it began: deliveries arrive in any order.
create table incident_early (
  hook_id text not null references incident_hook(id),
  external_id text not null,
  org_id text not null references organisation(id),
  resolved_at timestamptz(3),
  deployments jsonb not null default '[]',
  primary key (hook_id, external_id)
);
select yardmaster_tenant('incident_early');
