import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

/** Names of the environments before which a deployment of this release waits for its first act. */
export async function waitingBefore(tx: Tx, release: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `select distinct environment.name from deployment join environment on environment.id = deployment.environment_id
     where release_id = $1 and deployment.kind = 'deploy' and finished_at is null and started_at is null order by 1`,
    [release],
  );
  return rows.map((row) => row.name);
}

/** Active persons of the team that owns a service, 200 at most. */
export async function teamOf(tx: Tx, serviceId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select distinct person.id from service join team_member on team_member.team_id = service.team_id
       join person_email on person_email.email = team_member.email join person on person.id = person_id
     where service.id = $1 and person.active order by person.id limit 200`,
    [serviceId],
  );
  return rows.map((row) => row.id);
}

/** Waivers of this organisation that end before `soon`, of whose end nobody was told. */
export function waiversEnding(tx: Tx, org: string, now: Instant, soon: Instant): Promise<{ id: string }[]> {
  return tx.query(
    `select waiver.id from waiver where waiver.org_id = $1 and state = 'approved' and kind <> 'debt' and expires_at > $2 and expires_at < $3
       and not exists (select from notice where receiver = waiver.owner and mark = 'waiver:' || waiver.id || ':soon')
       and exists (select from person where person.id = waiver.owner and active)
       and not exists (select from notice_preference p where p.person_id = waiver.owner and p.wants->>'expiring' = 'off')
     order by expires_at limit 50`,
    [org, now, soon],
  );
}

/** Names of a team, service and environment by id. */
export function placeNames(
  tx: Tx,
  of: { readonly teamId: string; readonly serviceId: string | null; readonly environmentId: string | null },
): Promise<{ team: string; service: string | null; environment: string | null }> {
  return tx.one(
    `select (select name from team where id = $1) as team, (select name from service where id = $2) as service,
       (select name from environment where id = $3) as environment`,
    [of.teamId, of.serviceId, of.environmentId],
  );
}

export type NewestDeployment = {
  readonly state: string;
  readonly cause: string;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
};

/** The newest deployment of a release to an environment, or null. */
export function newestDeployment(tx: Tx, release: string, environment: string): Promise<NewestDeployment | null> {
  return tx.maybe<NewestDeployment & Record<string, unknown>>(
    `select state, cause, started_at as "startedAt", finished_at as "finishedAt" from deployment
     where release_id = $1 and environment_id = $2 order by requested_at desc, id desc limit 1`,
    [release, environment],
  );
}
