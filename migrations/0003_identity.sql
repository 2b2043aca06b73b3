-- Persons and everything that acts for them. Rules about segregation of duties are about rows of `person`.

create table person (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  -- Out of office: who decides instead, within the same rules.
  delegate_id text references person(id),
  active boolean not null default true,
  version int not null default 1,
  created_at timestamptz(3) not null
);
select yardmaster_tenant('person');

-- Every address that a person commits or signs in with. One address belongs to one person.
create table person_email (
  org_id text not null references organisation(id),
  email text not null check (email = lower(email)),
  person_id text not null references person(id),
  added_at timestamptz(3) not null,
  primary key (org_id, email)
);
select yardmaster_tenant('person_email');
create index person_email_person on person_email (person_id);

create table person_password (
  person_id text primary key references person(id),
  org_id text not null references organisation(id),
  salt bytea not null,
  hash bytea not null,
  changed_at timestamptz(3) not null
);
select yardmaster_tenant('person_password');

create table bot (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  owner_id text not null references person(id),
  active boolean not null default true,
  created_at timestamptz(3) not null,
  unique (org_id, name)
);
select yardmaster_tenant('bot');

-- A role over a scope, given to a person or a bot. All three scope columns null: over the organisation.
create table role_binding (
  id text primary key,
  org_id text not null references organisation(id),
  holder_id text not null,
  role text not null,
  team text,
  service text,
  environment text,
  given_by text not null,
  given_at timestamptz(3) not null,
  unique nulls not distinct (org_id, holder_id, role, team, service, environment)
);
select yardmaster_tenant('role_binding');
create index role_binding_holder on role_binding (holder_id);

-- Tokens and sessions. Only a digest of the secret is kept. Null actions or services: as wide as the holder.
create table credential (
  id text primary key,
  org_id text not null references organisation(id),
  kind text not null check (kind in ('session', 'token')),
  holder_id text not null,
  name text not null,
  secret_digest text not null unique,
  actions text[],
  services text[],
  created_by text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  ended_at timestamptz(3)
);
select yardmaster_tenant('credential');
create index credential_holder on credential (holder_id);

-- Single-use links: the first admin, and invitations of others. Only a digest of the secret is kept.
create table invitation (
  id text primary key,
  org_id text not null references organisation(id),
  person_id text references person(id),
  secret_digest text not null unique,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);
select yardmaster_tenant('invitation');

-- Wrong passwords, to slow down guessing: per address, forgotten after a success.
create table sign_in_failure (
  org_id text not null references organisation(id),
  email_digest text not null,
  at timestamptz(3) not null
);
select yardmaster_tenant('sign_in_failure');
create index sign_in_failure_email on sign_in_failure (email_digest, at);
