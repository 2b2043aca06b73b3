-- Merge requests as their forges last said they are, and what was said there of our commits.

-- When the forge is looked at again for what git does not tell: merge requests, protection.
alter table source add column forge_due_at timestamptz(3);

create table merge_request (
  id text primary key,
  org_id text not null references organisation(id),
  source_id text not null references source(id) on delete cascade,
  number int not null,
  title text not null,
  state text not null check (state in ('open', 'merged', 'closed')),
  draft boolean not null,
  source_branch text,
  target_branch text,
  head_commit text,
  merge_commit text,
  -- The ref under which git gets the head; null: its branch is looked at.
  head_ref text,
  -- Its head lies in a repository of somebody else; null: not known, which counts as yes.
  fork boolean,
  labels text[] not null,
  link text,
  -- False: there are more people than were read.
  complete boolean not null,
  -- The commit at which somebody let a run of a fork's merge request go, and who.
  allowed_commit text,
  allowed_by text,
  opened_at timestamptz(3),
  changed_at timestamptz(3),
  seen_at timestamptz(3) not null,
  version int not null default 1,
  unique (source_id, number)
);
select yardmaster_tenant('merge_request');
create index merge_request_list on merge_request (org_id, seen_at desc, id desc);
create index merge_request_commit on merge_request (source_id, merge_commit) where merge_commit is not null;

-- Personal data: names and addresses can be emptied here, facts hold numbers and commits only.
create table merge_request_person (
  merge_request_id text not null references merge_request(id) on delete cascade,
  position int not null,
  org_id text not null references organisation(id),
  role text not null check (role in ('opened', 'wrote', 'asked', 'reviewed')),
  login text,
  name text,
  email text,
  bot boolean not null,
  -- Of a review: what it says, of which commit.
  review text,
  commit_id text,
  at timestamptz(3),
  primary key (merge_request_id, position)
);
select yardmaster_tenant('merge_request_person');

create table branch_protection (
  source_id text not null references source(id) on delete cascade,
  branch text not null,
  org_id text not null references organisation(id),
  -- `unknown`: the forge does not say it, which is not a no.
  state text not null check (state in ('protected', 'open', 'unknown')),
  detail text not null,
  seen_at timestamptz(3) not null,
  primary key (source_id, branch)
);
select yardmaster_tenant('branch_protection');

-- What is to be shown at a forge beside a commit, and what is shown. The latest wish wins; a row is in one hand at a time.
create table forge_status (
  id text primary key,
  org_id text not null references organisation(id),
  connection_id text not null,
  path text not null,
  commit_id text not null,
  context text not null,
  wanted jsonb not null,
  wanted_digest text not null,
  shown_digest text,
  attempts int not null default 0,
  due_at timestamptz(3) not null,
  last_error text,
  wanted_at timestamptz(3) not null,
  shown_at timestamptz(3),
  unique (connection_id, path, commit_id, context)
);
select yardmaster_tenant('forge_status');
create index forge_status_due on forge_status (due_at) where shown_digest is distinct from wanted_digest;
