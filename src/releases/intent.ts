import type { RunSpec } from '../catalog/service.ts';
import { digestOfValue, type Digest } from '../kernel/digest.ts';
import type { SchemaChange, ShipPlan } from './plan.ts';

/**
 * What exactly is meant to happen. Every input that an approval is about stands here and nothing else does: a change
 * of any one voids the approval, a change of anything not here voids nothing.
 */
export type ReleaseIntent = {
  readonly v: 1;
  readonly service: string;
  /** What will run: artifacts by digest; their order means nothing. */
  readonly digests: readonly Digest[];
  /** The environment by id, so that a new environment of the same name is another. */
  readonly environment: string;
  readonly configuration: { readonly [key: string]: string };
  /** How an instance is started and known to be ready. */
  readonly run: RunSpec | null;
  readonly schemaChange: SchemaChange;
  /** The strategy. Not the way back: that follows from what runs, and readiness reads it at each act. */
  readonly plan: ShipPlan;
  /** The policy as resolved for this service and environment; an edit elsewhere leaves it as it is. */
  readonly policyDigest: Digest;
  /** The agent, by name or label, on whose machine the environment is. */
  readonly target: string;
};

/** How a release was started when it was good in an environment. */
export type AsWas = Pick<ReleaseIntent, 'configuration'> & { readonly run: RunSpec };

/** The one hash that approvals, deployments and evidence carry. */
export function intentDigest(intent: ReleaseIntent): Digest {
  return digestOfValue({
    v: intent.v,
    service: intent.service,
    digests: [...new Set(intent.digests)].sort(),
    environment: intent.environment,
    configuration: intent.configuration,
    run: intent.run,
    schemaChange: intent.schemaChange,
    plan: intent.plan,
    policyDigest: intent.policyDigest,
    target: intent.target,
  });
}
