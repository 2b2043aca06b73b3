import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { EndedRun } from './baseline.ts';

/** Runs that one baseline is folded from; those beyond are older. */
const RUNS_MOST = 20_000;

/** Runs of a service that ended, queued after `from`, of whichever origin: newest first. */
export function endedRuns(tx: Tx, service: string, from: Instant): Promise<EndedRun[]> {
  return tx.query<EndedRun>(
    `select seen ->> 'pipeline' as pipeline, origin, external_system as system, commit_id as commit, state, started_at as "startedAt", queued_at as "queuedAt",
       finished_at as "finishedAt"
     from run where service_id = $1 and queued_at >= $2 and finished_at is not null and state in ('succeeded', 'failed', 'cancelled')
     order by queued_at desc limit $3`,
    [service, from, RUNS_MOST],
  );
}
