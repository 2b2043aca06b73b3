import type { Tx } from '../../platform/floor.ts';
import { FREEZE_COLUMNS, type FreezeRow } from './freeze.store.ts';
import type { Scope, When } from './freeze.ts';

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

/** What a freeze said from `from` until `until`, who changed it then, and why. */
export type PastFreeze = {
  readonly freeze: string;
  readonly version: number;
  readonly scope: Scope;
  readonly when: When;
  readonly reason: string;
  readonly ticket: string;
  readonly from: string;
  readonly until: string;
  readonly changedBy: string;
  readonly because: string;
};

const PAST = `select window_id as freeze, version, scope, schedule as "when", reason, ticket, valid_from as "from", valid_until as "until",
  changed_by as "changedBy", because from calendar_window_past`;

/** The earlier forms of one freeze, newest first. */
export async function pastOf(tx: Tx, freeze: string): Promise<PastFreeze[]> {
  return tx.query<PastFreeze>(`${PAST} where window_id = $1 order by version desc limit 500`, [freeze]);
}

/** Earlier forms that held at some time between two instants. */
export async function pastBetween(tx: Tx, from: string, to: string): Promise<PastFreeze[]> {
  return tx.query<PastFreeze>(`${PAST} where valid_until > $1 and valid_from < $2 order by valid_from, window_id limit 2000`, [from, to]);
}

/** One freeze, ended ones too, or null. */
export async function freezeById(tx: Tx, id: string): Promise<FreezeRow | null> {
  return tx.maybe<FreezeRow>(`select ${FREEZE_COLUMNS} from calendar_window where id = $1`, [id]);
}
