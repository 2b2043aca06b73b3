import { LOG_LIMIT } from '../../contract/runner.ts';
import { plus } from '../../kernel/time.ts';
import type { Floor, Sweeper, Task } from '../../platform/floor.ts';
import { findAttempt } from '../engine/attempt.store.ts';
import { indexBuilder } from './log-index.ts';
import { readParts, sealLog, unsealedLogs, type LogKey } from './log.store.ts';

const AT_ONCE = 4 * 1024 ** 2;

/** Moves the log of an ended attempt from rows into one blob. Running it twice makes the same blob and changes nothing. */
export const sealLogTask: Task = {
  name: 'pipelines.seal-log',
  async run(floor, payload, org) {
    const key = { job: String(payload['job']), attempt: Number(payload['attempt']) };
    const attempt = await floor.db.read(org, (tx) => findAttempt(tx, key.job, key.attempt));
    if (attempt === null || attempt.finished_at === null || attempt.log_digest !== null) return;
    const index = indexBuilder();
    const { digest, size } = await floor.blobs.put(partsOf(floor, org, key, index.add), { limit: LOG_LIMIT });
    // Another server sealed it meanwhile and the rows went away under our reading: what it named stands.
    if (size !== attempt.log_stored) return;
    await floor.db.tx(org, (tx) => sealLog(tx, key, digest, index.end()));
  },
};

/** The stored bytes of an ended log, a piece at a time: a long log is never in memory whole. */
async function* partsOf(floor: Floor, org: string, key: LogKey, seen: (bytes: Uint8Array) => void): AsyncIterable<Uint8Array> {
  for (let at = 0; ;) {
    const from = at;
    const bytes = await floor.db.read(org, (tx) => readParts(tx, key, from, AT_ONCE));
    if (bytes.length === 0) return;
    seen(bytes);
    yield bytes;
    at += bytes.length;
  }
}

/** Finds ended logs whose wake was lost. */
export const sealLogSweeper: Sweeper = {
  name: 'pipelines.seal-log',
  async sweep(tx) {
    for (const { job, attempt, org } of await unsealedLogs(tx, plus(await tx.now(), -60_000), 50)) {
      await tx.wake(sealLogTask.name, `${job}:${attempt}`, { job, attempt, org });
    }
  },
};
