-- Webhooks that come in: one table of hooks, one of what they brought. What was verified is kept before it is answered.

create table hook (
  id text primary key,
  org_id text not null references organisation(id),
  -- Who takes what it brings: `repository`, `mapping`, `cdevents`, or a vendor's name.
  taker text not null,
  name text not null,
  -- What it is about: a source, a connection; null where the taker needs none.
  subject text,
  -- How it may be signed; one of them is enough.
  schemes text[] not null,
  -- For the scheme `hmac`: the header with the signature, in lower case.
  signature_header text,
  sealed bytea not null,
  settings jsonb not null default '{}',
  created_by text not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  -- What was refused: its owner must see that something comes, and why it is not taken.
  refused bigint not null default 0,
  refused_at timestamptz(3),
  refused_why text,
  version int not null default 1
);
select yardmaster_tenant('hook');
create index hook_subject on hook (subject) where subject is not null and revoked_at is null;
create index hook_newest on hook (org_id, created_at desc, id desc);

-- Rows of these two come by the thousands a second: no foreign keys, few indexes. The hook that is joined when they are
-- written says the organisation.
create table delivery (
  id text primary key,
  org_id text not null,
  hook_id text not null,
  -- How the sender names it: the same twice is one.
  name text not null,
  -- `taken`: durable and answered. `failed`: will be tried again. `parked`: a person must look.
  state text not null check (state in ('taken', 'failed', 'parked', 'done')),
  size int not null,
  attempts int not null default 0,
  due_at timestamptz(3) not null,
  -- One line: what became of it, or why it failed.
  outcome text,
  at timestamptz(3) not null,
  done_at timestamptz(3),
  unique (hook_id, name)
);
select yardmaster_tenant('delivery');
create index delivery_due on delivery (due_at) where state in ('taken', 'failed');
create index delivery_age on delivery (at);

-- What it brought, exactly as it came; removed once it was kept long enough. Apart, so that its state changes without it.
create table delivery_body (
  delivery_id text primary key,
  org_id text not null,
  headers json not null,
  body bytea not null
) with (toast_tuple_target = 8160);
-- Payloads are short and come fast: they lie in the row as they are.
alter table delivery_body alter column body set storage external;
select yardmaster_tenant('delivery_body');

-- The hooks of repositories come over as they are: their secrets are sealed to the same places.
insert into hook (id, org_id, taker, name, subject, schemes, sealed, created_by, created_at)
  select hook_id, org_id, 'repository', left(regexp_replace(url, '//[^/@]*@', '//'), 300), id, '{standard,hub}', hook_secret, 'system:upgrade', created_at
  from source where hook_id is not null and hook_secret is not null;
update source set hook_id = null, hook_secret = null where hook_id is not null;
insert into delivery (id, org_id, hook_id, name, state, size, due_at, at, done_at)
  select 'dlv_' || replace(gen_random_uuid()::text, '-', ''), org_id, hook_id, delivery_id, 'done', 0, at, at, at from hook_delivery;
delete from hook_delivery;
