import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { Problem } from '../../kernel/problem.ts';
import { testDatabase } from '../../testing/database.ts';
import { makeLog } from '../log.system.ts';
import { contractions, FIRST_EXPANSION, needsOf, refusedByAll, tooNew } from './compatibility.ts';
import { migrate } from './migrate.system.ts';
import { clientOptions, makePool } from './pool.system.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations');
const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sql'))
  .sort();

test('a migration after the first release only adds, or says what a program must know', () => {
  const broken = files
    .filter((name) => name >= FIRST_EXPANSION)
    .map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const)
    .filter(([name, sql]) => needsOf(name, sql) === '0013' && contractions(sql).length > 0)
    .map(([name, sql]) => `${name}: ${contractions(sql).join('; ')}`);
  expect(broken).toEqual([]);
});

test('what takes something away is recognised, and what adds is not', () => {
  const takes = [
    'alter table run drop column cause;',
    'drop table x;',
    'alter table run rename column a to b;',
    'alter table run alter column a set not null;',
    'alter table run alter column a type bigint;',
    'alter table run add column a text not null;',
    'alter table run add constraint c check (a > 0);',
    '-- widens: d\nalter table run drop constraint c;',
    '-- widens: c\nalter table run drop column c;',
  ];
  for (const sql of takes) expect(contractions(sql), sql).toHaveLength(1);
  const adds = [
    'create table x (a text not null);',
    'alter table run add column a text;',
    'alter table run add column a boolean not null default false, add column b text;',
    'alter table run add column a int default 1 not null;',
    '-- drop table x\ncreate index y on x (a);',
    '-- widens: c, d\nalter table x drop constraint c;\nalter table x add constraint c check (a > 0);\nalter table x drop constraint d;',
  ];
  for (const sql of adds) expect(contractions(sql), sql).toEqual([]);
});

test('a program runs beside what only adds, and not beside what needs a newer one', () => {
  const known = ['0001_a.sql', '0013_b.sql', '0020_c.sql'];
  expect(tooNew([{ name: '0021_d.sql', needs: '0013' }], known)).toBeNull();
  expect(tooNew([{ name: '0022_e.sql', needs: '0020' }], known)).toBeNull();
  expect(tooNew([{ name: '0023_f.sql', needs: '0021' }], known)).toBe('0023_f.sql');
  expect(tooNew([{ name: '0024_g.sql', needs: null }], known)).toBe('0024_g.sql');
  expect(needsOf('0021_d.sql', 'create table x ();')).toBe('0013');
  expect(needsOf('0021_d.sql', '-- About it.\n-- needs: 0020\ndrop table x;')).toBe('0020');
  expect(refusedByAll('0021_d.sql', '0013')).toBe(false);
  expect(refusedByAll('0021_d.sql', '0020')).toBe(true);
  expect(refusedByAll('0013_b.sql', '0013')).toBe(true);
});

test('the first release finds no migration that it does not know, and a stranger stops this one', async () => {
  const { where, drop } = await testDatabase();
  const pool = makePool(where, 'compatibility', 2, makeLog('silent', 'test'));
  const client = new pg.Client(clientOptions(where, 'compatibility'));
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('select name from migration order by name');
    expect(rows.map((row) => row.name).filter((name) => name >= FIRST_EXPANSION)).toEqual([]);
    await client.query(`insert into expansion (name, digest, needs, applied_at) values ('9998_adds.sql', '', '0013', clock_timestamp())`);
    expect((await migrate(pool, FOLDER)).applied).toEqual([]);
    await client.query(`insert into expansion (name, digest, needs, applied_at) values ('9999_takes.sql', '', '9998', clock_timestamp())`);
    const refused = await migrate(pool, FOLDER).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect((refused as Problem).code).toBe('platform.schema-newer');
  } finally {
    await client.end();
    await pool.end();
    await drop();
  }
});
