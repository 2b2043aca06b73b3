import { actorLabel, type Actor } from '../kernel/actor.ts';
import { assertStep } from '../kernel/machine.ts';
import type { Instant } from '../kernel/time.ts';
import { toldBy } from '../kernel/told.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import type { DeploymentLookup } from './deployment-lookup.port.ts';
import { incidentDetected, incidentLinked, incidentResolved } from './environments.events.ts';
import { incidentClosed, noSuchDeployments, noSuchIncident, wrongInstant } from './environments.problems.ts';
import { incidentMachine, type Incident, type Severity } from './incident.ts';
import * as store from './incident.store.ts';

export type OpenInput = {
  readonly serviceId: string | null;
  readonly environmentId: string | null;
  readonly severity: Severity;
  readonly title: string;
  readonly description: string | null;
  /** null: now. */
  readonly startedAt: Instant | null;
  readonly deployments: readonly string[];
  readonly external?: { readonly hookId: string; readonly id: string };
};

/** Opens an incident and links the deployments given. It can't have begun in the future. */
export async function openIncident(tx: Tx, actor: Actor, lookup: DeploymentLookup, input: OpenInput): Promise<Incident> {
  const detectedAt = await tx.now();
  const startedAt = input.startedAt === null ? detectedAt : new Date(input.startedAt).toISOString();
  if (startedAt > detectedAt) throw wrongInstant({ field: 'startedAt', why: 'lies in the future' });
  const id = tx.floor.newId('inc');
  const source = actor.kind === 'hook' ? 'hook' : actor.kind === 'system' ? 'system' : 'person';
  const { serviceId, environmentId, severity, title, description } = input;
  const external = { hookId: input.external?.hookId ?? null, externalId: input.external?.id ?? null };
  await store.insertIncident(tx, {
    id,
    serviceId,
    environmentId,
    severity,
    title,
    description,
    startedAt,
    detectedAt,
    source,
    ...external,
  });
  const body = { service: serviceId, environment: environmentId, severity, startedAt, detectedAt, source };
  await tx.record(incidentDetected, { subject: id, actor, service: serviceId, body });
  if (input.deployments.length > 0) return linkIncident(tx, actor, lookup, id, input.deployments);
  return mustFind(await store.findIncident(tx, id), id);
}

/** Puts an incident down to deployments, open or resolved: the cause is often found later. Links that are there stay. */
export async function linkIncident(
  tx: Tx,
  actor: Actor,
  lookup: DeploymentLookup,
  id: string,
  deployments: readonly string[],
): Promise<Incident> {
  const incident = mustFind(await store.lockIncident(tx, id), id);
  const existing = await lookup.existing(tx, deployments);
  const unknown = deployments.filter((one) => !existing.has(one));
  if (unknown.length > 0) throw noSuchDeployments({ ids: unknown });
  const at = await tx.now();
  for (const deployment of new Set(deployments)) {
    if (!(await store.insertLink(tx, id, deployment, actorLabel(actor), at))) continue;
    const { serviceId: service, environmentId: environment } = incident;
    await tx.record(incidentLinked, { subject: id, actor, service, body: { service, environment, deployment } });
  }
  return mustFind(await store.findIncident(tx, id), id);
}

/** Closes an incident at `resolvedAt` (null: now), which lies between its beginning and now. */
export async function resolveIncident(tx: Tx, actor: Actor, id: string, resolvedAt: Instant | null): Promise<Incident> {
  const incident = mustFind(await store.lockIncident(tx, id), id);
  if (incident.state === 'resolved') throw incidentClosed({ id, resolvedAt: incident.resolvedAt ?? '' });
  assertStep(incidentMachine, incident.state, 'resolved');
  const now = await tx.now();
  const at = resolvedAt === null ? now : new Date(resolvedAt).toISOString();
  if (at > now) throw wrongInstant({ field: 'resolvedAt', why: 'lies in the future' });
  if (at < incident.startedAt) throw wrongInstant({ field: 'resolvedAt', why: 'lies before the beginning of the incident' });
  if (!(await store.markResolved(tx, id, incident.version, at))) throw stale({ what: `the incident ${id}` });
  const { serviceId: service, environmentId: environment, startedAt } = incident;
  await tx.record(incidentResolved, { subject: id, actor, service, body: { service, environment, startedAt, resolvedAt: at } });
  return mustFind(await store.findIncident(tx, id), id);
}

function mustFind(incident: Incident | null, id: string): Incident {
  if (incident === null) throw noSuchIncident({ id });
  return incident;
}

/** Tells of an incident that another system keeps. Told twice is once; one that is resolved here is not opened again by a late word. */
export async function recordIncident(
  tx: Tx,
  actor: Actor,
  lookup: DeploymentLookup,
  said: OpenInput & {
    readonly of: { readonly system: string; readonly id: string; readonly url: string | null };
    readonly state: 'open' | 'resolved';
    readonly resolvedAt: Instant | null;
  },
): Promise<{ readonly id: string; readonly fresh: boolean }> {
  const { of, state, resolvedAt, ...input } = said;
  const before = await store.recordedIncident(tx, of.system, of.id);
  const incident = before ?? (await openIncident(tx, actor, lookup, input));
  if (before === null) await store.nameIncident(tx, incident.id, { ...of, told: toldBy(actor) });
  else if (input.deployments.length > 0) await linkIncident(tx, actor, lookup, incident.id, input.deployments);
  const resolves = state === 'resolved' && incident.state !== 'resolved';
  if (resolves) await resolveIncident(tx, actor, incident.id, resolvedAt);
  return { id: incident.id, fresh: before === null || resolves };
}
