import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runMigrations } from 'graphile-worker';
import type pg from 'pg';
import { digestOf } from '../../kernel/digest.ts';
import { schemaNewer } from '../platform.problems.ts';

const LOCK = 7420_0001;

/**
 * Brings the schema up to date, under a lock so that many servers may start at once. Each file runs in its own
 * transaction and is remembered with its digest; a changed file of the past is a bug and stops the start.
 */
export async function migrate(pool: pg.Pool, folder: string): Promise<{ readonly applied: readonly string[] }> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort();
  const client = await pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migration (name text primary key, digest text not null, applied_at timestamptz(3) not null)',
    );
    const known = new Map(
      (await client.query<{ name: string; digest: string }>('select name, digest from migration')).rows.map((row) => [
        row.name,
        row.digest,
      ]),
    );
    for (const name of known.keys()) if (!names.includes(name)) throw schemaNewer({ name });
    const applied: string[] = [];
    for (const name of names) {
      const sql = await readFile(join(folder, name), 'utf8');
      if (await apply(client, name, sql, known.get(name))) applied.push(name);
    }
    await runMigrations({ pgPool: pool, logger: undefined as never });
    return { applied };
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    await client.query('reset statement_timeout').catch(() => undefined);
    client.release();
  }
}

async function apply(client: pg.PoolClient, name: string, sql: string, known: string | undefined): Promise<boolean> {
  const digest = digestOf(sql);
  if (known === digest) return false;
  if (known !== undefined) throw new Error(`migration ${name} was changed after it had been applied`);
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into migration (name, digest, applied_at) values ($1, $2, clock_timestamp())', [name, digest]);
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    throw new Error(`migration ${name} failed`, { cause: error });
  }
}
