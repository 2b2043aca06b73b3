-- Connections to what teams already have: forges, CI servers, trackers, chat. What one may do there lies in its sealed credential.

create table connection (
  id text primary key,
  org_id text not null references organisation(id),
  vendor text not null,
  -- How people name it: `github`, `gitlab-corp`.
  name text not null,
  -- The address of its API's host, without path parameters and without credentials.
  url text not null,
  settings jsonb not null default '{}',
  -- The credential's fields as one sealed JSON object; null: none is needed.
  sealed bytea,
  -- `new`: never asked yet. `refused`: its credential is not taken any more, and nothing is asked until somebody gives another.
  state text not null check (state in ('new', 'working', 'failing', 'refused')),
  checked_at timestamptz(3),
  last_error text,
  failures int not null default 0,
  -- Asked to be quiet until then: rate limits, Retry-After, and our own patience after failures.
  quiet_until timestamptz(3),
  created_by text not null,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('connection');
create unique index connection_name on connection (org_id, name) where removed_at is null;
