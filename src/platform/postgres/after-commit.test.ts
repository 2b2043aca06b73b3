import { expect, test } from 'vitest';
import { testFloor } from '../../testing/database.ts';

const floor = await testFloor();

test('what waits for the commit does not happen where the commit fails', async () => {
  const happened: string[] = [];
  const committing = floor.db.tx(floor.org, async (tx) => {
    // A deferred constraint: everything goes well until the commit itself.
    await tx.query('create temp table once (n int unique deferrable initially deferred) on commit drop');
    await tx.query('insert into once values (1), (1)');
    tx.afterCommit(() => happened.push('after'));
  });
  await expect(committing).rejects.toThrow();
  expect(happened).toEqual([]);
});

test('what waits for the commit happens after it, once, in order', async () => {
  const happened: string[] = [];
  await floor.db.tx(floor.org, async (tx) => {
    tx.afterCommit(() => happened.push('first'));
    tx.afterCommit(() => happened.push('second'));
    await tx.query('select 1');
    expect(happened).toEqual([]);
  });
  expect(happened).toEqual(['first', 'second']);
});
