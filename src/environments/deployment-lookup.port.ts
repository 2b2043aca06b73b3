import type { Tx } from '../platform/floor.ts';

/**
 * What this slice needs from deployments, which are to its right: which of these ids exist in this organisation.
 * Asked inside the transaction that links them to an incident.
 */
export type DeploymentLookup = { existing(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> };
