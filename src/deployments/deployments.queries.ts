import type { SlotPicture } from '../contract/agent.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Deployment, DeploymentAct, StartOrder } from './deployment.ts';
import { noSuchDeployment } from './deployments.problems.ts';
import type { Verdict } from './judge/judge.ts';

export const DEPLOYMENT_COLUMNS = `id, service_id as "serviceId", environment_id as "environmentId", release_id as "releaseId", version_name as "versionName",
  digest, kind, state, cause, reason, requested_by as "requestedBy", strategy, start_order as "startOrder", plan, step, back, back_step as "backStep",
  previous, agent_id as "agentId", lease_token as "leaseToken", holds, recorded, step_since as "stepSince", hold_until as "holdUntil", earliest,
  external, last_answer as "lastAnswer", cancel_reason as "cancelReason", cancel_by as "cancelBy", requested_at as "requestedAt", started_at as "startedAt",
  finished_at as "finishedAt", version`;
export const ACT_COLUMNS = `id, deployment_id as "deploymentId", agent_id as "agentId", seq, step, back, token, work, decision_id as "decisionId", state,
  not_after as "notAfter", session, claim_until as "claimUntil", result, created_at as "createdAt", claimed_at as "claimedAt", finished_at as "finishedAt"`;

/** A deployment by id, or null. */
export async function deploymentById(tx: Tx, id: string): Promise<Deployment | null> {
  return tx.maybe<Deployment>(`select ${DEPLOYMENT_COLUMNS} from deployment where id = $1`, [id]);
}

/** The deployments of a service's place that aren't over, oldest first. */
export async function openDeployments(tx: Tx, serviceId: string, environmentId: string): Promise<Deployment[]> {
  return tx.query<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where service_id = $1 and environment_id = $2 and finished_at is null order by requested_at, id`,
    [serviceId, environmentId],
  );
}

/** All deployments that aren't over; with `release`, only of that one. */
export async function openDeploymentIds(tx: Tx, release: string | null = null): Promise<{ id: string; org: string }[]> {
  return tx.query(
    `select id, org_id as org from deployment where finished_at is null and external is null and ($1::text is null or release_id = $1) order by requested_at`,
    [release],
  );
}

/** Where a release is on its way to, by whomever: what is asked elsewhere for its decisions must stay fresh. */
export async function openTargets(tx: Tx): Promise<{ release: string; environment: string; org: string }[]> {
  return tx.query(
    `select distinct release_id as release, environment_id as environment, org_id as org from deployment where finished_at is null limit 500`,
  );
}

/** Whether a release has, or had, a deployment to an environment that wasn't cancelled or refused before it began. */
export async function wasRequested(tx: Tx, releaseId: string, environmentId: string): Promise<boolean> {
  const row = await tx.maybe(
    `select 1 from deployment where release_id = $1 and environment_id = $2 and (finished_at is null or started_at is not null) limit 1`,
    [releaseId, environmentId],
  );
  return row !== null;
}

/** The deployment at the same place that began last, after this one's fencing token, and succeeded; null: none did. */
export async function succeededLater(tx: Tx, { serviceId, environmentId }: Deployment, token: number): Promise<Deployment | null> {
  return tx.maybe<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where service_id = $1 and environment_id = $2 and state = 'succeeded' and lease_token > $3
     order by lease_token desc limit 1`,
    [serviceId, environmentId, token],
  );
}

