-- What VEX documents say of vulnerabilities, and since when a service has each finding.

create table vex_statement (
  report_id text not null references report(id),
  position int not null,
  org_id text not null references organisation(id),
  vulnerability text not null,
  aliases text[] not null,
  products text[] not null,
  status text not null check (status in ('not_affected', 'affected', 'fixed', 'under_investigation')),
  justification text,
  statement text,
  source text not null,
  primary key (report_id, position)
);
select yardmaster_tenant('vex_statement');

-- When a finding was first seen in a protected run of a service: its clock runs from then, however often it is told again.
create table finding_clock (
  org_id text not null references organisation(id),
  service_id text not null,
  fingerprint text not null,
  first_seen_at timestamptz(3) not null,
  report_id text not null references report(id),
  primary key (org_id, service_id, fingerprint)
);
select yardmaster_tenant('finding_clock');
