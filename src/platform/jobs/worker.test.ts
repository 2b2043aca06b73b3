import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../../testing/database.ts';
import { databaseLine } from '../../testing/database-line.ts';
import { parseConfig } from '../config.ts';
import type { Floor, Task } from '../floor.ts';
import { openFloor } from '../floor.system.ts';
import { makeLog } from '../log.system.ts';
import { makePool } from '../postgres/pool.system.ts';
import { patientPool } from './patient-pool.system.ts';
import { startWorker } from './worker.system.ts';

const database = await testDatabase();
const line = await databaseLine(database.url);
const state = await mkdtemp(join(tmpdir(), 'ym-worker-'));
const config = parseConfig({ YARDMASTER_STATE: state, YARDMASTER_LOG_LEVEL: 'silent' }, false);
const open = await openFloor({ config, log: makeLog('silent', 'test'), where: { url: line.url }, wiring: new Map(), migrations: null });
const unheard: unknown[] = [];
const hear = (error: unknown): void => void unheard.push(error);
process.on('unhandledRejection', hear);
afterAll(async () => {
  process.off('unhandledRejection', hear);
  line.mend();
  await open.close();
  await line.close();
  await database.drop();
  await rm(state, { recursive: true, force: true });
  await rm(`${state}.keys`, { recursive: true, force: true });
});

const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 25_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come to that in 25 s');
    await sleep(20);
  }
};

/** A task that loses the database in its first run, and then fails or succeeds. */
function losing(name: string, fails: boolean, ran: string[]): Task {
  return {
    name,
    run: async (_floor: Floor, payload) => {
      ran.push(`${name} ${String(payload['round'])}`);
      if (payload['round'] !== 1) return;
      line.cut();
      await sleep(30);
      if (fails) throw new Error('it went wrong');
    },
  };
}

test.each([
  ['fails', true],
  ['succeeds', false],
] as const)(
  'a job that %s while the database is away ends nothing but itself',
  async (word, fails) => {
    const ran: string[] = [];
    const name = `test.${word}`;
    const worker = await startWorker(open.floor, open.pool, { tasks: [losing(name, fails, ran)], reactions: [], sweepers: [] });
    // The job may cut the line before the answer to the very commit that woke it; waking it again changes nothing.
    const wake = async (round: number): Promise<void> => {
      for (let attempt = 1; !ran.includes(`${name} ${round}`); attempt += 1) {
        try {
          return await open.floor.db.tx(open.floor.org, (tx) => tx.wake(name, `round-${round}`, { round }));
        } catch (error) {
          if (attempt === 50) throw error;
          await sleep(50);
        }
      }
    };
    await wake(1);
    await until(() => ran.length === 1);
    await sleep(300);
    line.mend();
    await sleep(100);
    await wake(2);
    await until(() => ran.includes(`${name} 2`));
    expect(unheard.map(String)).toEqual([]);
    await worker.stop();
  },
  60_000,
);

test('what ends a job after the pool has ended is neither answered nor refused', async () => {
  const { where, drop } = await testDatabase();
  const pool = makePool(where, 'ended', 1, makeLog('silent', 'test'));
  await pool.end();
  const asked = patientPool(pool).connect();
  expect(
    await Promise.race([
      asked.then(
        () => 'answered',
        () => 'refused',
      ),
      sleep(50).then(() => 'neither'),
    ]),
  ).toBe('neither');
  await drop();
});
