import type { ActResult, Sample } from '../contract/agent.ts';
import type { DeploymentState } from '../contract/deployments.ts';
import type { Actor } from '../kernel/actor.ts';
import { assertStep } from '../kernel/machine.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Deployment, DeploymentAct, StartOrder } from './deployment.ts';
import { ACT_COLUMNS, DEPLOYMENT_COLUMNS } from './deployments.queries.ts';
import { deploymentMoved } from './deployments.events.ts';
import { deploymentMachine } from './states.ts';
import type { Verdict } from './judge/judge.ts';

/** The only writer of deployment, deployment_move, deployment_act, deployment_sample, deployment_verdict and deployment_slot. */

/** Columns that change after the insert, by their names in the row type. */
const CHANGES = {
  cause: 'cause',
  strategy: 'strategy',
  startOrder: 'start_order',
  digest: 'digest',
  plan: 'plan',
  step: 'step',
  back: 'back',
  backStep: 'back_step',
  previous: 'previous',
  agentId: 'agent_id',
  leaseToken: 'lease_token',
  holds: 'holds',
  recorded: 'recorded',
  stepSince: 'step_since',
  holdUntil: 'hold_until',
  earliest: 'earliest',
  lastAnswer: 'last_answer',
  cancelReason: 'cancel_reason',
  cancelBy: 'cancel_by',
  startedAt: 'started_at',
  finishedAt: 'finished_at',
  external: 'external',
} as const satisfies Partial<Record<keyof Deployment, string>>;
const JSON_COLUMNS = new Set(['strategy', 'start_order', 'plan', 'back', 'previous', 'last_answer', 'external']);

export type Changes = Partial<Pick<Deployment, keyof typeof CHANGES>>;

/** Locks and reads a deployment, or answers null. */
export async function lockDeployment(tx: Tx, id: string): Promise<Deployment | null> {
  return tx.maybe<Deployment>(`select ${DEPLOYMENT_COLUMNS} from deployment where id = $1 for update`, [id]);
}

