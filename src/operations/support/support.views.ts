import type { Tx } from '../../platform/floor.ts';

/** What support needs of the database: sizes, counts and states, never rows of people or bodies of facts. */
export async function tableSizes(tx: Tx) {
  return tx.query(
    `select n.nspname || '.' || c.relname as name, c.reltuples::bigint as rows, pg_total_relation_size(c.oid) as bytes,
       pg_indexes_size(c.oid) as "indexBytes", s.n_dead_tup as dead, s.last_autovacuum as "vacuumedAt"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_stat_user_tables s on s.relid = c.oid
     where c.relkind = 'r' and n.nspname in ('public', 'graphile_worker') order by 3 desc`,
  );
}

/** Durable work by task: how much waits, runs, failed, and since when. */
export async function jobStates(tx: Tx) {
  return tx.query(
    `select task_identifier as task, count(*) as jobs, count(*) filter (where locked_at is not null) as running,
       count(*) filter (where attempts >= max_attempts) as parked, max(attempts) as "mostAttempts", min(run_at) as "oldest",
       left(max(last_error), 500) as error
     from graphile_worker.jobs group by 1 order by 2 desc limit 200`,
  );
}

/** Settings of PostgreSQL that differ from its defaults; what could name a secret is left out. */
export async function databaseSettings(tx: Tx) {
  return tx.query(
    `select name, setting, unit from pg_settings
     where source not in ('default', 'client', 'session') and name !~ '(password|passphrase|conninfo|command|file|directory|secret|key)' order by 1`,
  );
}

export async function migrations(tx: Tx) {
  return tx.query(`select name, applied_at as at from migration union select name, applied_at from expansion order by 1`);
}

export async function connections(tx: Tx) {
  return tx.query(
    `select application_name as name, state, wait_event_type as waits, count(*) as n,
       coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::int as "oldestTransactionS"
     from pg_stat_activity where datname = current_database() group by 1, 2, 3 order by 4 desc limit 100`,
  );
}

export async function machines(tx: Tx) {
  return tx.query(
    `select 'agent' as kind, id, last_seen_at as "seenAt", revoked_at as "revokedAt" from agent
     union all select 'runner', id, seen_at, revoked_at from runner order by 1, 2 limit 2000`,
  );
}

/** The slowest statements in sum, where the extension counts them; constants are parameters there. */
export async function slowStatements(tx: Tx): Promise<unknown[] | null> {
  const there = await tx.maybe(`select 1 as yes from pg_extension where extname = 'pg_stat_statements'`);
  if (there === null) return null;
  return tx.query(
    `select left(query, 2000) as query, calls, round(total_exec_time) as "totalMs", round(mean_exec_time::numeric, 2)::text as "meanMs", rows
     from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
     order by total_exec_time desc limit 50`,
  );
}
