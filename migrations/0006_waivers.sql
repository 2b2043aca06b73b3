-- Everything that suspends a rule for a while, in one shape. A debt is a rule that was passed over and is still owed.
create table waiver (
  id text primary key,
  org_id text not null references organisation(id),
  kind text not null check (kind in ('finding', 'check', 'freeze', 'quarantine', 'approval', 'debt')),
  team_id text not null,
  service_id text,
  environment_id text,
  -- What exactly it lifts, by kind: a fingerprint, CVE or purl; a check; a freeze; a test; what is owed.
  subject text not null,
  owner text not null,
  reason text not null,
  ticket text not null,
  requested_by text not null,
  -- Integer minor units and ISO 4217, where a price was named.
  price_minor bigint,
  price_currency text,
  -- For a debt this is when it falls due; it does not end by itself.
  expires_at timestamptz(3) not null,
  state text not null check (state in ('requested', 'approved', 'rejected', 'revoked', 'expired', 'paid')),
  decided_by text,
  decided_at timestamptz(3),
  decided_reason text,
  version int not null default 1,
  created_at timestamptz(3) not null,
  -- Nobody lifts a rule alone; only a debt, which lifts nothing, has no second person.
  check (kind = 'debt' or state <> 'approved' or (decided_by <> requested_by and decided_by <> owner)),
  check ((price_minor is null) = (price_currency is null))
);
select yardmaster_tenant('waiver');
create index waiver_team on waiver (team_id, state);
create index waiver_list on waiver (org_id, created_at desc, id desc);
create index waiver_due on waiver (expires_at) where state in ('requested', 'approved') and kind <> 'debt';
