import type { Tx } from '../platform/floor.ts';
import type { BlobNames } from '../platform/retention/retention.port.ts';

async function asArtifact(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(`select digest from deployment where digest = any($1)`, [digests]);
  return rows.map((row) => row.digest);
}

/** What was deployed, also where it came from elsewhere. */
export const deploymentBytes: BlobNames = { name: 'deployments', columns: ['deployment.digest'], named: async () => [], asArtifact };
