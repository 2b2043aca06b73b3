-- Persons from elsewhere: sign-in with a provider (OpenID Connect), logins at forges, and who is mapped to nobody.

create table sign_in_provider (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  title text not null,
  issuer text not null,
  client_id text not null,
  -- The client's secret; null: a public client, which PKCE alone protects.
  sealed bytea,
  -- Scopes, names of claims, who is let in, how they are linked, which groups give which roles: src/identity/oidc/provider.ts.
  settings jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('sign_in_provider');
create unique index sign_in_provider_name on sign_in_provider (org_id, name) where removed_at is null;

-- Who may still use a password: everybody, or admins over the organisation alone, so that somebody can always mend.
create table sign_in_rule (
  org_id text primary key references organisation(id),
  passwords text not null check (passwords in ('everybody', 'admins')),
  changed_by text not null,
  changed_at timestamptz(3) not null
);
select yardmaster_tenant('sign_in_rule');

-- An account at an issuer is a person here, by issuer and subject and by nothing else.
create table person_account (
  org_id text not null references organisation(id),
  issuer text not null,
  subject text not null,
  person_id text not null references person(id),
  -- Made by hand, by a verified address, or the person was made for it.
  linked_by text not null check (linked_by in ('person', 'address', 'first-sign-in')),
  created_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  primary key (org_id, issuer, subject)
);
select yardmaster_tenant('person_account');
create index person_account_person on person_account (person_id);

-- A sign-in that began in a browser and has not come back. Nothing in it is a secret: verifier and nonce follow from what
-- that browser keeps.
create table sign_in_flow (
  state_digest text primary key,
  org_id text not null references organisation(id),
  provider_id text not null references sign_in_provider(id),
  secret_digest text not null,
  purpose text not null check (purpose in ('sign-in', 'confirm', 'link')),
  -- The session that asked, for `confirm` and `link`.
  credential_id text,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);
select yardmaster_tenant('sign_in_flow');
create index sign_in_flow_age on sign_in_flow (expires_at);

-- A terminal that asks to be signed in, and the person who said yes in a browser.
create table terminal_sign_in (
  secret_digest text primary key,
  org_id text not null references organisation(id),
  code_digest text not null unique,
  client text,
  address text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  person_id text references person(id),
  credential_id text,
  used_at timestamptz(3)
);
select yardmaster_tenant('terminal_sign_in');

alter table credential
  -- By which provider the session was opened; null: by a password.
  add column provider_id text references sign_in_provider(id);
alter table role_binding
  -- The provider whose groups gave it; null: given by hand.
  add column source text;

-- Logins at forges and chats. `login` is in lower case; `external_id` is what stays when a login is renamed.
create table person_login (
  org_id text not null references organisation(id),
  host text not null,
  login text not null,
  external_id text,
  person_id text references person(id),
  bot_id text references bot(id),
  added_by text not null,
  added_at timestamptz(3) not null,
  primary key (org_id, host, login),
  check ((person_id is null) <> (bot_id is null))
);
select yardmaster_tenant('person_login');
create index person_login_external on person_login (org_id, host, external_id) where external_id is not null;
create index person_login_person on person_login (person_id) where person_id is not null;

-- Names that facts brought and that map to nobody. `host` of an address is empty.
create table unmapped_name (
  org_id text not null references organisation(id),
  host text not null,
  value text not null,
  name text,
  roles text[] not null,
  seen bigint not null,
  first_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  -- An admin looked, and it stays unknown.
  dismissed_at timestamptz(3),
  primary key (org_id, host, value)
);
select yardmaster_tenant('unmapped_name');
create index unmapped_name_last on unmapped_name (org_id, last_at);
