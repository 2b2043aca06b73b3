import { LOG_LIMIT } from '../../contract/runner.ts';
import { system } from '../../kernel/actor.ts';
import { between } from '../../kernel/time.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { indexBuilder } from '../logs/log-index.ts';
import { runRead } from '../pipelines.events.ts';
import { isOver, type ReadFrom, type ReadRun } from './read-run.ts';
import {
  closeGone,
  keepJobs,
  keepLog,
  keepRun,
  knownSame,
  readJob,
  readOrigin,
  unfinishedRuns,
  wholeRuns,
  type ReadJobRow,
} from './read-run.store.ts';

/**
 * Keeps runs that a connection read. Read again they are the same rows: by service, system, id and attempt. A fact is
 * written where a run is seen to have ended, and never twice.
 */
export async function keepReadRuns(
  tx: Tx,
  service: string,
  from: ReadFrom,
  runs: readonly ReadRun[],
): Promise<{ kept: number; changed: number }> {
  const now = await tx.now();
  const same = await knownSame(tx, service, from.system, runs);
  let changed = 0;
  for (const run of runs) {
    if (same.has(`${run.external}/${run.attempt}`)) continue;
    const kept = await keepRun(tx, service, from, run, now);
    if (run.jobs !== null) await keepJobs(tx, kept.id, service, run.jobs, now);
    if (kept.change === 'same') continue;
    changed += 1;
    if (isOver(run.state) && (kept.before === null || !isOver(kept.before as ReadRun['state'])))
      await tellEnd(tx, service, from, run, kept.id);
    await tx.notify('run', kept.id);
  }
  return { kept: runs.length, changed };
}

async function tellEnd(tx: Tx, service: string, from: ReadFrom, run: ReadRun, id: string): Promise<void> {
  const begun = run.startedAt ?? run.queuedAt;
  const durationMs = begun === null || run.finishedAt === null ? null : Math.max(0, between(begun, run.finishedAt));
  const { external, attempt, commit, ref, state: outcome, finishedAt } = run;
  const body = { system: from.system, external, attempt, outcome, commit, ref, finishedAt, durationMs };
  await tx.record(runRead, { subject: id, actor: system(tx.org, 'connections'), service, body });
}

export { closeGone, readOrigin, unfinishedRuns, wholeRuns };
export const readJobOf: (tx: Tx, job: string) => Promise<ReadJobRow | null> = readJob;

/** Keeps the log of a read job as ours are kept: one blob with an index, for as long as logs are kept. Its text is not redacted: nobody here knows what is secret there. */
export async function keepReadLog(floor: Floor, org: string, job: string, bytes: Uint8Array): Promise<void> {
  const index = indexBuilder();
  index.add(bytes);
  const { digest, size } = await floor.blobs.put(bytes, { limit: LOG_LIMIT });
  await floor.db.tx(org, async (tx) => keepLog(tx, job, { digest, size, index: index.end() }, await tx.now()));
}
