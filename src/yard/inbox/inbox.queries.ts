import { DEFAULT_POLICY } from '../../catalog/catalog.ts';
import type { PolicyName } from '../../catalog/service.ts';
import type { Role } from '../../contract/actions.ts';
import type { Deployment } from '../../deployments/deployment.ts';
import type { Binding } from '../../identity/permission.ts';
import type { Row, Tx } from '../../platform/floor.ts';

/** What could wait for somebody, one question for each kind; who it waits for is decided by the pure side. */

type Visible = 'all' | ReadonlySet<string>;
const only = (visible: Visible): string[] | null => (visible === 'all' ? null : [...visible]);

/** Where something is, by name. */
export type Place = {
  service: string;
  serviceId: string;
  team: string;
  teamId: string;
  tier: 1 | 2 | 3;
  policy: PolicyName;
  environment: string;
  environmentId: string;
  environmentKind: string;
};
const PLACE = `service.name as service, service.id as "serviceId", team.name as team, team.id as "teamId", service.tier,
  coalesce(service.policy, (select policy from catalog_setting where catalog_setting.org_id = service.org_id), '${DEFAULT_POLICY}') as policy, environment.name as environment,
  environment.id as "environmentId", environment.kind as "environmentKind"`;

export type Candidate = Place & { release: string; deployment: string | null; since: string };

/** Deployments that wait, before their first act, for an approval or for the checklist: the newest of each place. */
export async function waitingForPeople(tx: Tx, visible: Visible, limit: number): Promise<Candidate[]> {
  return tx.query<Candidate & Row>(
    `select ${PLACE}, deployment.release_id as release, deployment.id as deployment, deployment.requested_at as since
     from deployment join service on service.id = deployment.service_id join team on team.id = service.team_id
       join environment on environment.id = deployment.environment_id
     where deployment.finished_at is null and deployment.started_at is null and deployment.kind = 'deploy'
       and deployment.last_answer->>'verdict' <> 'allow'
       and deployment.last_answer->>'meaning' ~ '(^| )(approvals=wait|readiness=(wait|deny|unknown))'
       and ($1::text[] is null or deployment.service_id = any($1))
     order by deployment.requested_at limit $2`,
    [only(visible), limit],
  );
}

/** The newest open release of each service that goes on by hand, towards each target where neither it nor a newer one runs or is under way. */
export async function waitingByHand(tx: Tx, visible: Visible, since: string, limit: number): Promise<Candidate[]> {
  return tx.query<Candidate & Row>(
    `select ${PLACE}, newest.id as release, null as deployment, newest.created_at as since
     from (select distinct on (service_id) * from release where state = 'open' and created_at > $2 order by service_id, created_at desc, id desc) as newest
       join service on service.id = newest.service_id join team on team.id = service.team_id
       join environment on environment.org_id = newest.org_id and environment.name = any(newest.targets)
     where newest.plan = 'manual' and ($1::text[] is null or newest.service_id = any($1))
       and not exists (select from deployment where release_id = newest.id and environment_id = environment.id)
     order by newest.created_at desc limit $3`,
    [only(visible), since, limit],
  );
}

export type Ended = Place &
  Pick<Deployment, 'id' | 'state' | 'cause' | 'versionName'> & {
    release: string;
    since: string;
    previous: { version: string } | null;
    recorded: boolean;
    runs: string | null;
  };

/** The newest deployment of each place where it ended badly or nobody knows how it ended, and its release is not given up. */
export async function needingAPerson(tx: Tx, visible: Visible, since: string, limit: number): Promise<Ended[]> {
  return tx.query<Ended & Row>(
    `select ${PLACE}, newest.id, newest.state, newest.cause, newest.version_name as "versionName", newest.release_id as release,
       coalesce(newest.finished_at, newest.requested_at) as since, newest.previous, newest.recorded, running.release_version as runs
     from (select distinct on (service_id, environment_id) * from deployment order by service_id, environment_id, requested_at desc, id desc) as newest
       join service on service.id = newest.service_id join team on team.id = service.team_id
       join environment on environment.id = newest.environment_id join release on release.id = newest.release_id
       left join running on running.service_id = newest.service_id and running.environment_id = newest.environment_id
     where release.state = 'open' and newest.kind = 'deploy'
       and (newest.state = 'unknown' or (newest.state in ('failed', 'rolled-back') and newest.finished_at > $2))
       and ($1::text[] is null or newest.service_id = any($1))
     order by since desc limit $3`,
    [only(visible), since, limit],
  );
}

