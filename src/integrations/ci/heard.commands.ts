import type { Tx } from '../../platform/floor.ts';
import { LOOK, LOOK_AT_RUN } from './ci.work.ts';
import { watchedPlaces } from './ci.store.ts';

/** Where a webhook says that something ran: by the path of its repository, or by the key of its place. */
export type HeardCi = { readonly repository: string | null; readonly place: string | null; readonly run: string | null };

/**
 * Somebody said that a CI server did something: it is asked now, and not at the next poll. What was said is not believed.
 * With the number of a run that run is asked for by itself, so that one of long ago that runs again is seen as well;
 * without, the newest runs of the place. Answers how many places were woken. `pathOf`: the path of a repository's git
 * address at this connection, null where it lies elsewhere.
 */
export async function ciHeard(tx: Tx, connection: string, heard: HeardCi, pathOf: (repository: string) => string | null): Promise<number> {
  const wanted = heard.repository?.toLowerCase() ?? null;
  const run = heard.run !== null && /^\d{1,19}$/.test(heard.run) ? heard.run : null;
  const places = (await watchedPlaces(tx, connection)).filter(({ key, name, repository }) => {
    if (wanted === null) return key === heard.place;
    const path = repository === null ? null : pathOf(repository);
    return (path ?? name).toLowerCase() === wanted;
  });
  for (const { id } of places) {
    // Under a key of its own: a wake by the clock does not take it away.
    if (run === null) await tx.wake(LOOK, `${id}:heard`, { place: id, heard: true });
    else await tx.wake(LOOK_AT_RUN, `${id}:${run}`, { place: id, run });
  }
  return places.length;
}
