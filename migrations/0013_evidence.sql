-- Which fact names which thing: the edges that traces are walked along. Filled in the transaction of the fact itself,
-- so a trace is never behind; derived from `fact` alone, so it can be dropped and built again.

create table fact_mention (
  node text not null,
  fact_row bigint not null references fact(id),
  org_id text not null references organisation(id),
  -- Where in the body it stands (`release`, `digests`, `previous.release` ...), or `subject`.
  role text not null,
  primary key (node, fact_row, role)
);
select yardmaster_tenant('fact_mention');
create index fact_mention_fact on fact_mention (fact_row);

-- Ids (`rel_` and 32 hex digits), digests (`sha256:`) and commits (40 or 64 hex digits), wherever they stand in a body.
create function yardmaster_mentions(subject text, body jsonb) returns table (node text, role text) language sql immutable as $$
  with recursive walk(role, value) as (
    select start.role, start.value from (values ('subject', to_jsonb(subject)), ('', body)) as start(role, value)
    union all
    select inner_value.role, inner_value.value
    from walk cross join lateral (
      select ltrim(walk.role || '.' || key, '.') as role, value from jsonb_each(case jsonb_typeof(walk.value) when 'object' then walk.value else '{}' end)
      union all
      select walk.role, value from jsonb_array_elements(case jsonb_typeof(walk.value) when 'array' then walk.value else '[]' end)
    ) as inner_value(role, value)
  )
  select distinct value #>> '{}', role from walk
  where jsonb_typeof(value) = 'string'
    and value #>> '{}' ~ '^([a-z]{2,5}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$'
$$;

create function yardmaster_note_mentions() returns trigger language plpgsql as $$
begin
  insert into fact_mention (node, fact_row, org_id, role)
  select found.node, new.id, new.org_id, found.role from yardmaster_mentions(new.subject, new.body) as found;
  return null;
end $$;

create trigger note_mentions after insert on fact for each row execute function yardmaster_note_mentions();

insert into fact_mention (node, fact_row, org_id, role)
select found.node, fact.id, fact.org_id, found.role from fact cross join lateral yardmaster_mentions(fact.subject, fact.body) as found;

create index fact_actor on fact (org_id, actor, id);
