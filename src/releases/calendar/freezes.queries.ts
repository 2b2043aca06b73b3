import type { Tx } from '../../platform/floor.ts';
import { FREEZE_COLUMNS, type FreezeRow } from './freeze.store.ts';

export type { FreezeRow } from './freeze.store.ts';

/** Freezes and windows that nobody has ended; with `ended` those too. */
export async function freezesOf(tx: Tx, ended = false): Promise<FreezeRow[]> {
  return tx.query<FreezeRow>(
    `select ${FREEZE_COLUMNS} from calendar_window where $1 or ended_at is null order by created_at, id limit 2000`,
    [ended],
  );
}

/** Freezes whose next edge has come: their timer was late or lost. */
export async function freezesDue(tx: Tx, now: string): Promise<{ id: string; org: string }[]> {
  return tx.query<{ id: string; org: string }>(
    `select id, org_id as org from calendar_window where ended_at is null and next_edge <= $1 order by next_edge limit 500`,
    [now],
  );
}
