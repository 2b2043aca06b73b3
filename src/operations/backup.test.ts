import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { system } from '../kernel/actor.ts';
import { lastBackup } from '../platform/backup/backup.queries.ts';
import { verifyBackup } from '../platform/backup/verify.system.ts';
import { testDatabase, testFloor } from '../testing/database.ts';
import { backupSweeper, backupTask, wantBackup } from './backup.work.ts';

const root = await mkdtemp(join(tmpdir(), 'ym-backups-'));
await chmod(root, 0o755);
afterAll(() => rm(root, { recursive: true, force: true }));
const database = await testDatabase();
const floor = await testFloor({ database, config: { backups: { folder: root, everyMs: 3_600_000, keep: 2 } } });
const task = backupTask({ program: 'test', needed: [] });
const want = async (): Promise<string> => (await floor.db.tx(floor.org, (tx) => wantBackup(tx, system(floor.org, 'test')))).id;
const rows = () =>
  floor.db.read('*', (tx) =>
    tx.query<{ state: string; askedBy: string }>(`select state, asked_by as "askedBy" from backup order by asked_at, id`),
  );
const later = (ms: number) => floor.db.tx('*', (tx) => tx.write('insert into clock_offset (offset_ms) values ($1)', [ms]));

test('one is made at a time, is whole, is told, and the oldest beyond what is kept are removed', async () => {
  const first = await want();
  await expect(want()).rejects.toMatchObject({ code: 'operations.backup-under-way' });
  await task.run(floor, { backup: first }, floor.org);
  // A second wake changes nothing.
  await task.run(floor, { backup: first }, floor.org);
  const made = await floor.db.read(floor.org, lastBackup);
  expect(made).toMatchObject({ id: first, state: 'done' });
  const { digest } = await verifyBackup(made?.folder ?? '', floor.keys.all, () => undefined);
  expect(digest).toBe(made?.manifestDigest);
  for (let more = 0; more < 2; more += 1) {
    await later(1000);
    await task.run(floor, { backup: await want() }, floor.org);
  }
  expect((await rows()).map((row) => row.state)).toEqual(['removed', 'done', 'done']);
  expect(await readdir(root)).toHaveLength(2);
  await expect(stat(made?.folder ?? '')).rejects.toThrow('ENOENT');
  const facts = await floor.db.read('*', (tx) =>
    tx.query<{ type: string; n: number }>(`select type, count(*)::int as n from fact where type like 'backup.%' group by 1 order by 1`),
  );
  expect(facts).toEqual([
    { type: 'backup.made', n: 3 },
    { type: 'backup.removed', n: 1 },
  ]);
});

test('the schedule asks for one when the last is old enough; what nobody makes any more is woken; a failure is told', async () => {
  const before = (await rows()).length;
  await floor.db.tx('*', (tx) => backupSweeper.sweep(tx));
  await floor.db.tx('*', (tx) => backupSweeper.sweep(tx));
  expect((await rows()).slice(before)).toEqual([{ state: 'wanted', askedBy: 'system:schedule' }]);
  const { id } = (await floor.db.read('*', (tx) => tx.maybe<{ id: string }>(`select id from backup where state = 'wanted'`))) ?? { id: '' };
  await task.run({ ...floor, where: { url: 'postgresql://nobody@127.0.0.1:1/nothing' } }, { backup: id }, floor.org).catch(() => undefined);
  expect((await rows()).at(-1)?.state).toBe('failed');
  await floor.db.tx('*', (tx) => backupSweeper.sweep(tx));
  expect((await rows()).length).toBe(before + 1);
  await later(3_700_000);
  await floor.db.tx('*', (tx) => backupSweeper.sweep(tx));
  expect((await rows()).at(-1)).toEqual({ state: 'wanted', askedBy: 'system:schedule' });
  const wakes = await floor.db.read('*', (tx) =>
    tx.query(`select key from graphile_worker.jobs where task_identifier = 'operations.backup'`),
  );
  expect(wakes.length).toBeGreaterThan(0);
});
