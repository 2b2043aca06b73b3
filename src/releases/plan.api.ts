import type { Actor } from '../kernel/actor.ts';
import { digestOfValue } from '../kernel/digest.ts';
import { environmentById } from '../catalog/catalog.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { strategyPlan } from './inputs.queries.ts';
import type { RollbackPlan, ShipPlan } from './plan.ts';
import { lockTarget, updatePlans } from './release.store.ts';
import { planAttached } from './releases.events.ts';
import { noSuchEnvironment, noSuchRelease } from './releases.problems.ts';
import { releaseById } from './releases.queries.ts';

export type PlanToAttach = {
  readonly actor: Actor;
  readonly releaseId: string;
  readonly environmentId: string;
  /**
   * The strategy: part of the release intent. Give the environment's own `strategy` unless another was really chosen:
   * a plan that differs from what was approved voids the approvals. null keeps the strategy of the environment.
   */
  readonly plan: ShipPlan | null;
  /** The way back, made from what runs now. Not part of the intent; readiness reads it at each act. */
  readonly rollbackPlan: RollbackPlan | null;
};

/**
 * Attaches a plan and a way back to a release for one environment, inside the caller's transaction. The same plan
 * again changes nothing, so it may run twice. Answers whether the intent changed, that is whether approvals are void.
 */
export async function attachPlan(tx: Tx, asked: PlanToAttach): Promise<{ readonly changesIntent: boolean }> {
  const { actor, releaseId, environmentId, plan, rollbackPlan } = asked;
  const release = await releaseById(tx, releaseId);
  if (release === null) throw noSuchRelease({ release: releaseId });
  const environment = await environmentById(tx, environmentId);
  if (environment === null) throw noSuchEnvironment({ environment: environmentId });
  const target = await lockTarget(tx, releaseId, environmentId, await tx.now());
  const same = (a: unknown, b: unknown): boolean => digestOfValue(a) === digestOfValue(b);
  const own = strategyPlan(environment);
  const changesIntent = !same(plan ?? own, target.plan ?? own);
  if (!changesIntent && same(plan, target.plan) && same(rollbackPlan, target.rollbackPlan)) return { changesIntent };
  await updatePlans(tx, target, plan, rollbackPlan, changesIntent);
  const body = {
    environment: environment.name,
    planDigest: plan === null ? null : digestOfValue(plan),
    rollback: rollbackPlan?.kind ?? null,
    rollbackDigest: rollbackPlan === null ? null : digestOfValue(rollbackPlan),
    targetVersion: target.version + (changesIntent ? 1 : 0),
    changesIntent,
  };
  await tx.record(planAttached, { subject: releaseId, actor, service: release.serviceId, body });
  return { changesIntent };
}
