-- Webhooks that go out: who is told of what, and what became of each telling.

create table hook_out (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  url text not null,
  -- Types of facts; empty: every one that its form has a word for.
  types text[] not null,
  -- CEL over `fact`; null: all of these types.
  filter text,
  form text not null check (form in ('cdevents', 'facts')),
  sealed bytea not null,
  state text not null check (state in ('active', 'disabled')),
  -- Failures without a success between them, and since when.
  failures int not null default 0,
  failing_since timestamptz(3),
  -- Left alone until then.
  quiet_until timestamptz(3),
  why text,
  created_by text not null,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('hook_out');

-- How far the ledger has been read for an organisation.
create table hook_out_cursor (
  org_id text primary key references organisation(id),
  seq bigint not null
);
select yardmaster_tenant('hook_out_cursor');

create table hook_out_delivery (
  -- The webhook-id: the same over all attempts.
  id text primary key,
  org_id text not null references organisation(id),
  hook_id text not null references hook_out(id),
  -- The fact that it tells; null: a test.
  fact_id text,
  type text not null,
  content_type text not null,
  payload text not null,
  state text not null check (state in ('waiting', 'delivered', 'parked')),
  attempts int not null default 0,
  due_at timestamptz(3) not null,
  -- What the last attempt was answered: a status, and the beginning of the words.
  status int,
  answer text,
  at timestamptz(3) not null,
  done_at timestamptz(3),
  unique (hook_id, fact_id)
);
select yardmaster_tenant('hook_out_delivery');
create index hook_out_delivery_due on hook_out_delivery (due_at) where state = 'waiting';
create index hook_out_delivery_age on hook_out_delivery (at);
