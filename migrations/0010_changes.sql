-- Who agreed: change records and votes.

create table change_record (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null,
  release_id text not null unique,
  type text not null check (type in ('standard', 'normal', 'emergency')),
  state text not null check (state in ('open', 'approved', 'implementing', 'closed')),
  outcome text check (outcome in ('success', 'failed', 'rolled-back', 'abandoned')),
  requested_by text,
  opened_at timestamptz(3) not null,
  closed_at timestamptz(3),
  version int not null default 1,
  check ((state = 'closed') = (outcome is not null and closed_at is not null))
);
select yardmaster_tenant('change_record');
create index change_record_list on change_record (org_id, opened_at desc, id desc);

create table approval (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null,
  release_id text not null,
  environment_id text not null,
  change_id text not null references change_record(id),
  person_id text not null,
  on_behalf_of text,
  verdict text not null check (verdict in ('approve', 'reject')),
  reason text not null check (reason <> ''),
  intent text not null,
  -- The row version of the release's target that the voter saw: one vote for each person and version, so that a
  -- request sent again, or found in an old mail, is nothing new.
  target_version int not null,
  given_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  withdrawn_at timestamptz(3),
  used_by text,
  used_at timestamptz(3),
  -- Told once as a fact; the decision itself looks at the times and the intent.
  ended_as text check (ended_as in ('withdrawn', 'expired', 'void')),
  version int not null default 1,
  unique (release_id, environment_id, person_id, target_version)
);
select yardmaster_tenant('approval');
create index approval_due on approval (expires_at) where ended_as is null and used_by is null;
