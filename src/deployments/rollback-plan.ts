import type { Digest } from '../kernel/digest.ts';
import type { RollbackPlan, SchemaChange } from '../releases/plan.ts';

/** The way back, made before the way there, from the change of the data's shape and what runs now. */
export function rollbackPlanOf(
  schema: SchemaChange,
  running: { readonly releaseId: string; readonly version: string; readonly artifactDigests: readonly Digest[] } | null,
): RollbackPlan {
  if (running === null)
    return { kind: 'forward-only', to: null, why: 'Nothing ran here before: there is nothing to go back to, only a fix.' };
  const to = { release: running.releaseId, digests: running.artifactDigests };
  if (schema.kind === 'breaking') {
    return {
      kind: 'unsafe',
      to,
      why: `The change of the data's shape is breaking: ${running.version} could not read what is written by then.`,
    };
  }
  return { kind: 'safe', to, why: `${running.version} can run again at once; its bytes stay on the machine until the deployment is over.` };
}
