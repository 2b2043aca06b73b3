-- Changes of policies that wait for the approval of another person, where the policy in force asks for one.

create table policy_proposal (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  -- The version that the change was made from: another change in between ends it.
  from_version int not null,
  source text not null,
  digest text not null,
  reason text not null,
  proposed_by text not null,
  state text not null check (state in ('open', 'applied', 'rejected', 'withdrawn')),
  needed int not null check (needed > 0),
  decided_by text,
  decided_reason text,
  decided_at timestamptz(3),
  created_at timestamptz(3) not null,
  version int not null default 1,
  check (decided_by is null or state = 'withdrawn' or decided_by <> proposed_by)
);
select yardmaster_tenant('policy_proposal');
create index policy_proposal_open on policy_proposal (org_id, name, created_at desc);

create table policy_proposal_vote (
  proposal_id text not null references policy_proposal(id),
  person_id text not null,
  org_id text not null references organisation(id),
  at timestamptz(3) not null,
  primary key (proposal_id, person_id)
);
select yardmaster_tenant('policy_proposal_vote');
