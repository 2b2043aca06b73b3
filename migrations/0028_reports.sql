-- Reports are read by what they hold: `kind` is what the job declared, `format` what the bytes showed.
alter table report add column format text;
update report set format = kind where state = 'ok';

-- What tools say of a finding beside tool, rule and place. `vex`: the statement that suppresses it, as it was read.
alter table finding add column cwe int[] not null default '{}';
alter table finding add column aliases text[] not null default '{}';
alter table finding add column component text;
alter table finding add column fixed_in text;
alter table finding add column vex jsonb;
create index finding_fingerprint on finding (org_id, fingerprint);
