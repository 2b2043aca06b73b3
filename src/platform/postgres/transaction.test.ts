import { expect, test } from 'vitest';
import { z } from 'zod';
import { system } from '../../kernel/actor.ts';
import { defineEvent } from '../../kernel/event.ts';
import { testFloor } from '../../testing/database.ts';
import { acquireLease, holdsLease, renewLease } from '../lease.store.ts';

const happened = defineEvent({ type: 'thing.happened', subject: 'thg', means: 'a thing happened', body: z.object({ n: z.int() }) });
const floor = await testFloor({ wiring: new Map([['thing.happened', ['look']]]) });
const actor = system(floor.org, 'test');

test('a fact, its pending ledger row and its wake are one transaction', async () => {
  await expect(
    floor.db.tx(floor.org, async (tx) => {
      await tx.record(happened, { subject: 'thg_1', actor, body: { n: 1 } });
      throw new Error('stop');
    }),
  ).rejects.toThrow('stop');
  const id = await floor.db.tx(floor.org, (tx) => tx.record(happened, { subject: 'thg_1', actor, body: { n: 2 } }));
  const rows = await floor.db.read(floor.org, (tx) =>
    tx.query<{ fact_id: string; leaf: Buffer; at: string }>('select fact_id, leaf, at from fact join ledger_pending on fact_row = id'),
  );
  expect(rows.map((row) => row.fact_id)).toEqual([id]);
  expect(JSON.parse(rows[0]!.leaf.toString())).toMatchObject({
    v: 1,
    id,
    type: 'thing.happened',
    subject: 'thg_1',
    actor: 'system:test',
    at: rows[0]!.at,
    body: { n: 2 },
  });
  const jobs = await floor.db.read(floor.org, (tx) => tx.query<{ key: string }>('select key from graphile_worker.jobs'));
  expect(jobs).toEqual([{ key: `reaction:${id}:look` }]);
});

test('another organisation sees nothing', async () => {
  const seen = await floor.db.read('org_other', (tx) => tx.query('select 1 from fact'));
  expect(seen).toEqual([]);
});

test('a body that its kind does not describe, or a float, is a bug and nothing is kept', async () => {
  const write = (n: number) => floor.db.tx(floor.org, (tx) => tx.record(happened, { subject: 'thg_2', actor, body: { n } }));
  await expect(write(1.5)).rejects.toThrow();
  expect(await floor.db.read(floor.org, (tx) => tx.query(`select 1 from fact where subject = 'thg_2'`))).toEqual([]);
});

test('a lost race is run again from its beginning', async () => {
  let runs = 0;
  await floor.db.tx(floor.org, async () => {
    runs += 1;
    if (runs < 3) throw Object.assign(new Error('deadlock'), { code: '40P01' });
  });
  expect(runs).toBe(3);
});

test('of many who want a lease one gets it, and the token only grows', async () => {
  const takes = await Promise.all(
    Array.from({ length: 6 }, (_, i) => floor.db.tx(floor.org, (tx) => acquireLease(tx, floor.org, 'one', `h${i}`, 60_000))),
  );
  const won = takes.filter((lease) => lease !== null);
  expect(won).toHaveLength(1);
  expect(won[0]!.token).toBe(1);
  await floor.db.tx(floor.org, (tx) => tx.query(`update lease set until = 'epoch' where name = 'one'`));
  const stale = await floor.db.tx(floor.org, (tx) => renewLease(tx, 'one', 1, 60_000));
  expect(stale).toBeNull();
  const next = await floor.db.tx(floor.org, (tx) => acquireLease(tx, floor.org, 'one', 'next', 60_000));
  expect(next?.token).toBe(2);
  expect(await floor.db.tx(floor.org, async (tx) => [await holdsLease(tx, 'one', 1), await holdsLease(tx, 'one', 2)])).toEqual([
    false,
    true,
  ]);
});