/** Writes a deployment in its first state. */
export async function insertDeployment(tx: Tx, row: Omit<Deployment, 'version'>): Promise<void> {
  await tx.write(
    `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, reason, requested_by, strategy, start_order, plan, previous, agent_id, requested_at, external)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
    [
      row.id,
      tx.org,
      row.serviceId,
      row.environmentId,
      row.releaseId,
      row.versionName,
      row.digest,
      row.kind,
      row.state,
      row.cause,
      row.reason,
      row.requestedBy,
      JSON.stringify(row.strategy),
      JSON.stringify(row.startOrder),
      JSON.stringify(row.plan),
      row.previous === null ? null : JSON.stringify(row.previous),
      row.agentId,
      row.requestedAt,
      row.external === null ? null : JSON.stringify(row.external),
    ],
  );
}

/**
 * Saves what changed of a deployment whose row is locked, and its move to another state where there is one, each with
 * its fact. Answers the row as it is now. A row that somebody else changed is a bug here: the lock was missing.
 */
export async function saveDeployment(
  tx: Tx,
  actor: Actor,
  environment: string,
  row: Deployment,
  changes: Changes,
  to: DeploymentState = row.state,
): Promise<Deployment> {
  const entries = Object.entries(changes) as [keyof typeof CHANGES, unknown][];
  const sets = entries.map(([key], at) => `${CHANGES[key]} = $${at + 4}`);
  const values = entries.map(([key, value]) => (JSON_COLUMNS.has(CHANGES[key]) && value !== null ? JSON.stringify(value) : value));
  const saved = await tx.maybe<Deployment>(
    `update deployment set ${['state = $3', 'version = version + 1', ...sets].join(', ')} where id = $1 and version = $2 returning ${DEPLOYMENT_COLUMNS}`,
    [row.id, row.version, to, ...values],
  );
  if (saved === null) throw new Error(`deployment ${row.id} was changed without its lock`);
  if (to !== row.state) await moved(tx, actor, environment, row, to, saved.cause);
  await tx.notify('deployment', row.id);
  return saved;
}

async function moved(tx: Tx, actor: Actor, environment: string, row: Deployment, to: DeploymentState, why: string): Promise<void> {
  assertStep(deploymentMachine, row.state, to);
  const { seq } = await tx.one<{ seq: number }>(
    `insert into deployment_move (deployment_id, seq, org_id, from_state, to_state, why, at)
     values ($1, (select coalesce(max(seq), 0) + 1 from deployment_move where deployment_id = $1), $2, $3, $4, $5, $6) returning seq`,
    [row.id, tx.org, row.state, to, why, await tx.now()],
  );
  await tx.record(deploymentMoved, {
    subject: row.id,
    actor,
    service: row.serviceId,
    body: { release: row.releaseId, environment, from: row.state, to, seq },
  });
}

export type NewAct = Pick<
  DeploymentAct,
  'id' | 'deploymentId' | 'agentId' | 'step' | 'back' | 'token' | 'work' | 'decisionId' | 'notAfter' | 'createdAt'
>;

/** Writes an act for an agent to take. */
export async function insertAct(tx: Tx, act: NewAct): Promise<void> {
  await tx.write(
    `insert into deployment_act (id, org_id, deployment_id, agent_id, seq, step, back, token, work, decision_id, state, not_after, created_at)
     values ($1, $2, $3, $4, (select coalesce(max(seq), 0) + 1 from deployment_act where deployment_id = $3), $5, $6, $7, $8, $9, 'queued', $10, $11)`,
    [
      act.id,
      tx.org,
      act.deploymentId,
      act.agentId,
      act.step,
      act.back,
      act.token,
      JSON.stringify(act.work),
      act.decisionId,
      act.notAfter,
      act.createdAt,
    ],
  );
  await tx.notify('agent', act.agentId);
}

/** Moves an act from one of `from`; false where it was in none of them. */
export async function moveAct(
  tx: Tx,
  id: string,
  from: readonly DeploymentAct['state'][],
  to: DeploymentAct['state'],
  change: {
    readonly session?: string;
    readonly claimUntil?: Instant;
    readonly claimedAt?: Instant;
    readonly finishedAt?: Instant;
    readonly result?: ActResult;
  } = {},
): Promise<boolean> {
  const written = await tx.write(
    `update deployment_act set state = $3, version = version + 1, session = coalesce($4, session), claim_until = coalesce($5, claim_until),
       claimed_at = coalesce(claimed_at, $6), finished_at = $7, result = coalesce($8, result)
     where id = $1 and state = any($2)`,
    [
      id,
      from,
      to,
      change.session ?? null,
      change.claimUntil ?? null,
      change.claimedAt ?? null,
      change.finishedAt ?? null,
      change.result === undefined ? null : JSON.stringify(change.result),
    ],
  );
  return written === 1;
}

/** The act, locked, or null. */
export async function lockAct(tx: Tx, id: string): Promise<DeploymentAct | null> {
  return tx.maybe<DeploymentAct>(`select ${ACT_COLUMNS} from deployment_act where id = $1 for update`, [id]);
}

/** Keeps traffic counts; the same interval sent again changes nothing. */
export async function insertSamples(tx: Tx, deployment: string, wave: number, samples: readonly Sample[], now: Instant): Promise<void> {
  await tx.write(
    `insert into deployment_sample (deployment_id, instance, seq, org_id, wave, requests, errors, latency, received_at)
     select $1, s.instance, s.seq, $2, $3, s.requests, s.errors, s.latency, $4
     from jsonb_to_recordset($5::jsonb) as s(instance text, seq bigint, requests int, errors int, latency jsonb)
     on conflict do nothing`,
    [deployment, tx.org, wave, now, JSON.stringify(samples)],
  );
}

export async function insertVerdict(tx: Tx, deployment: string, wave: number, verdict: Verdict, now: Instant): Promise<void> {
  await tx.write(`insert into deployment_verdict (org_id, deployment_id, wave, verdict, at) values ($1, $2, $3, $4, $5)`, [
    tx.org,
    deployment,
    wave,
    JSON.stringify(verdict),
    now,
  ]);
}

/** The slot's row, made where there is none, and locked: requests and takings of one place come one after the other. */
export async function lockSlot(tx: Tx, serviceId: string, environmentId: string): Promise<void> {
  await tx.write(`insert into deployment_slot (service_id, environment_id, org_id) values ($1, $2, $3) on conflict do nothing`, [
    serviceId,
    environmentId,
    tx.org,
  ]);
  await tx.query(`select 1 from deployment_slot where service_id = $1 and environment_id = $2 for update`, [serviceId, environmentId]);
}

export type Serving = {
  readonly agentId: string;
  readonly deploymentId: string;
  readonly releaseId: string;
  readonly instance: string;
  readonly startOrder: StartOrder;
};

/** Writes down which instance serves, or that none does. The slot is locked. */
export async function setServing(tx: Tx, serviceId: string, environmentId: string, serving: Serving | null): Promise<void> {
  await tx.write(
    `update deployment_slot set agent_id = coalesce($3, agent_id), deployment_id = $4, release_id = $5, instance = $6, start_order = $7, version = version + 1
     where service_id = $1 and environment_id = $2`,
    [
      serviceId,
      environmentId,
      serving?.agentId ?? null,
      serving?.deploymentId ?? null,
      serving?.releaseId ?? null,
      serving?.instance ?? null,
      serving === null ? null : JSON.stringify(serving.startOrder),
    ],
  );
}

/** What the agent last said of the slot. */
export async function setPicture(tx: Tx, serviceId: string, environmentId: string, picture: unknown, now: Instant): Promise<void> {
  await tx.write(
    `update deployment_slot set picture = $3, picture_at = $4, version = version + 1 where service_id = $1 and environment_id = $2`,
    [serviceId, environmentId, JSON.stringify(picture), now],
  );
}

/** One after the other asks for the next environments of a release, until the end of the transaction. */
export async function lockPromotion(tx: Tx, releaseId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 12))`, [releaseId]);
}
