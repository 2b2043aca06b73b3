import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { system } from '../../kernel/actor.ts';
import { readCheckpoint } from '../../kernel/checkpoint.ts';
import { defineEvent } from '../../kernel/event.ts';
import { leafHash, verifyConsistency, verifyInclusion, type Hash } from '../../kernel/merkle.ts';
import { testFloor } from '../../testing/database.ts';
import type { Floor } from '../floor.ts';
import { auditLedger } from './audit.system.ts';
import { checkpointLogPath, lastInCheckpointLog } from './checkpoint-log.system.ts';
import { anchorCheckpoints, consistencyProofs, inclusionProofs, latestCheckpoint, positionsOf, whenPlaced } from './ledger.queries.ts';
import type { SignedCheckpoint } from './ledger.store.ts';
import { assertLedgerNotRewound, openEpoch, placeFacts, publishCheckpoint, startSequencer } from './sequencer.system.ts';

const happened = defineEvent({
  type: 'test.happened',
  subject: 'tst',
  means: 'Something happened in a test',
  body: z.object({ n: z.number().int() }),
});

let floor: Floor;
beforeEach(async () => {
  floor = await testFloor();
});

async function facts(count: number, from = 0): Promise<string[]> {
  return floor.db.tx(floor.org, async (tx) => {
    const ids: string[] = [];
    for (let n = from; n < from + count; n++) {
      ids.push(await tx.record(happened, { subject: `tst_${n}`, actor: system(floor.org, 'test'), body: { n } }));
    }
    return ids;
  });
}

async function placeAll(): Promise<SignedCheckpoint | null> {
  while ((await placeFacts(floor)) > 0);
  return publishCheckpoint(floor);
}

test('every fact is placed once, in the order of its row, and proven against the signed checkpoint', async () => {
  const ids = await facts(300);
  const signed = (await placeAll()) as SignedCheckpoint;
  expect(signed.size).toBe(300);
  expect(readCheckpoint(signed.note, floor.keys.all)).toMatchObject({ ok: true, checkpoint: { size: 300, origin: signed.origin } });
  await floor.db.read(floor.org, async (tx) => {
    const positions = await positionsOf(tx, ids);
    expect(ids.map((id) => positions.get(id))).toEqual(ids.map((_, index) => index));
    const proofs = await inclusionProofs(tx, [0, 255, 256, 299], 300);
    for (const [index, seq] of [0, 255, 256, 299].entries()) {
      const { leaf } = await tx.one<{ leaf: Uint8Array }>('select leaf from fact where fact_id = $1', [ids[seq]]);
      expect(verifyInclusion(leafHash(leaf), seq, 300, proofs[index] as Hash[], signed.root)).toBe(true);
    }
  });
});

test('a later log continues each earlier one, and a checkpoint is signed only for news', async () => {
  await facts(5);
  const first = (await placeAll()) as SignedCheckpoint;
  expect(await publishCheckpoint(floor)).toBeNull();
  await facts(600);
  const second = (await placeAll()) as SignedCheckpoint;
  const [proof] = await floor.db.read(floor.org, (tx) => consistencyProofs(tx, [first.size], second.size));
  expect(verifyConsistency(first.size, second.size, proof as Hash[], first.root, second.root)).toBe(true);
  expect(await floor.db.read(floor.org, (tx) => anchorCheckpoints(tx, 400))).toMatchObject([{ size: 5 }]);
});

test('what is written stays: update, delete and truncate are refused', async () => {
  await facts(3);
  await placeAll();
  const attempts = [
    `update fact set type = 'other'`,
    'delete from fact',
    'truncate fact cascade',
    'update ledger_entry set seq = seq + 10',
    'delete from ledger_entry',
    `update ledger_checkpoint set note = ''`,
    'delete from ledger_checkpoint',
    'truncate ledger_checkpoint',
  ];
  for (const sql of attempts) {
    await expect(
      floor.db.tx('*', (tx) => tx.query(sql)),
      sql,
    ).rejects.toThrow(/written once/);
  }
});

