import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Running, RunningChange } from './running.ts';

const COLUMNS = `service_id as "serviceId", environment_id as "environmentId", release_id as "releaseId", release_version as version,
  artifact_digests as "artifactDigests", deployment_id as "deploymentId", since, configuration_digest as "configurationDigest"`;

/** One writer at a time per service and environment, also where no row is there yet. */
export async function lockRunning(tx: Tx, serviceId: string, environmentId: string): Promise<Running | null> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('running:' || $1 || ':' || $2, 0))`, [serviceId, environmentId]);
  return findRunning(tx, serviceId, environmentId);
}

/** What runs, or null. */
export async function findRunning(tx: Tx, serviceId: string, environmentId: string): Promise<Running | null> {
  return tx.maybe<Running>(`select ${COLUMNS} from running where service_id = $1 and environment_id = $2`, [serviceId, environmentId]);
}

/** Everywhere that the service runs. */
export async function findRunningEverywhere(tx: Tx, serviceId: string): Promise<Running[]> {
  return tx.query<Running>(`select ${COLUMNS} from running where service_id = $1 order by since, environment_id`, [serviceId]);
}

/** Everything that runs in an environment. */
export async function findRunningIn(tx: Tx, environmentId: string): Promise<Running[]> {
  return tx.query<Running>(`select ${COLUMNS} from running where environment_id = $1 order by service_id`, [environmentId]);
}

/** Everything that runs anywhere, of services and environments that exist. */
export async function findAllRunning(tx: Tx): Promise<Running[]> {
  return tx.query<Running>(`select ${COLUMNS} from running order by service_id, environment_id`);
}

export type HistoryRow = Running & { readonly change: RunningChange; readonly until: Instant | null };

/** What ran, newest first. */
export async function findHistory(tx: Tx, serviceId: string, environmentId: string, limit: number): Promise<HistoryRow[]> {
  return tx.query<HistoryRow>(
    `select ${COLUMNS}, change, until from running_history where service_id = $1 and environment_id = $2 order by id desc limit $3`,
    [serviceId, environmentId, limit],
  );
}

/** Replaces what runs and closes the open line of history. */
export async function saveRunning(tx: Tx, now: Running, change: RunningChange): Promise<void> {
  const values = [
    now.serviceId,
    now.environmentId,
    tx.org,
    now.releaseId,
    now.version,
    JSON.stringify(now.artifactDigests),
    now.configurationDigest,
    now.deploymentId,
    now.since,
  ];
  await tx.write(
    `insert into running (service_id, environment_id, org_id, release_id, release_version, artifact_digests, configuration_digest, deployment_id, since)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (service_id, environment_id) do update set release_id = excluded.release_id, release_version = excluded.release_version,
       artifact_digests = excluded.artifact_digests, configuration_digest = excluded.configuration_digest,
       deployment_id = excluded.deployment_id, since = excluded.since, version = running.version + 1`,
    values,
  );
  await tx.write(`update running_history set until = $3 where service_id = $1 and environment_id = $2 and until is null`, [
    now.serviceId,
    now.environmentId,
    now.since,
  ]);
  await tx.write(
    `insert into running_history (service_id, environment_id, org_id, release_id, release_version, artifact_digests, configuration_digest, deployment_id, since, change)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [...values, change],
  );
}
