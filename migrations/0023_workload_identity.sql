-- Workload identity: jobs of other CI prove who they are with a token of their issuer, and nobody keeps a secret for it.

create table workload_trust (
  id text primary key,
  org_id text not null references organisation(id),
  name text not null,
  -- Exactly as the tokens say it.
  issuer text not null,
  audience text not null,
  -- Claim -> patterns, of which one must fit. All claims named must.
  conditions jsonb not null,
  -- As whom its jobs act; `own_bot`: the bot was made for this trust and ends with it.
  bot_id text not null references bot(id),
  own_bot boolean not null,
  -- What narrows the bot further; null: nothing does.
  actions text[],
  services text[],
  max_age_s int not null check (max_age_s between 60 and 86400),
  created_by text not null,
  created_at timestamptz(3) not null,
  removed_at timestamptz(3)
);
select yardmaster_tenant('workload_trust');
create unique index workload_trust_name on workload_trust (org_id, name) where removed_at is null;
create index workload_trust_issuer on workload_trust (issuer) where removed_at is null;

alter table credential
  add column workload_id text references workload_trust(id),
  -- What the issuer said of the job, in our words.
  add column witness jsonb,
  -- Digest over issuer and token id: a token is used as one credential or exchanged for one, once.
  add column workload_use text;
create unique index credential_workload_use on credential (org_id, workload_use) where workload_use is not null;
create index credential_workload on credential (workload_id, created_at) where workload_id is not null;
