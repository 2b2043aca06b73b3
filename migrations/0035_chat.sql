-- Chat: where news go, the one message of each release that is edited in place, and who somebody in a chat is.

create table chat_channel (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  kind text not null check (kind in ('slack', 'slack-webhook', 'teams')),
  -- For `slack`: the connection whose token is used, and the channel there.
  connection_id text,
  target text,
  -- For webhooks: the address, which is a secret.
  sealed bytea,
  kinds text[] not null,
  -- Names; null: of everything.
  team text,
  service text,
  environment text,
  state text not null check (state in ('new', 'working', 'failing')),
  last_error text,
  checked_at timestamptz(3),
  created_by text not null,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('chat_channel');
create unique index chat_channel_name on chat_channel (org_id, name) where removed_at is null;

-- One message for each release in each channel. What it says is made when it is written: `wanted` counts news, `written`
-- how many of them it holds.
create table chat_living (
  channel_id text not null references chat_channel(id),
  release_id text not null,
  org_id text not null references organisation(id),
  posted_in text,
  ts text,
  mark text,
  wanted int not null default 1,
  written int not null default 0,
  attempts int not null default 0,
  due_at timestamptz(3) not null,
  hand_until timestamptz(3),
  primary key (channel_id, release_id)
);
select yardmaster_tenant('chat_living');
create index chat_living_due on chat_living (due_at) where wanted > written;

create table chat_login (
  connection_id text not null,
  user_id text not null,
  org_id text not null references organisation(id),
  person_id text not null references person(id),
  given_by text not null,
  given_at timestamptz(3) not null,
  primary key (connection_id, user_id)
);
select yardmaster_tenant('chat_login');

-- Signatures that were taken, until they are too old to be taken again.
create table chat_heard (
  mark text primary key,
  org_id text not null references organisation(id),
  at timestamptz(3) not null
);
select yardmaster_tenant('chat_heard');
create index chat_heard_age on chat_heard (at);
