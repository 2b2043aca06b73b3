import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { system } from '../../kernel/actor.ts';
import { defineEvent } from '../../kernel/event.ts';
import { testFloor } from '../../testing/database.ts';
import { checkpointLogPath } from './checkpoint-log.system.ts';
import { startSequencer } from './sequencer.system.ts';

const happened = defineEvent({ type: 'thing.happened', subject: 'thg', means: 'a thing happened', body: z.object({ n: z.int() }) });
const floor = await testFloor();

const outside = (): string => {
  const path = checkpointLogPath(floor.config.state);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

test('a checkpoint whose commit fails is never seen outside', async () => {
  // Everything goes well until the commit itself: a crash at the worst moment, over and over.
  await floor.db.tx('*', async (tx) => {
    await tx.query(`create function fail_late() returns trigger language plpgsql as $$ begin raise exception 'the disk is gone'; end $$`);
    await tx.query(
      `create constraint trigger fail_late after insert on ledger_checkpoint deferrable initially deferred for each row execute function fail_late()`,
    );
  });
  await floor.db.tx(floor.org, (tx) => tx.record(happened, { subject: 'thg_1', actor: system(floor.org, 'test'), body: { n: 1 } }));
  const sequencer = startSequencer(floor);
  try {
    await sleep(700);
    expect(await floor.db.read('*', (tx) => tx.query('select size from ledger_checkpoint'))).toEqual([]);
    expect(outside()).toBe('');
    await floor.db.tx('*', (tx) => tx.query('drop trigger fail_late on ledger_checkpoint'));
    for (let round = 0; round < 100 && outside() === ''; round += 1) await sleep(100);
    expect(outside().split('\n')[1]).toBe('1');
  } finally {
    await sequencer.stop();
  }
});
