-- Keeping it: backups that were made, and what a restored instance waits for.

-- One row for each backup: what was asked for, how far it is, and what it holds.
create table backup (
  id text primary key,
  org_id text not null references organisation(id),
  state text not null check (state in ('wanted', 'running', 'done', 'failed', 'removed')),
  -- `person:...`, `system:schedule`, or `operator` for one made on the machine itself.
  asked_by text not null,
  folder text,
  -- One line: what is done just now, or why it failed.
  progress text,
  snapshot_at timestamptz(3),
  row_count bigint,
  blob_count bigint,
  bytes bigint,
  manifest_digest text,
  asked_at timestamptz(3) not null,
  started_at timestamptz(3),
  -- Who works on it says so; one that nobody works on any more has failed.
  seen_at timestamptz(3),
  finished_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('backup');
create index backup_newest on backup (asked_at desc, id desc);

-- One row for each time that this database came out of a backup. While one is paused, nothing acts.
create table restore (
  id text primary key,
  org_id text not null references organisation(id),
  state text not null check (state in ('paused', 'resumed')),
  manifest_digest text not null,
  snapshot_at timestamptz(3) not null,
  restored_at timestamptz(3) not null,
  -- The ledger goes on under this name.
  origin text not null,
  -- Fencing tokens begin above this: no agent has seen a higher one.
  fence_floor bigint not null default 0,
  -- What was found and done when a person resumed it.
  outcome jsonb,
  reason text,
  resumed_by text,
  resumed_at timestamptz(3),
  version int not null default 1
);
select yardmaster_tenant('restore');
create unique index restore_paused on restore (state) where state = 'paused';

-- What each agent says runs on its machine, and what it did that these books may not know.
create table restore_report (
  restore_id text not null references restore(id),
  agent_id text not null references agent(id),
  org_id text not null references organisation(id),
  report jsonb not null,
  at timestamptz(3) not null,
  primary key (restore_id, agent_id)
);
select yardmaster_tenant('restore_report');
