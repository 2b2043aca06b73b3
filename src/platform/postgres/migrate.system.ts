import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runMigrations } from 'graphile-worker';
import type pg from 'pg';
import { digestOf } from '../../kernel/digest.ts';
import { schemaNewer } from '../platform.problems.ts';
import { needsOf, refusedByAll, tooNew } from './compatibility.ts';

const LOCK = 7420_0001;

/**
 * Brings the schema up to date, under a lock so that many servers may start at once; with `names`, only to these. Each
 * file runs in its own transaction and is remembered with its digest; a changed file of the past is a bug and stops the
 * start. Migrations that this program doesn't know stop it (`platform.schema-newer`), unless they say that it may run beside them.
 */
export async function migrate(pool: pg.Pool, folder: string, names?: readonly string[]): Promise<{ readonly applied: readonly string[] }> {
  const known = await migrationFiles(folder);
  const client = await pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migration (name text primary key, digest text not null, applied_at timestamptz(3) not null)',
    );
    await client.query(
      'create table if not exists expansion (name text primary key, digest text not null, needs text not null, applied_at timestamptz(3) not null)',
    );
    const { rows } = await client.query<{ name: string; digest: string; needs: string | null }>(
      'select coalesce(e.name, m.name) as name, coalesce(e.digest, m.digest) as digest, e.needs from migration m full join expansion e on e.name = m.name',
    );
    const stranger = tooNew(rows, known);
    if (stranger !== null) throw schemaNewer({ name: stranger });
    const digests = new Map(rows.map((row) => [row.name, row.digest]));
    const applied: string[] = [];
    for (const name of names ?? known) {
      const sql = await readFile(join(folder, name), 'utf8');
      if (await apply(client, name, sql, digests.get(name))) applied.push(name);
    }
    await runMigrations({ pgPool: pool, logger: undefined as never });
    return { applied };
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    await client.query('reset statement_timeout').catch(() => undefined);
    client.release();
  }
}

/** The migrations that this program knows, in order. */
export async function migrationFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort();
}

async function apply(client: pg.PoolClient, name: string, sql: string, known: string | undefined): Promise<boolean> {
  const digest = digestOf(sql);
  if (known === digest) return false;
  if (known !== undefined) throw new Error(`migration ${name} was changed after it had been applied`);
  const needs = needsOf(name, sql);
  await client.query('begin');
  try {
    await client.query(sql);
    if (refusedByAll(name, needs))
      await client.query('insert into migration (name, digest, applied_at) values ($1, $2, clock_timestamp())', [name, digest]);
    if (needs !== name.slice(0, 4))
      await client.query('insert into expansion (name, digest, needs, applied_at) values ($1, $2, $3, clock_timestamp())', [
        name,
        digest,
        needs,
      ]);
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    throw new Error(`migration ${name} failed`, { cause: error });
  }
}
