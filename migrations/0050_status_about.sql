-- What a status at a forge is about (a release), so that it is asked anew when something happens that may change its answer.
alter table forge_status add column about text;
create index forge_status_about on forge_status (org_id, wanted_at) where about is not null;
