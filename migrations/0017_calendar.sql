-- What a freeze or window said before a person changed it, and from when to when that held: the calendar of the past
-- shows what stood then, and every move keeps its reason.
create table calendar_window_past (
  window_id text not null references calendar_window(id),
  -- The version that this was.
  version int not null,
  org_id text not null references organisation(id),
  scope jsonb not null,
  schedule jsonb not null,
  reason text not null,
  ticket text not null,
  exempt text[] not null,
  on_running text not null,
  valid_from timestamptz(3) not null,
  valid_until timestamptz(3) not null,
  changed_by text not null,
  because text not null check (because <> ''),
  primary key (window_id, version)
);
select yardmaster_tenant('calendar_window_past');

-- Since when it says what it says now; null: since it was made.
alter table calendar_window add column changed_at timestamptz(3);

-- The waiver that this one goes on from, where a person asked for more time.
alter table waiver add column extends text references waiver(id);
