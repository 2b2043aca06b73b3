import { plus } from '../../kernel/time.ts';
import type { Floor, Sweeper, Task, Tx } from '../floor.ts';
import * as store from './keys.store.ts';
import type { SealedColumn } from './sealed.port.ts';
import { keyBytes, withMaster, wrapPlace } from './secrets.system.ts';

export const REWRAP_TASK = 'platform.rewrap-keys';
export const RESEAL_TASK = 'platform.reseal';
const AT_ONCE = 100;
/** Longer than any transaction may last: nobody still holds a value that an old data key sealed. */
const DROP_AFTER_MS = 150_000;
const FIRST_FORM = Buffer.from([1]);

/** The first bytes of everything that a data key sealed. */
export function headOf(key: string): Buffer {
  return Buffer.concat([Buffer.from([2]), keyBytes(key)]);
}

/** Wraps data keys by the current master key, in batches; what is read meanwhile is read by whichever key its row names. */
export const rewrapTask: Task = {
  name: REWRAP_TASK,
  async run(floor) {
    for (;;) {
      const done = await floor.db.tx('*', async (tx) => {
        const current = await store.currentMaster(tx);
        if (current === null) return 0;
        const rows = await store.lockWrappedByOld(tx, current, AT_ONCE);
        for (const row of rows) {
          const plain = await withMaster(floor.masters, row.master_id, (part) => part.unwrap(row.master_id, row.wrapped, wrapPlace(row)));
          const wrapped = await withMaster(floor.masters, current, (part) => part.wrap(current, plain, wrapPlace(row)));
          await store.rewrapDataKey(tx, row.id, current, wrapped);
        }
        return rows.length;
      });
      if (done === 0) return;
    }
  },
};

/** Seals again what an old data key (null: the first form) sealed, in batches, and drops the key once nothing can need it. */
export function resealTask(columns: readonly SealedColumn[]): Task {
  return {
    name: RESEAL_TASK,
    async run(floor, payload, org) {
      const key = typeof payload['key'] === 'string' ? payload['key'] : null;
      const head = key === null ? FIRST_FORM : headOf(key);
      for (const column of columns) while ((await resealSome(floor, org, column, head)) > 0);
      if (key !== null) await dropUnused(floor, org, key, columns);
    },
  };
}

async function resealSome(floor: Floor, org: string, column: SealedColumn, head: Uint8Array): Promise<number> {
  return floor.db.tx(org, async (tx) => {
    const values = await column.find(tx, head, AT_ONCE);
    for (const { sealed, place, scope, save } of values) {
      await save(tx, await floor.secrets.seal(tx, scope, await floor.secrets.open(tx, sealed, place), place));
    }
    return values.length;
  });
}

async function dropUnused(floor: Floor, org: string, key: string, columns: readonly SealedColumn[]): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    const row = (await store.oldDataKeys(tx, 10_000)).find((one) => one.id === key);
    if (row === undefined || row.retired > plus(await tx.now(), -DROP_AFTER_MS)) return;
    for (const column of columns) if ((await column.count(tx, headOf(key))) > 0) return;
    await store.dropDataKey(tx, key);
  });
}

/** What still needs a master key: data keys that it wraps and, for one of a file, values of the first form. */
export async function usesOf(
  tx: Tx,
  master: { readonly id: string; readonly kind: string },
  columns: readonly SealedColumn[],
): Promise<number> {
  const wrapped = (await store.keyUses(tx)).find((one) => one.master === master.id)?.keys ?? 0;
  return master.kind === 'file' ? wrapped + (await firstForms(tx, columns)) : wrapped;
}

/** Values that were sealed before there were data keys; in a transaction over all organisations: all of them. */
export async function firstForms(tx: Tx, columns: readonly SealedColumn[]): Promise<number> {
  let count = 0;
  for (const column of columns) count += await column.count(tx, FIRST_FORM);
  return count;
}

/** Wakes what a lost wake left undone. */
export const keySweeper: Sweeper = {
  name: 'platform.keys',
  async sweep(tx) {
    const current = (await store.masters(tx)).find((one) => one.state === 'current');
    if (current === undefined) return;
    const uses = await store.keyUses(tx);
    if (uses.some((one) => one.master !== current.id)) await tx.wake(REWRAP_TASK, 'all', {});
    if (uses.some((one) => one.old > 0)) {
      for (const { id, org } of await store.oldDataKeys(tx, 100)) await tx.wake(RESEAL_TASK, id, { key: id, org });
    }
  },
};
