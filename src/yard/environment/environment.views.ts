import type { z } from 'zod';
import type { Environment } from '../../catalog/environment.ts';
import type { BookingView } from '../../contract/environments.ts';
import type { environmentOverview, environmentsBoard } from '../../contract/yard.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Row, Tx } from '../../platform/floor.ts';
import { boardParts, boardServices, SOON_MS } from '../board/board.queries.ts';
import { boardOf } from '../board/board.ts';
import { SILENCE_MS } from '../board/summary.queries.ts';

type Overview = z.infer<(typeof environmentOverview)['answer']>;
type Line = z.infer<(typeof environmentsBoard)['answer']>['items'][number];
type Agents = Line['agents'];
export type Seen = readonly string[] | null;

const LATEST = 50;

/** Every environment with who acts there and how it is there, for services that may be seen. */
export async function environmentLines(
  tx: Tx,
  environments: readonly Environment[],
  services: Seen,
  bookings: readonly BookingView[],
): Promise<Line[]> {
  const now = await tx.now();
  const rows = await rowsFor(tx, environments, services, now);
  const agents = await agentsOf(tx, environments, now);
  return environments.map((environment, at) => {
    const cells = rows.flatMap((row) => row.cells[at] ?? []);
    const count = (is: (cell: (typeof cells)[number]) => boolean): number => cells.filter(is).length;
    const waits = (state: string): boolean => ['requested', 'waiting'].includes(state);
    return {
      ...onWire(environment),
      agents: agents.get(environment.id) ?? [],
      running: count((cell) => cell.is !== undefined),
      moving: count((cell) => cell.moving !== undefined && !waits(cell.moving.state)),
      waiting: count((cell) => cell.moving !== undefined && waits(cell.moving.state)),
      unverified: count((cell) => cell.verified !== undefined && cell.verified !== 'verified'),
      drifting: count((cell) => cell.drift !== undefined),
      incidents: count((cell) => cell.health !== undefined),
      bookings: bookings.filter((one) => one.environment === environment.name),
    };
  });
}

/** One environment with all that is known of it. */
export async function environmentPage(tx: Tx, environment: Environment, services: Seen, bookings: BookingView[]): Promise<Overview> {
  const now = await tx.now();
  const rows = await rowsFor(tx, [environment], services, now);
  const places = new Map((await placesOf(tx, environment.id)).map((one) => [one.service, one]));
  return {
    environment: onWire(environment),
    agents: (await agentsOf(tx, [environment], now)).get(environment.id) ?? [],
    rows: rows.map(({ service, team, tier, versions, cells }) => {
      const place = places.get(service);
      return {
        service,
        team,
        tier,
        versions,
        cell: cells[0] ?? null,
        frontPort: place?.frontPort ?? null,
        seenAt: place?.seenAt ?? null,
        act:
          place?.act == null || place.deployment === null
            ? null
            : {
                deployment: place.deployment as `dep_${string}`,
                what: place.act,
                state: place.actState ?? '',
                since: place.actSince ?? '',
              },
        lease: place?.token == null || place.until === null ? null : { token: place.token, until: place.until },
      };
    }),
    verifications: await verificationsIn(tx, environment.id, services),
    history: await historyIn(tx, environment.id, services),
    bookings,
  };
}

async function rowsFor(tx: Tx, environments: readonly Environment[], services: Seen, now: Instant) {
  const shown = await boardServices(tx, { services, team: null, tier: null, text: null });
  const parts = await boardParts(
    tx,
    shown.map((one) => one.id),
    plus(now, SOON_MS),
  );
  return boardOf({ services: shown, environments, ...parts });
}

/** The agents that an environment names, by name or label. */
async function agentsOf(tx: Tx, environments: readonly Environment[], now: Instant): Promise<Map<string, Agents>> {
  const agents = await tx.query<Row & { id: `agt_${string}`; name: string; labels: string[]; lastSeenAt: string | null }>(
    `select id, name, labels, last_seen_at as "lastSeenAt" from agent where revoked_at is null order by last_seen_at desc nulls last, id`,
  );
  const alive = plus(now, -SILENCE_MS);
  const mine = (environment: Environment): Agents =>
    agents
      .filter((agent) => agent.name === environment.agent || agent.labels.includes(environment.agent))
      .map(({ id, name, lastSeenAt }) => ({ id, name, lastSeenAt, alive: lastSeenAt !== null && lastSeenAt > alive }));
  return new Map(environments.map((environment) => [environment.id, mine(environment)]));
}

type PlaceRow = {
  service: string;
  frontPort: number | null;
  seenAt: string | null;
  deployment: string | null;
  act: string | null;
  actState: string | null;
  actSince: string | null;
  token: number | null;
  until: string | null;
};

/** Where each service's traffic comes in, what is being done there, and who holds the place. */
async function placesOf(tx: Tx, environmentId: string): Promise<PlaceRow[]> {
  return tx.query<PlaceRow & Row>(
    `select service.name as service, (slot.picture ->> 'frontPort')::int as "frontPort", slot.picture_at as "seenAt", act.deployment_id as deployment,
       act.work ->> 'phase' as act, act.state as "actState", coalesce(act.claimed_at, act.created_at) as "actSince", lease.token, lease.until
     from deployment_slot slot join service on service.id = slot.service_id and service.removed_at is null
     left join deployment d on d.service_id = slot.service_id and d.environment_id = slot.environment_id and d.finished_at is null and d.holds
     left join lateral (
       select * from deployment_act a where a.deployment_id = d.id and a.finished_at is null order by a.seq desc limit 1
     ) as act on true
     left join lease on lease.name = 'deploy:' || slot.service_id || ':' || slot.environment_id and d.id is not null
     where slot.environment_id = $1`,
    [environmentId],
  );
}

type Word = Omit<Overview['verifications'][number], 'by' | 'revoked'> & { by: string; revokedAt: string | null; why: string | null };

async function verificationsIn(tx: Tx, environmentId: string, services: Seen): Promise<Overview['verifications']> {
  const rows = await tx.query<Word & Row>(
    `select v.id, service.name as service, v.release_id as release, coalesce(release.version_name, '') as version, check_name as "check", verdict, by_actor as by,
       note, at, revoked_at as "revokedAt", revoked_reason as why
     from verification v join service on service.id = v.service_id left join release on release.id = v.release_id
     where v.environment_id = $1 and ($2::text[] is null or v.service_id = any($2)) order by at desc, ordinal desc limit $3`,
    [environmentId, services, LATEST],
  );
  const idOf = (label: string): string => label.slice(label.indexOf(':') + 1);
  const names = await personLabel(
    tx,
    rows.map((one) => idOf(one.by)),
  );
  return rows.map(({ by, revokedAt, why, ...word }) => ({
    ...word,
    by: { id: by, name: names.get(idOf(by)) ?? by },
    revoked: revokedAt === null ? null : { at: revokedAt, reason: why ?? '' },
  }));
}

async function historyIn(tx: Tx, environmentId: string, services: Seen): Promise<Overview['history']> {
  return tx.query<Overview['history'][number] & Row>(
    `select service.name as service, release_version as version, release_id as release, deployment_id as deployment, change, since, until
     from running_history join service on service.id = service_id
     where environment_id = $1 and ($2::text[] is null or service_id = any($2)) order by since desc, running_history.id desc limit $3`,
    [environmentId, services, LATEST],
  );
}

function onWire(environment: Environment): Overview['environment'] {
  return environment as unknown as Overview['environment'];
}