export type GlassAsked = Place & {
  id: string;
  release: string;
  reason: string;
  ticket: string;
  persons: string[];
  needed: number;
  since: string;
};

/** Break-glass that one person has asked for and another has not joined yet. */
export async function glassesAsked(tx: Tx, visible: Visible, since: string): Promise<GlassAsked[]> {
  return tx.query<GlassAsked & Row>(
    `select ${PLACE}, break_glass.id, release.id as release, break_glass.reason, break_glass.ticket, persons, persons_needed as needed, break_glass.created_at as since
     from break_glass join release on release.id = break_glass.release_id join service on service.id = release.service_id
       join team on team.id = service.team_id join environment on environment.id = break_glass.environment_id
     where active_until is null and break_glass.created_at > $2 and release.state = 'open' and ($1::text[] is null or release.service_id = any($1))
     order by break_glass.created_at desc limit 50`,
    [only(visible), since],
  );
}

export type Unverified = Place & { release: string; version: string; since: string };

/** What runs and was not yet looked at by a person there. Whether a person is asked to is the policy's to say. */
export async function unseenByPersons(tx: Tx, visible: Visible, limit: number): Promise<Unverified[]> {
  return tx.query<Unverified & Row>(
    `select ${PLACE}, running.release_id as release, running.release_version as version, running.since
     from running join service on service.id = running.service_id join team on team.id = service.team_id join environment on environment.id = running.environment_id
     where ($1::text[] is null or running.service_id = any($1))
       and not exists (select from verification where verification.service_id = running.service_id and verification.environment_id = running.environment_id
         and verification.release_id = running.release_id and check_name = 'person')
     order by running.since limit $2`,
    [only(visible), limit],
  );
}

export type WaiverLine = {
  id: string;
  kind: string;
  subject: string;
  reason: string;
  ticket: string;
  owner: string;
  requestedBy: string;
  decidedBy: string | null;
  state: 'requested' | 'approved';
  due: string;
  since: string;
  version: number;
  service: string | null;
  team: string | null;
  environment: string | null;
};

/** Waivers that were asked for, those that end before `soon`, and unpaid debts. */
export async function waiversAtHand(tx: Tx, visible: Visible, soon: string, limit: number): Promise<WaiverLine[]> {
  return tx.query<WaiverLine & Row>(
    `select waiver.id, waiver.kind, subject, reason, ticket, owner, requested_by as "requestedBy", decided_by as "decidedBy", waiver.state, expires_at as due,
       waiver.created_at as since, waiver.version, service.name as service, team.name as team, environment.name as environment
     from waiver left join team on team.id = waiver.team_id left join service on service.id = waiver.service_id
       left join environment on environment.id = waiver.environment_id
     where (waiver.state = 'requested' or (waiver.state = 'approved' and (waiver.kind = 'debt' or expires_at < $2)))
       and ($1::text[] is null or waiver.service_id = any($1))
     order by expires_at limit $3`,
    [only(visible), soon, limit],
  );
}

/** How many jobs were given up, and since when the first of them lies there. */
export async function parkedJobs(tx: Tx): Promise<{ count: number; since: string | null }> {
  return tx.one(`select count(*)::int as count, min(run_at) as since from graphile_worker.jobs where attempts >= max_attempts`);
}

export type ReleaseLine = {
  id: string;
  serviceId: string;
  version: string;
  type: 'standard' | 'hotfix' | 'emergency';
  digests: string[];
  commit: string;
  schemaChange: string;
  requestedBy: string | null;
};

/** Releases in short, by id. */
export async function releasesById(tx: Tx, ids: readonly string[]): Promise<Map<string, ReleaseLine>> {
  const rows = await tx.query<ReleaseLine & Row>(
    `select id, service_id as "serviceId", version_name as version, type, digests, commit_id as commit, schema_change->>'kind' as "schemaChange", requested_by as "requestedBy"
     from release where id = any($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Role bindings of several persons at once. */
export async function bindingsOfAll(tx: Tx, persons: readonly string[]): Promise<Map<string, Binding[]>> {
  const rows = await tx.query<{ holder: string; role: Role; team: string | null; service: string | null; environment: string | null }>(
    `select holder_id as holder, role, team, service, environment from role_binding where holder_id = any($1) order by id`,
    [persons],
  );
  const found = new Map<string, Binding[]>();
  for (const { holder, ...binding } of rows) found.set(holder, [...(found.get(holder) ?? []), binding]);
  return found;
}
