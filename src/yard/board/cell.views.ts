import type { z } from 'zod';
import type { Environment } from '../../catalog/environment.ts';
import type { Service } from '../../catalog/service.ts';
import type { yardCell } from '../../contract/yard.ts';
import { bookingsOf, openIncidents, runningHistory, verificationsOf, whatRuns } from '../../environments/environments.queries.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import type { Row, Tx } from '../../platform/floor.ts';
import { stateOf } from '../../environments/booking.ts';

type Cell = z.infer<(typeof yardCell)['answer']>;

/** Everything about one place, for the card that a cell of the board opens. */
export async function cellView(tx: Tx, service: Service, environment: Environment): Promise<Cell> {
  const running = await whatRuns(tx, service.id, environment.id);
  const said = running === null ? [] : await verificationsOf(tx, service.id, environment.id, running.releaseId);
  const now = await tx.now();
  const bookings = await bookingsOf(tx, service.id, environment.id, now);
  const brought =
    running === null
      ? null
      : await tx.maybe<{ by: string }>(`select requested_by as by from deployment where id = $1`, [running.deploymentId]);
  const labels = [...said.map((word) => word.by), ...(brought === null ? [] : [brought.by])];
  const names = await personLabel(tx, [...labels.map(idOf), ...bookings.map((one) => one.owner)]);
  const nameOf = (label: string) => ({ id: label, name: names.get(idOf(label)) ?? label });
  const [change] = running === null ? [] : await runningHistory(tx, service.id, environment.id, 1);
  return {
    running:
      running === null
        ? null
        : {
            release: running.releaseId as `rel_${string}`,
            version: running.version,
            digests: [...running.artifactDigests],
            since: running.since,
            deployment: running.deploymentId,
            change: change?.change ?? 'deployed',
            requestedBy: brought === null ? null : nameOf(brought.by),
          },
    verifications: said.map((word) => ({
      check: word.check,
      verdict: word.verdict,
      by: nameOf(word.by),
      at: word.at,
      revoked: word.revoked?.reason ?? null,
    })),
    incidents: (await openIncidents(tx, service.id, environment.id)).map(({ id, title, severity, startedAt }) => ({
      id: id as `inc_${string}`,
      title,
      severity,
      startedAt,
    })),
    next: await nextHere(tx, service.id, environment, running?.releaseId ?? null),
    bookings: bookings.map((one) => ({
      id: one.id as `bkg_${string}`,
      environment: environment.name,
      service: one.serviceId === null ? null : service.name,
      owner: { id: one.owner, name: names.get(one.owner) ?? one.owner },
      reason: one.reason,
      from: one.from,
      until: one.until,
      state: stateOf(one, now),
    })),
  };
}

/** What is on its way: what is being deployed or stands in line, else the newest open release that is meant for here. */
async function nextHere(tx: Tx, serviceId: string, environment: Environment, running: string | null): Promise<Cell['next']> {
  const open = await tx.maybe<Row & { id: string; release: string; version: string; state: never; cause: string }>(
    `select id, release_id as release, version_name as version, state, cause from deployment
     where service_id = $1 and environment_id = $2 and finished_at is null order by holds desc, requested_at, id limit 1`,
    [serviceId, environment.id],
  );
  if (open !== null)
    return {
      release: open.release as `rel_${string}`,
      version: open.version,
      deployment: { id: open.id as `dep_${string}`, state: open.state, cause: open.cause },
    };
  const newest = await tx.maybe<Row & { id: string; version: string; targets: string[] }>(
    `select id, version_name as version, targets from release where service_id = $1 and state = 'open' order by created_at desc, id desc limit 1`,
    [serviceId],
  );
  if (newest === null || newest.id === running || !newest.targets.includes(environment.name)) return null;
  return { release: newest.id as `rel_${string}`, version: newest.version, deployment: null };
}

function idOf(label: string): string {
  return label.slice(label.indexOf(':') + 1);
}
