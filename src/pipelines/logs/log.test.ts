import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LOG_LIMIT } from '../../contract/runner.ts';
import type { Tx } from '../../platform/floor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { testFloor } from '../../testing/database.ts';
import { givenRun, givenRunner, givenService } from '../../testing/pipelines.ts';
import { placeAppend, wholeCharacters } from './append.ts';
import { appendLog } from './log-writer.commands.ts';
import { followLog } from './log.views.ts';
import { sealLogTask } from './seal.reactions.ts';

const floor = await testFloor();
const service = await givenService(floor, 'shop');
const runner = await givenRunner(floor);
const job = async () => {
  await givenRun(floor, service, `{jobs: {a: {steps: [{run: x}]}}}`);
  return runner.taken();
};
const read = (id: string, offset = 0, waitMs = 0) => followLog(floor, floor.org, { job: id, offset, waitMs });
const rows = () => floor.db.read('*', (tx) => tx.query(`select * from job_log`));

test('appends are stored in order; repeats and overlaps change nothing, gaps are refused', async () => {
  const { holder, plan } = await job();
  const append = (offset: number, text: string) => appendLog(floor, runner.actor, holder, offset, text);
  expect(await append(0, 'héllo ')).toEqual({ stored: 7 });
  expect(await append(0, 'héllo ')).toEqual({ stored: 7 });
  expect(await append(5, 'o world')).toEqual({ stored: 12 });
  for (const forged of [{ token: holder.token + 1 }, { attempt: 2 }, { runner: floor.newId('rnr') }, { job: floor.newId('job') }]) {
    await expect(appendLog(floor, runner.actor, { ...holder, ...forged }, 12, 'forged')).rejects.toMatchObject({
      code: 'pipelines.lease-lost',
    });
  }
  await expect(append(13, 'gap')).rejects.toMatchObject({ code: 'pipelines.log-gap', data: { stored: 12 } });
  expect(await read(plan.job)).toMatchObject({ attempt: 1, text: 'héllo world', next: 12, end: false });
  expect((await read(plan.job, 7)).text).toBe('world');
  await runner.finish(holder, { log: { bytes: 12, digest: digestOf('héllo world') } });
  expect(await read(plan.job, 12)).toMatchObject({ text: '', end: true });
  await sealLogTask.run(floor, { job: plan.job, attempt: 1 }, floor.org);
  await sealLogTask.run(floor, { job: plan.job, attempt: 1 }, floor.org);
  expect(await rows()).toEqual([]);
  expect(await read(plan.job, 1)).toMatchObject({ text: expect.stringContaining('llo world'), next: 12, end: true });
  const sealed = await floor.db.read(floor.org, (tx) =>
    tx.one<{ log_digest: string; log_complete: boolean }>(`select log_digest, log_complete from job_attempt where job_id = $1`, [plan.job]),
  );
  expect(sealed).toEqual({ log_digest: digestOf('héllo world'), log_complete: true });
});

test('a log of which the runner printed more than came is kept as incomplete', async () => {
  const { holder, plan } = await job();
  await appendLog(floor, runner.actor, holder, 0, 'half');
  await runner.finish(holder, { log: { bytes: 8, digest: digestOf('half gone') } });
  const kept = await floor.db.read(floor.org, (tx) => tx.one(`select log_complete from job_attempt where job_id = $1`, [plan.job]));
  expect(kept).toEqual({ log_complete: false });
});

test('what is acknowledged is committed, and appends of many jobs share one insert', async () => {
  const jobs = await Promise.all(Array.from({ length: 8 }, () => job()));
  let inserts = 0;
  let committed = 0;
  const counted = { ...floor, db: { ...floor.db, tx: counting } };
  async function counting<Result>(org: string, work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const result = await floor.db.tx(org, (tx) =>
      work({
        ...tx,
        query: (sql, params) => {
          if (sql.includes('insert into job_log')) inserts += 1;
          return tx.query(sql, params);
        },
      }),
    );
    // The commit has returned; an acknowledgement before this line would be one too early.
    await sleep(20);
    committed += 1;
    return result;
  }
  await appendLog(counted, runner.actor, jobs[0]?.holder as never, 0, 'first');
  expect(committed, 'acknowledged before its commit').toBe(1);
  const before = inserts;
  const acknowledged = await Promise.all(
    jobs.map(async ({ holder }, index) => {
      const answer = await appendLog(counted, runner.actor, holder, index === 0 ? 5 : 0, `line ${index}\n`);
      return { answer, committed };
    }),
  );
  expect(inserts - before).toBe(1);
  expect(acknowledged.map((one) => one.committed)).toEqual(jobs.map(() => 2));
  for (const { holder } of jobs) await runner.finish(holder);
});

test('an append that fails in the database is not acknowledged, and can be sent again', async () => {
  const { holder, plan } = await job();
  const broken = { ...floor, db: { ...floor.db, tx: () => Promise.reject(new Error('connection cut')) } };
  await expect(appendLog(broken, runner.actor, holder, 0, 'words')).rejects.toThrow('connection cut');
  expect(await appendLog(floor, runner.actor, holder, 0, 'words')).toEqual({ stored: 5 });
  expect((await read(plan.job)).text).toBe('words');
  await runner.finish(holder);
});

test('a follower hears of new text at once, and of the end', async () => {
  const { holder, plan } = await job();
  await sleep(200);
  const waiting = read(plan.job, 0, 10_000);
  await sleep(100);
  const started = performance.now();
  await appendLog(floor, runner.actor, holder, 0, 'news');
  expect((await waiting).text).toBe('news');
  expect(performance.now() - started).toBeLessThan(8000);
  const end = read(plan.job, 4, 10_000);
  await sleep(50);
  await runner.finish(holder);
  expect(await end).toMatchObject({ text: '', end: true });
});

test('whatever is sent how often and in what pieces, the log is the text once', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.tuple(fc.nat(220), fc.nat(60)), { maxLength: 60 }), (whole, sends) => {
      let log: Uint8Array = new Uint8Array();
      for (const [from, length] of [...sends, [0, whole.length] as const]) {
        const offset = Math.min(from, whole.length);
        const placed = placeAppend(log.length, { offset, bytes: whole.slice(offset, offset + length) }, 1000);
        expect(placed.kind === 'gap').toBe(offset > log.length);
        if (placed.kind === 'stored') log = Buffer.concat([log, placed.bytes]);
        expect(placed.stored).toBe(log.length);
        expect(Buffer.from(log).equals(Buffer.from(whole.slice(0, log.length)))).toBe(true);
      }
      expect(Buffer.from(log).equals(Buffer.from(whole))).toBe(true);
    }),
  );
  expect(placeAppend(LOG_LIMIT, { offset: LOG_LIMIT, bytes: new Uint8Array(1) }, LOG_LIMIT).kind).toBe('full');
});

test('text is cut between characters, wherever the bytes end', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(100), (text, at) => {
      const bytes = Buffer.from(text);
      const head = wholeCharacters(bytes.subarray(0, at));
      expect(text.startsWith(Buffer.from(head).toString())).toBe(true);
      expect(Math.min(at, bytes.length) - head.length).toBeLessThan(4);
    }),
  );
});
