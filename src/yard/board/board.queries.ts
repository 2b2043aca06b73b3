import type { Row, Tx } from '../../platform/floor.ts';
import type {
  BoardRows,
  DebtRow,
  DriftRow,
  IncidentRow,
  LastDeploymentRow,
  LastRunRow,
  NewestReleaseRow,
  OpenDeploymentRow,
  RunningRow,
  ServiceRow,
} from './board-rows.ts';

/** Waivers that end within this time are told on the board. */
export const SOON_MS = 7 * 86_400_000;

export type BoardFilter = {
  /** Null: all. */
  readonly services: readonly string[] | null;
  readonly team: string | null;
  readonly tier: number | null;
  readonly text: string | null;
};

/** The services of the board, by name. */
export async function boardServices(tx: Tx, { services, team, tier, text }: BoardFilter): Promise<ServiceRow[]> {
  return tx.query<ServiceRow & Row>(
    `select service.id, service.name, team.name as team, team.id as "teamId", tier, observe_only as "observeOnly"
     from service join team on team.id = team_id
     where service.removed_at is null and ($1::text[] is null or service.id = any($1)) and ($2::text is null or team.name = $2)
       and ($3::int is null or tier = $3) and ($4::text is null or position(lower($4) in service.name) > 0)
     order by service.name`,
    [services, team, tier, text],
  );
}

/**
 * Everything else of the board, with one question for each kind of thing, whatever the number of services. `ids`: of the
 * services shown. Questions that take the newest of many rows go through an index once for each place.
 */
export async function boardParts(tx: Tx, ids: readonly string[], soon: string): Promise<Omit<BoardRows, 'services' | 'environments'>> {
  const of = [ids];
  return {
    running: await tx.query<RunningRow & Row>(RUNNING, of),
    open: await tx.query<OpenDeploymentRow & Row>(OPEN, of),
    last: await tx.query<LastDeploymentRow & Row>(LAST, of),
    drift: await tx.query<DriftRow & Row>(DRIFT, of),
    runs: await tx.query<LastRunRow & Row>(RUNS, of),
    newest: await tx.query<NewestReleaseRow & Row>(NEWEST, of),
    incidents: await tx.query<IncidentRow & Row>(
      `select id, service_id as service, environment_id as environment, severity from incident
       where state = 'open' and service_id = any($1) order by detected_at, id`,
      of,
    ),
    debts: await tx.query<DebtRow & Row>(
      `select team_id as "teamId", service_id as service, expires_at as due from waiver
       where state = 'approved' and (kind = 'debt' or expires_at < $2) and team_id in (select team_id from service where id = any($1))`,
      [ids, soon],
    ),
  };
}

const RUNNING = `
  select r.service_id as service, r.environment_id as environment, r.release_id as release, r.release_version as version,
    r.artifact_digests ->> 0 as digest, r.deployment_id as deployment, r.since, said.passed, said.failed, said.revoked
  from running r left join lateral (
    select bool_or(verdict = 'passed' and revoked_at is null) as passed, bool_or(verdict = 'failed' and revoked_at is null) as failed,
      bool_or(revoked_at is not null) as revoked
    from (
      select distinct on (check_name) verdict, revoked_at from verification v
      where v.service_id = r.service_id and v.environment_id = r.environment_id and v.release_id = r.release_id
      order by check_name, ordinal desc
    ) as words
  ) as said on true
  where r.service_id = any($1)`;

const OPEN = `
  select id, service_id as service, environment_id as environment, release_id as release, version_name as version, digest, kind, state, plan, step,
    back is not null as "goingBack", holds, earliest
  from deployment where finished_at is null and service_id = any($1) order by holds desc, requested_at, id`;

const LAST = `
  select newest.* from unnest($1::text[]) as s(id) cross join environment e cross join lateral (
    select d.id, service_id as service, environment_id as environment, release_id as release, version_name as version, digest, state,
      finished_at as at
    from deployment d where d.service_id = s.id and d.environment_id = e.id order by requested_at desc limit 1
  ) as newest
  where e.removed_at is null and newest.state in ('failed', 'rolled-back')`;

/** Places where an instance takes traffic that is not what should, or is not up, or where none does. */
const DRIFT = `
  select r.service_id as service, r.environment_id as environment, r.artifact_digests as wanted, s.picture -> 'instances' as serving
  from running r join deployment_slot s on s.service_id = r.service_id and s.environment_id = r.environment_id
  where r.service_id = any($1) and s.picture is not null and not coalesce((
    select bool_or((one ->> 'weight')::int > 0)
      and bool_and((one ->> 'weight')::int = 0 or (one ->> 'state' = 'up' and r.artifact_digests ? (one ->> 'digest')))
    from jsonb_array_elements(s.picture -> 'instances') as one), false)`;

const RUNS = `
  select newest.* from unnest($1::text[]) as s(id) cross join lateral (
    select service_id as service, id, state, coalesce(finished_at, started_at, queued_at) as at
    from run where service_id = s.id order by queued_at desc, id desc limit 1
  ) as newest`;

const NEWEST = `
  select newest.* from unnest($1::text[]) as s(id) cross join lateral (
    select service_id as service, id as release, version_name as version, digests[1] as digest, targets
    from release where service_id = s.id and state = 'open' order by created_at desc, id desc limit 1
  ) as newest`;
