import type { Environment } from '../catalog/environment.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { releaseLease } from '../platform/lease.store.ts';
import { deploymentFinished } from './deployments.events.ts';
import { openDeployments } from './deployments.queries.ts';
import { lockSlot, saveDeployment } from './deployment.store.ts';
import { hasBaseline, leaseName, stepsOf, type Deployment, type DeploymentAct } from './deployment.ts';
import type { EnginePort } from './engine.port.ts';
import { recordBack, recordVerified } from './running.work.ts';
import { wayBackOf } from './strategy.ts';

export const ADVANCE = 'deployments.advance';

/** One deployment being moved, in one transaction: its row is locked, and nobody else moves it meanwhile. */
export type Scene = {
  readonly tx: Tx;
  readonly port: EnginePort;
  readonly actor: Actor;
  readonly environment: Environment;
  readonly now: Instant;
};
/** What carrying out a move left: the row as it is now, and whether to stop until `until`. */
export type Left = { readonly row: Deployment; readonly rest: boolean; readonly until?: Instant | null };

/** Turns round. From here on nothing asks for leave: the traffic goes back to what was good. */
export async function goBack(scene: Scene, row: Deployment, why: string, failed: DeploymentAct | null): Promise<Deployment> {
  const { tx, actor, environment } = scene;
  const { steps, at } = stepsOf(row);
  const step = steps[at];
  if (failed !== null && step !== undefined) await recordVerified(scene, row, step, failed, 'failed');
  const back = wayBackOf(row.previous !== null, hasBaseline(row.plan));
  const from = row.state === 'unknown' || row.state === 'requested' ? 'acting' : row.state;
  const saved = from === row.state ? row : await saveDeployment(tx, actor, environment.name, row, {}, from);
  return await saveDeployment(
    tx,
    actor,
    environment.name,
    saved,
    { back, backStep: 0, cause: why, stepSince: null, holdUntil: null, earliest: null },
    'rolling-back',
  );
}

/** Ends a deployment, gives its slot and lease back, and wakes who waits for the slot. */
export async function finish(
  scene: Scene,
  row: Deployment,
  outcome: 'succeeded' | 'rolled-back' | 'failed' | 'cancelled',
  why: string,
): Promise<Deployment> {
  const { tx, actor, environment } = scene;
  await lockSlot(tx, row.serviceId, row.environmentId);
  if (row.back !== null) await recordBack(scene, row);
  const now = await tx.now();
  const ended = await saveDeployment(
    tx,
    actor,
    environment.name,
    row,
    { holds: false, finishedAt: now, cause: why, earliest: null, holdUntil: null },
    outcome,
  );
  if (row.leaseToken !== null) await releaseLease(tx, leaseName(row), row.leaseToken);
  await tx.record(deploymentFinished, {
    subject: row.id,
    actor,
    service: row.serviceId,
    body: {
      release: row.releaseId,
      environment: environment.name,
      version: row.versionName,
      digest: row.digest,
      kind: row.kind,
      outcome,
      recorded: row.recorded,
      began: row.startedAt !== null,
      requestedAt: row.requestedAt,
      startedAt: row.startedAt,
      finishedAt: now,
      backTo: row.back === null ? null : (row.previous?.release ?? null),
    },
  });
  for (const other of await openDeployments(tx, row.serviceId, row.environmentId))
    await tx.wake(ADVANCE, other.id, { deployment: other.id });
  return ended;
}
