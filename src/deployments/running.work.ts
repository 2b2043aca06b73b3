import { digestOfValue, type Digest } from '../kernel/digest.ts';
import { setRunning } from '../environments/running.api.ts';
import { recordVerification } from '../environments/verification.api.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { instanceOf, type Deployment, type DeploymentAct, type StartOrder } from './deployment.ts';
import { lockSlot, setServing } from './deployment.store.ts';
import { broughtBy, slotOf } from './deployments.queries.ts';
import type { Step } from './strategy.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';

/** The transaction, and who acts in it. */
type Scene = { readonly tx: Tx; readonly actor: Actor };

/** All traffic goes to the candidate: it is what runs, in every book, in this one transaction. */
export async function recordRunning({ tx, actor }: Scene, row: Deployment): Promise<void> {
  await lockSlot(tx, row.serviceId, row.environmentId);
  const instance = instanceOf(row, 'candidate') ?? '';
  await setServing(tx, row.serviceId, row.environmentId, {
    agentId: row.agentId ?? '',
    deploymentId: row.id,
    releaseId: row.releaseId,
    instance,
    startOrder: row.startOrder,
  });
  const release = await releaseById(tx, row.releaseId);
  await setRunning(tx, actor, {
    serviceId: row.serviceId,
    environmentId: row.environmentId,
    releaseId: row.releaseId,
    version: row.versionName,
    artifactDigests: release?.digests ?? [row.digest as Digest],
    configurationDigest: digestOfValue(row.startOrder.configuration),
    deploymentId: row.id,
    rollback: row.kind === 'rollback',
  });
}

/** The way back is walked: what ran before runs again, where the books said otherwise; where they never did, only the way back is told. */
export async function recordBack({ tx, actor }: Scene, row: Deployment): Promise<void> {
  if (row.previous === null) {
    if (row.recorded) await setServing(tx, row.serviceId, row.environmentId, null);
    return;
  }
  const before = await orderOfPrevious({ tx }, row);
  if (before === null) return;
  const release = await releaseById(tx, row.previous.release);
  if (row.recorded) {
    await setServing(tx, row.serviceId, row.environmentId, {
      agentId: row.agentId ?? '',
      deploymentId: before.deployment,
      releaseId: row.previous.release,
      instance: row.previous.instance,
      startOrder: before.order,
    });
  }
  await setRunning(tx, actor, {
    serviceId: row.serviceId,
    environmentId: row.environmentId,
    releaseId: row.previous.release,
    version: row.previous.version,
    artifactDigests: release?.digests ?? [row.previous.digest as Digest],
    configurationDigest: digestOfValue(before.order.configuration),
    deploymentId: row.id,
    rollback: true,
  });
}

async function orderOfPrevious({ tx }: Pick<Scene, 'tx'>, row: Deployment): Promise<{ order: StartOrder; deployment: string } | null> {
  const slot = await slotOf(tx, row.serviceId, row.environmentId);
  if (slot?.instance === row.previous?.instance && slot?.startOrder != null)
    return { order: slot.startOrder, deployment: slot.deploymentId ?? '' };
  // The slot speaks of the candidate by now; the deployment that brought the one before knows how it was started.
  const deployment = await broughtBy(tx, row);
  return deployment === null ? null : { order: deployment.startOrder, deployment: deployment.id };
}

/** What a check or smoke test that verifies said, written down as verification of the release in this environment. */
export async function recordVerified(
  { tx }: Scene,
  row: Deployment,
  step: Step,
  act: DeploymentAct,
  verdict: 'passed' | 'failed',
): Promise<void> {
  if ((step.kind !== 'check' && step.kind !== 'smoke') || !step.verifies || row.back !== null) return;
  const agent = { kind: 'agent', id: act.agentId, org: tx.org } as const;
  await recordVerification(tx, agent, {
    serviceId: row.serviceId,
    environmentId: row.environmentId,
    releaseId: row.releaseId,
    deploymentId: row.id,
    check: step.kind === 'check' ? 'health' : 'smoke',
    verdict,
    evidence: act.id,
  });
}