test('a transaction that commits late gets a later place; nobody is skipped', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let recorded = (): void => undefined;
  const began = new Promise<void>((resolve) => (recorded = resolve));
  const slow = floor.db.tx(floor.org, async (tx) => {
    const id = await tx.record(happened, { subject: 'tst_slow', actor: system(floor.org, 'test'), body: { n: -1 } });
    recorded();
    await held;
    return id;
  });
  await began;
  const [quick] = await facts(1);
  expect((await placeAll())?.size).toBe(1);
  release();
  const late = await slow;
  expect((await placeAll())?.size).toBe(2);
  const positions = await floor.db.read(floor.org, (tx) => positionsOf(tx, [quick as string, late]));
  expect([positions.get(quick as string), positions.get(late)]).toEqual([0, 1]);
});

test('several sequencers at once place each fact once', async () => {
  await facts(50);
  const running = [startSequencer(floor), startSequencer(floor), startSequencer(floor)];
  const ids = (await Promise.all(Array.from({ length: 6 }, (_, n) => facts(40, 100 * n)))).flat();
  const signed = await whenPlaced(floor, floor.org, ids);
  expect(signed.size).toBe(290);
  await Promise.all(running.map((one) => one.stop()));
  const { entries, distinct, top } = await floor.db.read('*', (tx) =>
    tx.one<{ entries: number; distinct: number; top: number }>(
      'select count(*) as entries, count(distinct fact_row) as distinct, max(seq) + 1 as top from ledger_entry',
    ),
  );
  expect([entries, distinct, top]).toEqual([290, 290, 290]);
  const outside = lastInCheckpointLog(checkpointLogPath(floor.config.state));
  expect(readCheckpoint(outside ?? '', floor.keys.all)).toMatchObject({ ok: true, checkpoint: { size: 290 } });
});

test('sequencers take turns: placing and signing at the same time never collide', async () => {
  await facts(1100);
  const placed = await Promise.all(Array.from({ length: 4 }, () => placeFacts(floor)));
  expect(placed.toSorted()).toEqual([0, 0, 100, 1000].toSorted());
  const signed = await Promise.all(Array.from({ length: 4 }, () => publishCheckpoint(floor)));
  expect(signed.filter((one) => one !== null)).toHaveLength(1);
});

test('a fact that is not placed is said to be missing, not waited for for ever', async () => {
  const ids = await facts(2);
  await expect(whenPlaced(floor, floor.org, ids, 50)).rejects.toMatchObject({ code: 'ledger.not-placed' });
});

/** What a database administrator can do: switch the triggers off, rewrite, switch them on again. */
async function behindTheTriggers(sql: string, params: readonly unknown[] = []): Promise<void> {
  await floor.db.tx('*', async (tx) => {
    for (const table of ['fact', 'ledger_entry', 'ledger_checkpoint']) await tx.query(`alter table ${table} disable trigger user`);
    await tx.query(sql, params);
    for (const table of ['fact', 'ledger_entry', 'ledger_checkpoint']) await tx.query(`alter table ${table} enable trigger user`);
  });
}

test('a rewritten entry is never signed again', async () => {
  await facts(10);
  await placeAll();
  await behindTheTriggers('update ledger_entry set leaf_hash = $1 where seq = 4', [leafHash(Buffer.from('another story'))]);
  await facts(1);
  await placeFacts(floor);
  await expect(publishCheckpoint(floor)).rejects.toMatchObject({ code: 'ledger.rewritten' });
});

