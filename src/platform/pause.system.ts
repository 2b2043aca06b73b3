import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Millis } from '../kernel/time.ts';
import { newestRestore } from './backup/restore.store.ts';
import type { Db, Floor } from './floor.ts';

const LOOK_MS: Millis = 500;

/**
 * Whether this instance came out of a backup and waits for a person. It is asked once at the start, and again only while
 * it is so: a running instance never becomes paused. Not to know is as good as paused.
 */
export async function openPause(db: Db, log: Logger): Promise<{ paused(): boolean; stop(): void }> {
  const isPaused = async (): Promise<boolean> => (await db.read('*', newestRestore))?.state === 'paused';
  let paused = await isPaused();
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    while (paused && !stopping.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      paused = await isPaused().catch(() => true);
    }
    if (!stopping.signal.aborted) log.info('resumed: from here on this instance acts');
  };
  if (paused) {
    log.warn('this instance came out of a backup and is paused: see `ym restore status`, then `ym restore resume`');
    void look();
  }
  return { paused: () => paused, stop: () => stopping.abort() };
}

/** Starts what acts once the instance is no longer paused, and stops it, or the waiting for it. */
export function onceResumed(floor: Floor, start: () => Promise<{ stop(): Promise<void> }>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const waited = (async () => {
    while (floor.paused() && !stopping.signal.aborted)
      await sleep(LOOK_MS / 5, undefined, { signal: stopping.signal }).catch(() => undefined);
    return stopping.signal.aborted ? null : await start();
  })();
  waited.catch((error: unknown) => floor.log.error({ err: error }, 'durable work could not be started after the resume'));
  return {
    async stop() {
      stopping.abort();
      await (await waited.catch(() => null))?.stop();
    },
  };
}
