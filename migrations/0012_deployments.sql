-- The act: agents, deployments, the acts they are made of, and what was seen meanwhile.

create table agent_registration (
  id text primary key,
  org_id text not null references organisation(id),
  secret_digest text not null unique,
  labels text[] not null,
  expires_at timestamptz(3) not null,
  created_by text not null,
  used_by text,
  created_at timestamptz(3) not null,
  version int not null default 1
);
select yardmaster_tenant('agent_registration');

create table agent (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  labels text[] not null,
  key_digest text not null unique,
  -- The process that asked last: acts of an earlier one are given again.
  session text,
  last_seen_at timestamptz(3),
  created_at timestamptz(3) not null,
  version int not null default 1,
  unique (org_id, name)
);
select yardmaster_tenant('agent');

-- What serves for one service in one environment, and how it was started: what a baseline and a way back start again.
create table deployment_slot (
  service_id text not null,
  environment_id text not null,
  org_id text not null references organisation(id),
  agent_id text references agent(id),
  deployment_id text,
  release_id text,
  instance text,
  start_order jsonb,
  -- What the agent last said.
  picture jsonb,
  picture_at timestamptz(3),
  version int not null default 1,
  primary key (service_id, environment_id)
);
select yardmaster_tenant('deployment_slot');

create table deployment (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null,
  environment_id text not null,
  release_id text not null,
  version_name text not null,
  digest text not null,
  kind text not null check (kind in ('deploy', 'rollback')),
  state text not null,
  cause text not null,
  reason text,
  requested_by text not null,
  strategy jsonb not null,
  -- How its candidate is started: bytes, command and configuration as they were when it was asked for.
  start_order jsonb not null,
  plan jsonb not null,
  step int not null default 0,
  -- The way back, once it is taken.
  back jsonb,
  back_step int not null default 0,
  previous jsonb,
  agent_id text references agent(id),
  lease_token bigint,
  -- It has the slot: acts of it may exist. Never two for one service and environment.
  holds boolean not null default false,
  recorded boolean not null default false,
  step_since timestamptz(3),
  hold_until timestamptz(3),
  earliest timestamptz(3),
  last_answer jsonb,
  cancel_reason text,
  cancel_by text,
  requested_at timestamptz(3) not null,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('deployment');
create unique index deployment_one_at_a_time on deployment (service_id, environment_id) where holds;
create index deployment_open on deployment (org_id) where finished_at is null;
create index deployment_list on deployment (org_id, requested_at desc, id desc);
create index deployment_place on deployment (service_id, environment_id, requested_at desc);
create index deployment_release on deployment (release_id);

-- Every move from one state to the next: dense, and each once.
create table deployment_move (
  deployment_id text not null references deployment(id),
  seq int not null,
  org_id text not null references organisation(id),
  from_state text not null,
  to_state text not null,
  why text not null,
  at timestamptz(3) not null,
  primary key (deployment_id, seq)
);
select yardmaster_tenant('deployment_move');

create table deployment_act (
  id text primary key,
  org_id text not null references organisation(id),
  deployment_id text not null references deployment(id),
  agent_id text not null references agent(id),
  seq int not null,
  step int not null,
  back boolean not null,
  token bigint not null,
  work jsonb not null,
  decision_id text,
  state text not null check (state in ('queued', 'claimed', 'unknown', 'succeeded', 'failed', 'refused', 'withdrawn')),
  not_after timestamptz(3) not null,
  session text,
  claim_until timestamptz(3),
  result jsonb,
  created_at timestamptz(3) not null,
  claimed_at timestamptz(3),
  finished_at timestamptz(3),
  version int not null default 1,
  unique (deployment_id, seq)
);
select yardmaster_tenant('deployment_act');
create index deployment_act_open on deployment_act (agent_id) where finished_at is null;

create table deployment_sample (
  deployment_id text not null references deployment(id),
  instance text not null,
  seq bigint not null,
  org_id text not null references organisation(id),
  wave int not null,
  requests int not null,
  errors int not null,
  latency jsonb,
  received_at timestamptz(3) not null,
  primary key (deployment_id, instance, seq)
);
select yardmaster_tenant('deployment_sample');

create table deployment_verdict (
  id bigint generated always as identity primary key,
  org_id text not null references organisation(id),
  deployment_id text not null references deployment(id),
  wave int not null,
  verdict jsonb not null,
  at timestamptz(3) not null
);
select yardmaster_tenant('deployment_verdict');
create index deployment_verdict_of on deployment_verdict (deployment_id, id);

-- Rollbacks done on a machine without the server, as the agent told them.
create table break_glass_act (
  act_id text primary key,
  org_id text not null references organisation(id),
  agent_id text not null references agent(id),
  service_id text not null,
  environment_id text not null,
  body jsonb not null,
  at timestamptz(3) not null
);
select yardmaster_tenant('break_glass_act');
