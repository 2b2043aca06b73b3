import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Waiver } from './waiver.ts';
import { activeIn } from './waiver.ts';
import { WAIVER_COLUMNS, waiverOf } from './waiver.store.ts';

/** The waivers that hold at `now` in this place, oldest first. */
export async function activeWaivers(
  tx: Tx,
  place: { readonly serviceId: string; readonly teamId: string; readonly environmentId: string | null },
  now: Instant,
): Promise<readonly Waiver[]> {
  const rows = await tx.query(
    `select ${WAIVER_COLUMNS} from waiver where team_id = $1 and state = 'approved' and kind <> 'debt' order by created_at, id`,
    [place.teamId],
  );
  return activeIn(rows.map(waiverOf), place, now);
}

/** One waiver, or null. */
export async function waiverById(tx: Tx, id: string): Promise<Waiver | null> {
  const row = await tx.maybe(`select ${WAIVER_COLUMNS} from waiver where id = $1`, [id]);
  return row === null ? null : waiverOf(row);
}
