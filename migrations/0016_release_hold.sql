-- A release that a person holds: it goes nowhere until somebody ends the hold. Null: nobody does.
alter table release
  add column held jsonb check (held is null or (held ? 'by' and held ? 'at' and held->>'reason' <> ''));
