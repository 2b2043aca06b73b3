import { environmentById, environmentByName, serviceByName } from '../catalog/catalog.queries.ts';
import { setRunning } from '../environments/running.api.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOfValue, type Digest } from '../kernel/digest.ts';
import { newestRestore } from '../platform/backup/restore.store.ts';
import type { Tx } from '../platform/floor.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { lockAct, lockDeployment, lockSlot, moveAct, saveDeployment, setPicture, setServing } from './deployment.store.ts';
import { actRecorded } from './deployments.events.ts';
import { ADVANCE, finish } from './ending.work.ts';
import type { EnginePort } from './engine.port.ts';
import { openActsOf } from './restored.queries.ts';
import type { DeploymentPlan, Plan, PlacePlan } from './restored.ts';

/** What an agent of a paused instance is asked for; null where it is not paused. */
export async function askAfterRestore(
  tx: Tx,
  agent: string,
): Promise<{ restore: `res_${string}`; since: string; acts: `act_${string}`[] } | null> {
  const row = await newestRestore(tx);
  if (row?.state !== 'paused') return null;
  return { restore: row.id as `res_${string}`, since: row.snapshotAt, acts: (await openActsOf(tx, agent)) as `act_${string}`[] };
}

/**
 * Carries a plan after a restore out, inside the transaction of the resume: ends that machines told are written down,
 * what was never begun is taken back, deployments that went on without these books end, and what serves is taken over.
 */
export async function applyRestored(tx: Tx, port: EnginePort, actor: Actor, plan: Plan): Promise<void> {
  for (const one of plan.deployments) await settle(tx, port, actor, one);
  for (const place of plan.places) await takeOver(tx, actor, place);
}

async function settle(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  { deployment, becomes, results, begun, never, says }: DeploymentPlan,
): Promise<void> {
  const row = await lockDeployment(tx, deployment.id);
  if (row === null || row.finishedAt !== null) return;
  const environment = await environmentById(tx, row.environmentId);
  if (environment === null) return;
  const now = await tx.now();
  for (const { act: id, result } of results) {
    const act = await lockAct(tx, id);
    if (act === null) continue;
    await moveAct(tx, id, ['queued', 'claimed', 'unknown'], result.outcome === 'expired' ? 'withdrawn' : result.outcome, {
      finishedAt: now,
      result,
      claimedAt: now,
    });
    await tx.record(actRecorded, {
      subject: row.id,
      actor: { kind: 'agent', id: act.agentId, org: tx.org },
      service: row.serviceId,
      body: {
        act: act.id,
        phase: act.work.phase,
        environment: environment.name,
        outcome: result.outcome,
        token: act.token,
        agent: act.agentId,
        digest: act.work.phase === 'start' ? act.work.digest : null,
        decision: act.decisionId,
        tookMs: result.tookMs,
      },
    });
  }
  // Given again under the same id: the agent answers what it did, or ends what it began; an act without leave it never begins.
  if (becomes !== 'ends')
    for (const id of begun)
      await moveAct(tx, id, ['queued', 'claimed', 'unknown'], 'claimed', {
        session: 'before-the-restore',
        claimUntil: now,
        claimedAt: now,
      });
  for (const id of becomes === 'ends' ? [...never, ...begun] : never)
    await moveAct(tx, id, ['queued', 'claimed', 'unknown'], 'withdrawn', { finishedAt: now });
  if (becomes === 'ends') {
    // What is observed ends only by an act.
    const acting = row.state === 'observing' ? await saveDeployment(tx, actor, environment.name, row, {}, 'acting') : row;
    await finish(
      { tx, port, actor, environment, now },
      acting,
      row.startedAt === null ? 'cancelled' : 'failed',
      `restored from a backup: ${says}`,
    );
  } else await tx.wake(ADVANCE, row.id, { deployment: row.id });
}

async function takeOver(
  tx: Tx,
  actor: Actor,
  { service: serviceName, environment: environmentName, agent, adopt }: PlacePlan,
): Promise<void> {
  if (adopt === null || agent === null) return;
  const service = await serviceByName(tx, serviceName);
  const environment = await environmentByName(tx, environmentName);
  // Services that the books do not know are told in the status; they can take over nothing for them.
  if (service === null || environment === null) return;
  await lockSlot(tx, service.id, environment.id);
  await setPicture(tx, service.id, environment.id, adopt.picture, await tx.now());
  const { serving } = adopt;
  if (serving === null) {
    await setServing(tx, service.id, environment.id, null);
    return;
  }
  const release = await releaseById(tx, serving.as.release);
  await setServing(tx, service.id, environment.id, {
    agentId: agent,
    deploymentId: serving.deployment,
    releaseId: serving.as.release,
    instance: serving.instance,
    startOrder: { ...serving.as, release: serving.as.release as `rel_${string}`, dependsOn: [...serving.as.dependsOn] },
  });
  await setRunning(tx, actor, {
    serviceId: service.id,
    environmentId: environment.id,
    releaseId: serving.as.release,
    version: serving.as.version,
    artifactDigests: release?.digests ?? [serving.as.digest as Digest],
    configurationDigest: digestOfValue(serving.as.configuration),
    deploymentId: serving.deployment,
    rollback: false,
  });
}
