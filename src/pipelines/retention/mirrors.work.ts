import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Floor } from '../../platform/floor.ts';
import { watchedSources } from './keep.store.ts';

/** A mirror that was not fetched for so long is thrown away; who needs it again fetches it whole. */
const UNUSED_MS = 30 * 86_400_000;

/**
 * Throws away mirrors of repositories that nobody watches any more, or that this server has not fetched for 30 days.
 * Each server looks after its own disk: mirrors are its own copies, and nothing else knows of them. Answers how many went.
 */
export async function tidyMirrors(floor: Floor, nowMs: number): Promise<number> {
  const folder = join(floor.config.state, 'git');
  const names = await readdir(folder).catch(() => [] as string[]);
  if (names.length === 0) return 0;
  const watched = new Set(await floor.db.read('*', (tx) => watchedSources(tx)));
  let gone = 0;
  for (const name of names) {
    const path = join(folder, name);
    const fetched = await lastFetch(path);
    // One that is being made has no FETCH_HEAD yet, and a folder that is younger than this look.
    const unused = fetched !== null && nowMs - fetched > UNUSED_MS;
    const strange = !watched.has(name) && fetched !== null && nowMs - fetched > 3_600_000;
    if (!unused && !strange) continue;
    await rm(path, { recursive: true, force: true });
    gone += 1;
  }
  if (gone > 0) floor.log.info({ mirrors: gone }, 'mirrors of repositories that are not used any more were thrown away');
  return gone;
}

async function lastFetch(path: string): Promise<number | null> {
  for (const file of [join(path, 'FETCH_HEAD'), path]) {
    const found = await stat(file).catch(() => null);
    if (found !== null) return found.mtimeMs;
  }
  return null;
}
