-- Machines that run jobs of CI servers, as they were told when the inventory was taken: src/integrations/inventory/found.ts.
alter table inventory add column agents jsonb not null default '[]';
