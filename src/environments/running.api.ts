import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from './environments.events.ts';
import { changeOf, type Running } from './running.ts';
import { lockRunning, saveRunning } from './running.store.ts';

const FACTS = { deployed: serviceDeployed, upgraded: serviceUpgraded, rolledback: serviceRolledBack } as const;

/**
 * Says what runs now, inside the transaction of the deployment that made it so, and records service.deployed, upgraded
 * or rolledback. Saying the same again (same deployment and release) changes nothing and answers false.
 */
export async function setRunning(tx: Tx, actor: Actor, next: Omit<Running, 'since'> & { readonly rollback: boolean }): Promise<boolean> {
  const { rollback, ...running } = next;
  const before = await lockRunning(tx, next.serviceId, next.environmentId);
  if (before !== null && before.deploymentId === next.deploymentId && before.releaseId === next.releaseId) return false;
  const since = await tx.now();
  const change = changeOf(before, rollback);
  await saveRunning(tx, { ...running, since }, change);
  await tx.record(FACTS[change], {
    subject: next.serviceId,
    actor,
    service: next.serviceId,
    body: {
      environment: next.environmentId,
      release: next.releaseId,
      version: next.version,
      artifacts: [...next.artifactDigests],
      configuration: next.configurationDigest,
      deployment: next.deploymentId,
      previous: before === null ? null : { release: before.releaseId, version: before.version, deployment: before.deploymentId },
    },
  });
  await tx.notify('running', next.environmentId);
  return true;
}