test('a log cut short inside the database shows against the file outside, and a new epoch is linked to it', async () => {
  await facts(10);
  const before = (await placeAll()) as SignedCheckpoint;
  const sequencer = startSequencer(floor);
  await expect.poll(() => lastInCheckpointLog(checkpointLogPath(floor.config.state))).toBe(before.note);
  await sequencer.stop();
  await behindTheTriggers('with cut as (delete from ledger_checkpoint) delete from ledger_entry where seq >= 6');
  await expect(assertLedgerNotRewound(floor)).rejects.toMatchObject({ code: 'ledger.rewritten', data: { size: 10 } });
  const origin = await openEpoch(floor, 'restored from a backup');
  await assertLedgerNotRewound(floor);
  const after = (await publishCheckpoint(floor)) as SignedCheckpoint;
  expect(after.origin).toBe(origin);
  expect(origin).not.toBe(before.origin);
  expect(after.note).toContain(`\nfollows ${before.origin} 10 ${Buffer.from(before.root).toString('base64')}\n`);
  expect(await floor.db.read('*', latestCheckpoint)).toMatchObject({ size: 6, origin });
});

test('a checkpoint log that a crash cut in the middle of a note still gives its last whole note', () => {
  const path = checkpointLogPath(floor.config.state);
  appendFileSync(path, 'first\n---\nsecond\n---\nthi');
  expect(lastInCheckpointLog(path)).toBe('second\n');
  truncateSync(path, readFileSync(path).indexOf('second') + 3);
  expect(lastInCheckpointLog(path)).toBe('first\n');
});

test('an audit finds every kind of change behind the triggers, and names its position', async () => {
  const ids = await facts(60);
  await placeAll();
  expect(await auditLedger(floor)).toEqual({ entries: 60, checkpoints: 1, findings: [] });
  const ways: [string, readonly unknown[], number | null, RegExp][] = [
    ['update fact set body = \'{"n": 99}\' where fact_id = $1', [ids[7]], 7, /columns of .* differ/],
    ["update fact set actor = 'person:per_x' where fact_id = $1", [ids[8]], 8, /columns of .* differ/],
    ["update fact set at = at - interval '1 day' where fact_id = $1", [ids[9]], 9, /columns of .* differ/],
    ["update fact set leaf = leaf || '\\x20'::bytea where fact_id = $1", [ids[10]], 10, /not the one that was placed/],
    ['update ledger_entry set leaf_hash = $1 where seq = 11', [leafHash(Buffer.from('x'))], 11, /not the one that was placed/],
    ['with gone as (delete from ledger_entry where seq = 12 returning fact_row) select from gone', [], 12, /entry is gone/],
  ];
  for (const [sql, params, position, why] of ways) {
    const copy = await undone(() => behindTheTriggers(sql, params));
    expect(copy.findings[0], sql).toMatchObject({ position, why: expect.stringMatching(why) });
  }
  expect((await undone(() => behindTheTriggers('delete from ledger_entry where seq >= 55'))).findings.at(-1)).toMatchObject({
    position: 55,
    why: expect.stringMatching(/log was cut/),
  });
  expect((await undone(() => behindTheTriggers("update ledger_checkpoint set note = replace(note, '60', '59')"))).findings).toHaveLength(1);
  expect(await auditLedger(floor)).toMatchObject({ findings: [] });
});

/** Audits after a change, then puts fact, entries and checkpoints back as they were. */
async function undone(change: () => Promise<void>): Promise<Awaited<ReturnType<typeof auditLedger>>> {
  const kept: string[] = [];
  await floor.db.read('*', async (tx) => {
    for (const table of ['fact', 'ledger_entry', 'ledger_checkpoint']) {
      kept.push(JSON.stringify((await tx.one<{ rows: unknown }>(`select json_agg(t) as rows from ${table} t`)).rows));
    }
  });
  await change();
  const audit = await auditLedger(floor);
  await behindTheTriggers(
    `with given as (select * from json_populate_recordset(null::fact, $1::json)),
       facts as (update fact f set body = g.body, actor = g.actor, at = g.at, leaf = g.leaf from given g where g.id = f.id),
       entries as (insert into ledger_entry select * from json_populate_recordset(null::ledger_entry, $2::json)
         on conflict (seq) do update set leaf_hash = excluded.leaf_hash)
     update ledger_checkpoint c set note = g.note from json_populate_recordset(null::ledger_checkpoint, $3::json) g where g.size = c.size`,
    kept,
  );
  return audit;
}
