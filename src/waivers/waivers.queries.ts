import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { approvedWaivers, readWaiver } from './waiver.store.ts';
import type { Waiver } from './waiver.ts';
import { activeIn } from './waiver.ts';
import type { Refusal } from './decide.ts';
import { problemOf } from './waivers.problems.ts';

/** The waivers that hold at `now` in this place, oldest first. */
export async function activeWaivers(
  tx: Tx,
  place: { readonly serviceId: string; readonly teamId: string; readonly environmentId: string | null },
  now: Instant,
): Promise<readonly Waiver[]> {
  return activeIn(await approvedWaivers(tx, place.teamId), place, now);
}

/** One waiver, or null. */
export async function waiverById(tx: Tx, id: string): Promise<Waiver | null> {
  return readWaiver(tx, id);
}

/** Why a step is refused, in the sentence that whoever tries it would get. */
export function refusalWords(refusal: Refusal): string {
  return problemOf(refusal).sentence;
}
