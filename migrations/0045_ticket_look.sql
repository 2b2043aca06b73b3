-- What a release was made for: the tickets that its commits name, and when their trackers were asked.

create table release_ticket (
  release_id text primary key references release(id),
  org_id text not null references organisation(id),
  -- Keys that are tickets, and those of them that their tracker does not know.
  keys text[] not null,
  absent text[] not null,
  -- When all of them were known at once; null: never yet.
  known_at timestamptz(3),
  -- Why the last look did not find everything out; null: it did.
  error text,
  looked_at timestamptz(3) not null
);
select yardmaster_tenant('release_ticket');
