-- Bookings: an environment, or one service in it, kept for a person from one instant until another. And what the board reads.

create table booking (
  id text primary key,
  org_id text not null references organisation(id),
  environment_id text not null references environment(id),
  -- Null: the whole environment.
  service_id text references service(id),
  owner_id text not null references person(id),
  reason text not null check (reason <> ''),
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null check (ends_at > starts_at),
  -- Given back before its end.
  ended_at timestamptz(3),
  ended_by text,
  version int not null default 1,
  created_at timestamptz(3) not null
);
select yardmaster_tenant('booking');
create index booking_place on booking (environment_id, ends_at) where ended_at is null;

-- The newest open release of each service, and the last run of each.
create index release_newest on release (service_id, created_at desc, id desc) where state = 'open';
