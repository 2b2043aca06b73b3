-- Deliveries that are only hints come by the thousands a second: what of them came together lies together.

-- The bytes of the deliveries of one transaction: headers as JSON and body of each, one after the other, in one zstd frame.
create table delivery_batch (
  id bigint generated always as identity primary key,
  org_id text not null,
  at timestamptz(3) not null,
  -- How many there were, and how long their bodies are.
  deliveries int not null,
  size bigint not null,
  bytes bytea not null
);
-- They are compressed already.
alter table delivery_batch alter column bytes set storage external;
select yardmaster_tenant('delivery_batch');
create index delivery_batch_age on delivery_batch (at);

-- Where in its batch a delivery lies: its headers from `place` on, `head` bytes of them, and then its body.
alter table delivery add column batch_id bigint, add column place int, add column head int;

-- That a hook brought something at `at` of which its taker was not told yet. A delivery that is done is so once its hint is gone.
create table delivery_hint (
  id bigint generated always as identity primary key,
  org_id text not null,
  hook_id text not null,
  at timestamptz(3) not null
);
select yardmaster_tenant('delivery_hint');
