-- Inventories: what was found in forges and CI servers at one moment. Repositories are rows, so that a killed server goes on where it was.

create table inventory (
  id text primary key,
  org_id text not null references organisation(id),
  asked_by text not null,
  asked_at timestamptz(3) not null,
  -- When the repositories of every connection were listed, and when the last of them was looked at.
  listed_at timestamptz(3),
  done_at timestamptz(3),
  -- [{where, why}]: what could not be asked.
  faults jsonb not null default '[]'
);
select yardmaster_tenant('inventory');
create index inventory_newest on inventory (org_id, asked_at desc);

create table inventory_repository (
  inventory_id text not null references inventory(id) on delete cascade,
  org_id text not null references organisation(id),
  connection_id text not null,
  key text not null,
  name text not null,
  url text,
  branch text,
  -- {pipelines, environments, branchProtected, fault}; null: not looked at yet.
  found jsonb,
  primary key (inventory_id, connection_id, key)
);
select yardmaster_tenant('inventory_repository');
create index inventory_repository_due on inventory_repository (inventory_id) where found is null;
