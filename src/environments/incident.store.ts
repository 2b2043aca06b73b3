import type { Instant } from '../kernel/time.ts';
import type { Told } from '../kernel/told.ts';
import type { Row, Tx } from '../platform/floor.ts';
import type { Incident, Severity } from './incident.ts';

const INCIDENT = `
  select id, service_id as "serviceId", environment_id as "environmentId", severity, title, state, started_at as "startedAt",
    detected_at as "detectedAt", resolved_at as "resolvedAt", source, external_id as "externalId", version,
    coalesce((select array_agg(deployment_id order by linked_at, deployment_id) from incident_deployment where incident_id = incident.id), '{}') as deployments
  from incident`;

/** One incident, or null. */
export async function findIncident(tx: Tx, id: string): Promise<Incident | null> {
  return tx.maybe<Incident & Row>(`${INCIDENT} where id = $1`, [id]);
}

/** One incident with its row locked, or null. */
export async function lockIncident(tx: Tx, id: string): Promise<Incident | null> {
  await tx.query(`select 1 from incident where id = $1 for update`, [id]);
  return findIncident(tx, id);
}

/** The incident that a hook calls by this name, or null. */
export async function findExternal(tx: Tx, hookId: string, externalId: string): Promise<Incident | null> {
  return tx.maybe<Incident & Row>(`${INCIDENT} where hook_id = $1 and external_id = $2`, [hookId, externalId]);
}

/** Open incidents of a service in an environment (null: any). */
export async function findOpenIncidents(tx: Tx, serviceId: string, environmentId: string | null): Promise<Incident[]> {
  return tx.query<Incident & Row>(
    `${INCIDENT} where state = 'open' and service_id = $1 and ($2::text is null or environment_id is null or environment_id = $2) order by detected_at, id`,
    [serviceId, environmentId],
  );
}

export type NewIncident = {
  readonly id: string;
  readonly serviceId: string | null;
  readonly environmentId: string | null;
  readonly severity: Severity;
  readonly title: string;
  readonly description: string | null;
  readonly startedAt: Instant;
  readonly detectedAt: Instant;
  readonly source: Incident['source'];
  readonly hookId: string | null;
  readonly externalId: string | null;
};

/** Adds an open incident. */
export async function insertIncident(tx: Tx, incident: NewIncident): Promise<void> {
  await tx.write(
    `insert into incident (id, org_id, service_id, environment_id, severity, title, description, state, started_at, detected_at, source, hook_id, external_id)
     values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12)`,
    [
      incident.id,
      tx.org,
      incident.serviceId,
      incident.environmentId,
      incident.severity,
      incident.title,
      incident.description,
      incident.startedAt,
      incident.detectedAt,
      incident.source,
      incident.hookId,
      incident.externalId,
    ],
  );
}

/** Links a deployment; false where it was linked already. */
export async function insertLink(tx: Tx, incidentId: string, deploymentId: string, by: string, at: Instant): Promise<boolean> {
  const written = await tx.write(
    `insert into incident_deployment (incident_id, deployment_id, org_id, linked_at, linked_by) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [incidentId, deploymentId, tx.org, at, by],
  );
  return written === 1;
}

/** Closes an open incident of this version; false where somebody was faster. */
export async function markResolved(tx: Tx, id: string, version: number, resolvedAt: Instant): Promise<boolean> {
  return (
    (await tx.write(
      `update incident set state = 'resolved', resolved_at = $3, version = version + 1 where id = $1 and version = $2 and state = 'open'`,
      [id, version, resolvedAt],
    )) === 1
  );
}

/** The incident that another system calls by this id, or null; words about it come one after the other. */
export async function recordedIncident(tx: Tx, system: string, externalId: string): Promise<Incident | null> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 24))`, [[tx.org, system, externalId].join('\n')]);
  const known = await tx.maybe<{ id: string }>(
    `select incident_id as id from incident_recorded where org_id = $1 and system = $2 and external_id = $3`,
    [tx.org, system, externalId],
  );
  return known === null ? null : findIncident(tx, known.id);
}

/** Remembers what another system calls an incident of ours, and who told it. */
export async function nameIncident(
  tx: Tx,
  incident: string,
  of: { readonly system: string; readonly id: string; readonly url: string | null; readonly told: Told },
): Promise<void> {
  await tx.write(`insert into incident_recorded (org_id, system, external_id, incident_id, url, told) values ($1, $2, $3, $4, $5, $6)`, [
    tx.org,
    of.system,
    of.id,
    incident,
    of.url,
    JSON.stringify(of.told),
  ]);
}
