-- The ledger: an append-only Merkle log over the leaves of all facts, and its signed checkpoints.
--
-- One log serves the whole instance, whatever the organisation: these tables hold positions, hashes and signed roots,
-- never a tenant's words, so they carry no org_id and no wall. The facts themselves stay behind theirs.

create table ledger_entry (
  seq bigint primary key check (seq >= 0),
  fact_row bigint not null unique references fact(id),
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32)
);

-- The hash over each full block of 256^level leaves. With them every proof in a log of a million entries reads at
-- most 256 rows per level, and nothing here is ever rewritten.
create table ledger_tile (
  level int not null check (level > 0),
  index bigint not null check (index >= 0),
  hash bytea not null check (octet_length(hash) = 32),
  primary key (level, index)
);

-- What each epoch of the log follows. A restored instance opens a new one, because its old origin may have signed more.
create table ledger_epoch (
  epoch int primary key,
  follows_origin text not null,
  follows_size bigint not null,
  follows_root bytea not null,
  reason text not null,
  opened_at timestamptz(3) not null
);

create table ledger_checkpoint (
  origin text not null,
  size bigint not null check (size > 0),
  root bytea not null check (octet_length(root) = 32),
  note text not null,
  at timestamptz(3) not null,
  primary key (origin, size)
);
create index ledger_checkpoint_age on ledger_checkpoint (at, size);

-- Written once. Who can switch a trigger off can still rewrite rows; that is what checkpoints kept elsewhere show.
create function yardmaster_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are written once: % is refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;

create trigger append_only before update or delete on fact for each row execute function yardmaster_append_only();
create trigger append_only before update or delete on ledger_entry for each row execute function yardmaster_append_only();
create trigger append_only before update or delete on ledger_tile for each row execute function yardmaster_append_only();
create trigger append_only before update or delete on ledger_epoch for each row execute function yardmaster_append_only();
create trigger append_only before update or delete on ledger_checkpoint for each row execute function yardmaster_append_only();
create trigger no_truncate before truncate on fact for each statement execute function yardmaster_append_only();
create trigger no_truncate before truncate on ledger_entry for each statement execute function yardmaster_append_only();
create trigger no_truncate before truncate on ledger_tile for each statement execute function yardmaster_append_only();
create trigger no_truncate before truncate on ledger_epoch for each statement execute function yardmaster_append_only();
create trigger no_truncate before truncate on ledger_checkpoint for each statement execute function yardmaster_append_only();
