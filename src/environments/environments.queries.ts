import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { BookingView } from '../contract/environments.ts';
import type { Booking } from './booking.ts';
import { bookingViews } from './booking.views.ts';
import { standingBookings } from './booking.store.ts';
import { healthFrom, type Health, type Incident } from './incident.ts';
import { findIncident, findOpenIncidents } from './incident.store.ts';
import { noSuchBooking, noSuchIncident } from './environments.problems.ts';
import type { Running } from './running.ts';
import { findAllRunning, findHistory, findRunning, findRunningEverywhere, findRunningIn, type HistoryRow } from './running.store.ts';
import { saidGood, type Verification } from './verification.ts';
import { findVerifications } from './verification.store.ts';

/** What runs of a service in an environment (ids), or null. */
export async function whatRuns(tx: Tx, serviceId: string, environmentId: string): Promise<Running | null> {
  return findRunning(tx, serviceId, environmentId);
}

/** Every environment where the service runs, with what. */
export async function runningEverywhere(tx: Tx, serviceId: string): Promise<Running[]> {
  return findRunningEverywhere(tx, serviceId);
}

/** Everything that runs in an environment. */
export async function runningIn(tx: Tx, environmentId: string): Promise<Running[]> {
  return findRunningIn(tx, environmentId);
}

/** Everything that runs anywhere: one question for boards and previews. */
export async function allRunning(tx: Tx): Promise<Running[]> {
  return findAllRunning(tx);
}

/** What ran, newest first, with when it ended (null: it still runs). */
export async function runningHistory(tx: Tx, serviceId: string, environmentId: string, limit = 100): Promise<HistoryRow[]> {
  return findHistory(tx, serviceId, environmentId, limit);
}

/** Every word that checks said of a release in an environment, in order; fold them with `standingOf`. */
export async function verificationsOf(tx: Tx, serviceId: string, environmentId: string, releaseId: string): Promise<Verification[]> {
  return findVerifications(tx, serviceId, environmentId, releaseId);
}

/** Whether a release was found right there, and no check that spoke of it says otherwise now. Age is not asked: see `standingOf`. */
export async function wasVerified(tx: Tx, serviceId: string, environmentId: string, releaseId: string): Promise<boolean> {
  return saidGood(await findVerifications(tx, serviceId, environmentId, releaseId));
}

/** What last ran verified before `exceptReleaseId`: where a rollback goes. Null: there is none to go back to. */
export async function lastVerified(
  tx: Tx,
  serviceId: string,
  environmentId: string,
  exceptReleaseId: string | null,
): Promise<Running | null> {
  const tried = new Set<string>();
  for (const row of await findHistory(tx, serviceId, environmentId, 200)) {
    if (row.releaseId === exceptReleaseId || tried.has(row.releaseId)) continue;
    tried.add(row.releaseId);
    if (!(await wasVerified(tx, serviceId, environmentId, row.releaseId))) continue;
    const { change: _, until: __, ...running } = row;
    return running;
  }
  return null;
}

/** Open incidents of a service, in one environment or in all (null); those without an environment count everywhere. */
export async function openIncidents(tx: Tx, serviceId: string, environmentId: string | null): Promise<Incident[]> {
  return findOpenIncidents(tx, serviceId, environmentId);
}

/** How the service is there, from its open incidents. */
export async function healthOf(tx: Tx, serviceId: string, environmentId: string): Promise<Health> {
  const running = await findRunning(tx, serviceId, environmentId);
  return healthFrom(await findOpenIncidents(tx, serviceId, environmentId), running !== null);
}

/** One incident, or null. */
export async function incidentById(tx: Tx, id: string): Promise<Incident | null> {
  return findIncident(tx, id);
}

/** What an incident in a request is about, for the access gate. */
export async function incidentResolver(tx: Tx, id: string): Promise<{ service?: string; team?: string; environment?: string }> {
  const row = await tx.maybe<{ service: string | null; team: string | null; environment: string | null }>(
    `select service.name as service, team.name as team, environment.name as environment
     from incident left join service on service.id = service_id left join team on team.id = team_id left join environment on environment.id = environment_id
     where incident.id = $1`,
    [id],
  );
  if (row === null) throw noSuchIncident({ id });
  const { service, team, environment } = row;
  return { ...(service === null ? {} : { service }), ...(team === null ? {} : { team }), ...(environment === null ? {} : { environment }) };
}

/** Bookings that keep a service in an environment now or later: its own and those of the whole environment. */
export async function bookingsOf(tx: Tx, serviceId: string, environmentId: string, now: Instant): Promise<Booking[]> {
  return (await standingBookings(tx, environmentId, now)).filter((one) => one.serviceId === null || one.serviceId === serviceId);
}

/** What a booking in a request is about, for the access gate. */
export async function bookingResolver(tx: Tx, id: string): Promise<{ service?: string; team?: string; environment: string }> {
  const row = await tx.maybe<{ service: string | null; team: string | null; environment: string }>(
    `select service.name as service, team.name as team, environment.name as environment
     from booking join environment on environment.id = environment_id left join service on service.id = service_id left join team on team.id = team_id
     where booking.id = $1`,
    [id],
  );
  if (row === null) throw noSuchBooking({ id });
  const { service, team, environment } = row;
  return { ...(service === null ? {} : { service }), ...(team === null ? {} : { team }), environment };
}

/** Bookings that are not over, in one environment (by name) or in all, with names; `services` null: of all services. */
export async function bookingsWithNames(tx: Tx, environment: string | null, services: readonly string[] | null): Promise<BookingView[]> {
  return bookingViews(tx, { environment, services });
}
