-- Uploads in parts: what is cut off goes on where it stopped. A part is a stored blob; its row is the truth of how far an upload came.

create table upload (
  id text primary key,
  org_id text not null references organisation(id),
  service_id text not null references service(id),
  -- What the whole will be; nothing is stored under it before all of it is there and right.
  digest text not null,
  size bigint not null check (size > 0),
  -- Bytes that are here.
  offset_bytes bigint not null default 0 check (offset_bytes >= 0 and offset_bytes <= size),
  begun_by text not null,
  begun_at timestamptz(3) not null,
  -- When a part came last; untouched for a day, it is removed.
  touched_at timestamptz(3) not null,
  unique (service_id, digest)
);
select yardmaster_tenant('upload');
create index upload_touched on upload (touched_at);

create table upload_part (
  upload_id text not null references upload(id) on delete cascade,
  at_byte bigint not null,
  org_id text not null references organisation(id),
  digest text not null,
  size bigint not null check (size > 0),
  primary key (upload_id, at_byte)
);
select yardmaster_tenant('upload_part');
create index upload_part_digest on upload_part (digest);
