-- Sessions that can be seen and ended one by one, second factors, agents that can be revoked, what machines say of
-- themselves, and what was done about work that failed for the last time.

alter table credential
  -- Whether a browser holds it, by what it was made there, and when it was last used (to the minute).
  add column screen boolean not null default false,
  add column client text,
  add column seen_at timestamptz(3),
  -- When its holder last proved who they are; null: at its making.
  add column authenticated_at timestamptz(3),
  add column ended_by text;
create index credential_live on credential (org_id, created_at) where ended_at is null;

-- RFC 6238. The secret is sealed; a step is used once.
create table second_factor (
  person_id text primary key references person(id),
  org_id text not null references organisation(id),
  sealed bytea not null,
  confirmed_at timestamptz(3),
  last_step bigint not null default 0,
  created_at timestamptz(3) not null
);
select yardmaster_tenant('second_factor');

create table recovery_code (
  secret_digest text primary key,
  org_id text not null references organisation(id),
  person_id text not null references person(id),
  used_at timestamptz(3),
  created_at timestamptz(3) not null
);
select yardmaster_tenant('recovery_code');
create index recovery_code_person on recovery_code (person_id);

alter table agent
  add column revoked_at timestamptz(3),
  add column client_version text;

alter table runner
  add column client_version text,
  add column executors text[];

-- Reasons are prose, which stays out of facts.
create table admin_reason (
  fact_id text primary key,
  org_id text not null references organisation(id),
  reason text not null,
  at timestamptz(3) not null
);
select yardmaster_tenant('admin_reason');
