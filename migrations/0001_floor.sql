-- The floor: organisations and their wall, facts, leases, kept answers, the clock.

create table organisation (
  id text primary key,
  name text not null,
  created_at timestamptz(3) not null
);

-- Every table of a tenant gets the same wall. '*' is for the program's own sweepers and sequencer; a request never has it.
create function yardmaster_tenant(target regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy tenant on %s using (org_id = current_setting(''yardmaster.org'', true) or current_setting(''yardmaster.org'', true) = ''*'')',
    target);
end $$;

-- Database time for decisions. Only tests ever put a row here.
create table clock_offset (offset_ms bigint not null);
create function yardmaster_now() returns timestamptz(3) language sql volatile as $$
  select date_trunc('milliseconds', clock_timestamp()) + coalesce((select sum(offset_ms) from clock_offset), 0) * interval '1 millisecond'
$$;

-- One row: what this instance is. A restored instance opens a new epoch.
create table instance (
  only_one boolean primary key default true check (only_one),
  id text not null,
  epoch int not null default 1,
  created_at timestamptz(3) not null
);

-- What happened. Written once, in the transaction of the row it changes, never updated.
create table fact (
  id bigint generated always as identity (cache 1) primary key,
  fact_id text not null unique,
  org_id text not null references organisation(id),
  type text not null,
  subject text not null,
  service_id text,
  actor text not null,
  at timestamptz(3) not null,
  leaf bytea not null,
  body jsonb not null
);
select yardmaster_tenant('fact');
create index fact_subject on fact (subject, id);
create index fact_type on fact (org_id, type, id);
create index fact_service on fact (service_id, id) where service_id is not null;

create table ledger_pending (
  fact_row bigint primary key references fact(id),
  org_id text not null
);
select yardmaster_tenant('ledger_pending');

-- Who holds what, until when. The token only grows, and every write of a holder is conditional on it.
create table lease (
  name text primary key,
  org_id text not null references organisation(id),
  holder text not null,
  token bigint not null,
  until timestamptz(3) not null
);
select yardmaster_tenant('lease');

-- Answers kept under the Idempotency-Key, in the transaction of the command they answer.
create table idempotency (
  org_id text not null references organisation(id),
  actor text not null,
  key text not null,
  request_digest text not null,
  status int not null,
  answer jsonb,
  at timestamptz(3) not null,
  primary key (org_id, actor, key)
);
select yardmaster_tenant('idempotency');
create index idempotency_age on idempotency (at);

-- Job pools that are alive; the jobs of dead ones are unlocked.
create table worker_pool (
  id text primary key,
  seen_at timestamptz(3) not null
);