/** The newest deployments of a release here that a foreign tool does, newest first. */
export async function externalDeployments(tx: Tx, releaseId: string, environmentId: string): Promise<Deployment[]> {
  return tx.query<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where release_id = $1 and environment_id = $2 and external is not null order by requested_at desc, id desc limit 100`,
    [releaseId, environmentId],
  );
}

/** The newest act of a deployment, or null. */
export async function newestAct(tx: Tx, deployment: string): Promise<DeploymentAct | null> {
  return tx.maybe<DeploymentAct>(`select ${ACT_COLUMNS} from deployment_act where deployment_id = $1 order by seq desc limit 1`, [
    deployment,
  ]);
}

/** An act by id, or null. */
export async function actById(tx: Tx, id: string): Promise<DeploymentAct | null> {
  return tx.maybe<DeploymentAct>(`select ${ACT_COLUMNS} from deployment_act where id = $1`, [id]);
}

/** What the acts of a deployment say as a whole: whether any was ever taken, and how often the step at hand failed. */
export async function actFacts(tx: Tx, deployment: string, step: number, back: boolean): Promise<{ begun: boolean; failures: number }> {
  return tx.one(
    `select coalesce(bool_or(claimed_at is not null), false) as begun,
       (count(*) filter (where step = $2 and back = $3 and state in ('failed', 'refused')))::int as failures
     from deployment_act where deployment_id = $1`,
    [deployment, step, back],
  );
}

export async function actsOf(tx: Tx, deployment: string): Promise<DeploymentAct[]> {
  return tx.query<DeploymentAct>(`select ${ACT_COLUMNS} from deployment_act where deployment_id = $1 order by seq`, [deployment]);
}

export type Slot = {
  readonly serviceId: string;
  readonly environmentId: string;
  readonly agentId: string | null;
  readonly deploymentId: string | null;
  readonly releaseId: string | null;
  readonly instance: string | null;
  readonly startOrder: StartOrder | null;
  readonly picture: SlotPicture | null;
  readonly pictureAt: Instant | null;
};
const SLOT_COLUMNS = `service_id as "serviceId", environment_id as "environmentId", agent_id as "agentId", deployment_id as "deploymentId", release_id as "releaseId",
  instance, start_order as "startOrder", picture, picture_at as "pictureAt"`;

/** What serves for a service in an environment, or null. */
export async function slotOf(tx: Tx, serviceId: string, environmentId: string): Promise<Slot | null> {
  return tx.maybe<Slot>(`select ${SLOT_COLUMNS} from deployment_slot where service_id = $1 and environment_id = $2`, [
    serviceId,
    environmentId,
  ]);
}

/** The slots of an environment. */
export async function slotsIn(tx: Tx, environmentId: string): Promise<Slot[]> {
  return tx.query<Slot>(`select ${SLOT_COLUMNS} from deployment_slot where environment_id = $1`, [environmentId]);
}

export type SampleRow = {
  readonly instance: string;
  readonly seq: number;
  readonly wave: number;
  readonly requests: number;
  readonly errors: number;
  readonly latency: number[] | null;
};

/** The newest traffic counts of two instances, in order of time; enough for hours. */
export async function samplesOf(tx: Tx, deployment: string, instances: readonly string[]): Promise<SampleRow[]> {
  const rows = await tx.query<SampleRow>(
    `select instance, seq, wave, requests, errors, latency from deployment_sample where deployment_id = $1 and instance = any($2) order by seq desc limit 20000`,
    [deployment, instances],
  );
  return rows.reverse();
}

/** The last verdict on a deployment, or null. */
export async function lastVerdict(tx: Tx, deployment: string): Promise<{ wave: number; verdict: Verdict } | null> {
  return tx.maybe(`select wave, verdict from deployment_verdict where deployment_id = $1 order by id desc limit 1`, [deployment]);
}

/** The newest earlier releases that a deployment brought into a place and ended well with, newest first. */
export async function goodDeployments(tx: Tx, serviceId: string, environmentId: string, limit = 20): Promise<Deployment[]> {
  return tx.query<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where service_id = $1 and environment_id = $2 and state = 'succeeded' order by finished_at desc, id desc limit $3`,
    [serviceId, environmentId, limit],
  );
}

/** The service of a deployment, for the access gate. */
export async function placeOf(tx: Tx, deployment: string): Promise<{ service: string; environment: string; team: string } | null> {
  return tx.maybe(
    `select service.name as service, environment.name as environment, team.name as team from deployment
     join service on service.id = deployment.service_id join team on team.id = service.team_id join environment on environment.id = deployment.environment_id
     where deployment.id = $1`,
    [deployment],
  );
}

/** The deployment that brought the release which ran before `row` into its place, or null. */
export async function broughtBy(tx: Tx, row: Deployment): Promise<Deployment | null> {
  return tx.maybe<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where service_id = $1 and environment_id = $2 and recorded and release_id = $3 and id <> $4
     order by finished_at desc nulls last limit 1`,
    [row.serviceId, row.environmentId, row.previous?.release ?? '', row.id],
  );
}

/** The deployment that brought a release into a place and ended best, newest first; null where none ever did. */
export async function bringerOf(tx: Tx, serviceId: string, environmentId: string, release: string): Promise<Deployment | null> {
  return tx.maybe<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where service_id = $1 and environment_id = $2 and release_id = $3 and recorded
     order by (state = 'succeeded') desc, finished_at desc nulls last, id desc limit 1`,
    [serviceId, environmentId, release],
  );
}

/** Which of these deployments exist: what an incident may be linked to. */
export async function existing(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(`select id from deployment where id = any($1)`, [ids]);
  return new Set(rows.map((row) => row.id));
}

/** What a deployment in a request is about, for the access gate. */
export async function deploymentResolver(tx: Tx, id: string): Promise<{ service: string; environment: string; team: string }> {
  const place = await placeOf(tx, id);
  if (place === null) throw noSuchDeployment({ deployment: id });
  return place;
}
