import { defineMachine } from '../kernel/machine.ts';
import type { Instant } from '../kernel/time.ts';

export const SEVERITIES = ['critical', 'major', 'minor'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type IncidentState = 'open' | 'resolved';

/** An incident's way: a resolved one stays resolved; what comes back is a new incident. */
export const incidentMachine = defineMachine<IncidentState>('incident', 'open', { open: ['resolved'], resolved: [] });

export type Incident = {
  readonly id: string;
  readonly serviceId: string | null;
  readonly environmentId: string | null;
  readonly severity: Severity;
  readonly title: string;
  readonly state: IncidentState;
  /** When it began, as the one who opened it says; never after it was opened here. */
  readonly startedAt: Instant;
  readonly detectedAt: Instant;
  readonly resolvedAt: Instant | null;
  /** Deployments that it is linked to; none is unknown, not "no deployment did it". */
  readonly deployments: readonly string[];
  readonly source: 'person' | 'hook' | 'system';
  readonly externalId: string | null;
  readonly version: number;
};

/** How well a service is in one environment, from its open incidents. Without any running release it is unknown. */
export type Health = { readonly state: 'healthy' | 'degraded' | 'down' | 'unknown'; readonly because: readonly string[] };

/** Folds open incidents into a health: critical is down, anything else open is degraded. `running` false is unknown. */
export function healthFrom(open: readonly Pick<Incident, 'id' | 'severity'>[], running: boolean): Health {
  const because = open.map((incident) => incident.id);
  if (open.some((incident) => incident.severity === 'critical')) return { state: 'down', because };
  if (open.length > 0) return { state: 'degraded', because };
  return { state: running ? 'healthy' : 'unknown', because };
}
