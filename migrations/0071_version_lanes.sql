-- Numbers that branches hold while they are open: a hotfix lane keeps its number while the trunk moves on.

create table version_reserved (
  org_id text not null references organisation(id),
  service_id text not null,
  number text not null,
  -- The branch, by its short name.
  lane text not null,
  reserved_at timestamptz(3) not null,
  -- Given to the lane, or the lane is gone.
  ended_at timestamptz(3),
  version int not null default 1,
  primary key (service_id, number, reserved_at)
);
select yardmaster_tenant('version_reserved');
-- One lane holds a number at a time, and one number a lane.
create unique index version_reserved_number on version_reserved (service_id, number) where ended_at is null;
create unique index version_reserved_lane on version_reserved (service_id, lane) where ended_at is null;
