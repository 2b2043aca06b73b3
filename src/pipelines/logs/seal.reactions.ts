import { LOG_LIMIT } from '../../contract/runner.ts';
import { plus } from '../../kernel/time.ts';
import type { Sweeper, Task } from '../../platform/floor.ts';
import { findAttempt } from '../engine/attempt.store.ts';
import { readParts, sealLog, unsealedLogs } from './log.store.ts';

/** Moves the log of an ended attempt from rows into one blob. Running it twice makes the same blob and changes nothing. */
export const sealLogTask: Task = {
  name: 'pipelines.seal-log',
  async run(floor, payload, org) {
    const key = { job: String(payload['job']), attempt: Number(payload['attempt']) };
    const bytes = await floor.db.read(org, async (tx) => {
      const attempt = await findAttempt(tx, key.job, key.attempt);
      if (attempt === null || attempt.finished_at === null || attempt.log_digest !== null) return null;
      return readParts(tx, key, 0, LOG_LIMIT);
    });
    if (bytes === null) return;
    const { digest } = await floor.blobs.put(bytes);
    await floor.db.tx(org, (tx) => sealLog(tx, key, digest));
  },
};

/** Finds ended logs whose wake was lost. */
export const sealLogSweeper: Sweeper = {
  name: 'pipelines.seal-log',
  async sweep(tx) {
    for (const { job, attempt, org } of await unsealedLogs(tx, plus(await tx.now(), -60_000), 50)) {
      await tx.wake(sealLogTask.name, `${job}:${attempt}`, { job, attempt, org });
    }
  },
};
