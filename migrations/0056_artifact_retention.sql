-- How long artifacts are kept, by how far they came, and how many of each service whatever their age; holds over a release or an artifact.

alter table retention_rule add column keep int check (keep between 0 and 100000);

-- Retention took the bytes away; what was built, attested and decided stays.
alter table artifact add column removed_at timestamptz(3);

-- A hold over a release also names its run (run_id), so that logs and reports of it stay as well.
alter table legal_hold add column release_id text;
alter table legal_hold add column artifact_digest text;
