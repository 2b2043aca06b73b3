import { join } from 'node:path';
import { turnOver } from '../host/bounded.disk.ts';
import { tidyMirrors } from '../pipelines/retention/mirrors.work.ts';
import { tidyIncoming } from '../platform/blobs/tidy.system.ts';
import type { Floor } from '../platform/floor.ts';
import { repeat } from '../platform/jobs/worker.system.ts';

const EVERY_MS = 3_600_000;
const DATABASE_LOG_BYTES = 32 * 1024 ** 2;

/** What each server tidies on its own disk, once an hour: mirrors that are not used, and uploads that never ended. */
export function tidyDisk(floor: Floor): { stop(): Promise<void> } {
  const rounds = repeat(EVERY_MS, floor.log, 'tidying the disk', async () => {
    await tidyMirrors(floor, Date.now());
    await tidyIncoming(floor.config.state, Date.now());
    turnOver(join(floor.config.state, 'postgres.log'), DATABASE_LOG_BYTES);
  });
  return { stop: async () => rounds.stop() };
}
