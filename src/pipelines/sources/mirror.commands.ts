import { join } from 'node:path';
import { fetchMirror } from '../../host/git.run.ts';
import type { Floor } from '../../platform/floor.ts';

/** This server's own copies of the watched repositories. They can be thrown away: everything that counts is in the database. */
export function mirrorOf(floor: Floor, source: string): string {
  return join(floor.config.state, 'git', source);
}

const running = new Map<string, Promise<void>>();
const waiting = new Map<string, Promise<void>>();

/**
 * Fetches a repository into its mirror; one fetch at a time. Whoever asks while one runs shares the *next* one: the
 * running one may have looked before what the asker heard of was pushed.
 */
export function refresh(floor: Floor, source: string, url: string): Promise<void> {
  const dir = mirrorOf(floor, source);
  const queued = waiting.get(dir);
  if (queued !== undefined) return queued;
  const current = running.get(dir);
  if (current === undefined) return begin(dir, url);
  const next = current
    .catch(() => undefined)
    .then(() => {
      waiting.delete(dir);
      return begin(dir, url);
    });
  waiting.set(dir, next);
  return next;
}

function begin(dir: string, url: string): Promise<void> {
  const fetching = fetchMirror(dir, url).finally(() => running.delete(dir));
  running.set(dir, fetching);
  return fetching;
}
