import type { Row, Tx } from '../platform/floor.ts';
import type { Incident } from './incident.ts';

/** An incident with names instead of ids, as the API shows it. */
export type IncidentView = Omit<Incident, 'serviceId' | 'environmentId' | 'externalId' | 'deployments'> & {
  readonly service: string | null;
  readonly environment: string | null;
  readonly deployments: string[];
};

const VIEW = `
  select incident.id, service.name as service, environment.name as environment, severity, title, state, started_at as "startedAt",
    detected_at as "detectedAt", resolved_at as "resolvedAt", source, incident.version,
    coalesce((select array_agg(deployment_id order by linked_at, deployment_id) from incident_deployment where incident_id = incident.id), '{}') as deployments
  from incident left join service on service.id = service_id left join environment on environment.id = environment_id`;

/** One incident for the API. */
export async function incidentView(tx: Tx, id: string): Promise<IncidentView> {
  return tx.one<IncidentView & Row>(`${VIEW} where incident.id = $1`, [id]);
}

export type IncidentFilter = {
  readonly state: string | null;
  readonly service: string | null;
  readonly environment: string | null;
  /** Services whose incidents are shown; null: all, and those of no service. */
  readonly services: readonly string[] | null;
  readonly after: { readonly detectedAt: string; readonly id: string } | null;
  readonly limit: number;
};

/** Incidents, newest first, at most `limit`. */
export async function incidentViews(tx: Tx, filter: IncidentFilter): Promise<IncidentView[]> {
  return tx.query<IncidentView & Row>(
    `${VIEW} where ($1::text is null or state = $1) and ($2::text is null or service.name = $2) and ($3::text is null or environment.name = $3)
       and ($4::text[] is null or service_id = any($4)) and ($5::timestamptz is null or (detected_at, incident.id) < ($5, $6))
     order by detected_at desc, incident.id desc limit $7`,
    [
      filter.state,
      filter.service,
      filter.environment,
      filter.services,
      filter.after?.detectedAt ?? null,
      filter.after?.id ?? null,
      filter.limit,
    ],
  );
}
