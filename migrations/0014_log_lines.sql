-- Logs by line: how many lines each part of a growing log ends, and for each block of a sealed log how many lines it ends
-- and its digest, so that a range is read and verified without the rest.

alter table job_log add column lines int
  generated always as (length(encode(bytes, 'escape')) - length(replace(encode(bytes, 'escape'), E'\n', ''))) stored;

-- Null until it was asked for, or sealed by a server that knew of it; `src/pipelines/logs/log-index.ts` says its form.
alter table job_attempt add column log_index bytea;

-- Lists of runs by what they are filtered by.
create index run_ref on run (org_id, ref, queued_at desc, id desc);
create index run_state on run (org_id, state, queued_at desc, id desc);
create index run_person on run (org_id, requested_person, queued_at desc, id desc) where requested_person is not null;
create index job_run on job (run_id, position);
