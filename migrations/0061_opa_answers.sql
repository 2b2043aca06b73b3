-- What an Open Policy Agent answered, for a little while: a decision that read an answer keeps it among its own inputs.
create table opa_answer (
  org_id text not null references organisation(id),
  -- The name of the connection, and the document below v1/data.
  connection text not null,
  path text not null,
  -- Digest of the canonical input that was asked about.
  input_digest text not null,
  -- null: neither yes nor no; the reasons say why.
  answer boolean,
  reasons jsonb not null,
  asked_at timestamptz(3) not null,
  primary key (org_id, connection, path, input_digest)
);
create index opa_answer_age on opa_answer (org_id, asked_at);
select yardmaster_tenant('opa_answer');
