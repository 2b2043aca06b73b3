-- What exists: teams, environments, services, as the last applied yardmaster.yaml says. A removed thing keeps its row,
-- because releases and facts speak of it; its name becomes free.

create table catalog_setting (
  org_id text primary key references organisation(id),
  -- The policy of services that name none.
  policy text not null,
  version int not null default 1
);
select yardmaster_tenant('catalog_setting');

create table team (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  title text,
  version int not null default 1,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3)
);
select yardmaster_tenant('team');
create unique index team_name on team (org_id, name) where removed_at is null;

-- By address, because a file can name people before they have an account. Erasable: no fact holds an address.
create table team_member (
  team_id text not null references team(id),
  org_id text not null references organisation(id),
  email text not null check (email = lower(email)),
  primary key (team_id, email)
);
select yardmaster_tenant('team_member');

create table environment (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  kind text not null,
  after jsonb not null,
  protected boolean not null,
  agent text not null,
  strategy jsonb not null,
  version int not null default 1,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3)
);
select yardmaster_tenant('environment');
create unique index environment_name on environment (org_id, name) where removed_at is null;

create table service (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  team_id text not null references team(id),
  tier int not null check (tier in (1, 2, 3)),
  repository jsonb,
  stack text,
  depends_on jsonb not null,
  policy text,
  run jsonb,
  configuration jsonb not null,
  observe_only boolean not null,
  version int not null default 1,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3)
);
select yardmaster_tenant('service');
create unique index service_name on service (org_id, name) where removed_at is null;
create index service_team on service (team_id);

-- Who changed what of a service: segregation of duties asks who changed its configuration or its policy.
create table service_change (
  id bigint generated always as identity primary key,
  org_id text not null references organisation(id),
  service_id text not null references service(id),
  version int not null,
  fields text[] not null,
  -- Environments whose configuration changed.
  environments text[] not null,
  -- The person behind the actor; null for machines.
  person_id text,
  actor text not null,
  at timestamptz(3) not null
);
select yardmaster_tenant('service_change');
create index service_change_service on service_change (service_id, at);
