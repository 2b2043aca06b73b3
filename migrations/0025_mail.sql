-- What people are told: by mail, and (with the next migration's channels) in chat. A message is a row before it is sent.

create table mail_setting (
  org_id text primary key references organisation(id),
  host text not null,
  port int not null check (port between 1 and 65535),
  -- `tls`: from the first byte. `starttls`: required, never optional. `none`: in the clear, to allowed places, without a password.
  tls text not null check (tls in ('tls', 'starttls', 'none')),
  username text,
  sealed bytea,
  sender text not null,
  -- From it the links in mails are made; sealed, and never answered.
  link_key bytea not null,
  -- What is asked of a person should be answered within so long; before its end they are reminded once.
  answer_within_ms bigint not null,
  remind_before_ms bigint not null,
  state text not null check (state in ('new', 'working', 'failing')),
  last_error text,
  checked_at timestamptz(3),
  changed_at timestamptz(3) not null,
  version int not null default 1
);
select yardmaster_tenant('mail_setting');

-- How a person wants to be told; who has no row is told by default.
create table notice_preference (
  person_id text primary key references person(id),
  org_id text not null references organisation(id),
  wants jsonb not null,
  -- Null: their first address.
  address text,
  zone text not null,
  digest_hour int not null check (digest_hour between 0 and 23),
  -- Minutes of the local day; both null: never quiet.
  quiet_from int check (quiet_from between 0 and 1439),
  quiet_until int check (quiet_until between 0 and 1439),
  version int not null default 1
);
select yardmaster_tenant('notice_preference');

create table notice (
  id text primary key,
  org_id text not null references organisation(id),
  road text not null,
  -- A person (mail) or a channel (chat).
  receiver text not null,
  kind text not null,
  -- What it tells, in short: the same is told once to each receiver.
  mark text not null,
  subject text not null,
  lines jsonb not null,
  -- A path of ours.
  link text not null,
  release_id text,
  environment text,
  -- `digest`: waits to be gathered. `told`: was gathered. `dropped`: was not true any more. `parked`: a person must look.
  state text not null check (state in ('queued', 'digest', 'sent', 'told', 'dropped', 'parked')),
  attempts int not null default 0,
  due_at timestamptz(3) not null,
  outcome text,
  at timestamptz(3) not null,
  done_at timestamptz(3),
  -- What was asked is answered, reminded of, or asked no more.
  over boolean not null default false,
  unique (receiver, mark)
);
select yardmaster_tenant('notice');
create index notice_due on notice (due_at) where state in ('queued', 'digest');
create index notice_newest on notice (org_id, at desc, id desc);
create index notice_release on notice (release_id, kind) where release_id is not null;

-- Links in mails: only a digest of each. A link leads its person to a page, once with a form; it decides nothing.
create table notice_link (
  secret_digest text primary key,
  org_id text not null references organisation(id),
  notice_id text not null,
  person_id text not null references person(id),
  purpose text not null check (purpose in ('decide', 'unsubscribe')),
  target text not null,
  made_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  opened_at timestamptz(3)
);
select yardmaster_tenant('notice_link');
create index notice_link_age on notice_link (expires_at);
