-- What the repository of a service asks for itself at a commit, as its file stood there; kept when a release is made of it.

create table repository_rules (
  org_id text not null references organisation(id),
  service_id text not null,
  commit_id text not null,
  -- Null: the file is larger than is read.
  source text,
  at timestamptz(3) not null,
  version int not null default 1,
  primary key (org_id, service_id, commit_id)
);
select yardmaster_tenant('repository_rules');
