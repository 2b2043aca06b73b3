import type { Tx } from '../platform/floor.ts';
import type { BlobNames } from '../platform/retention/retention.port.ts';

async function named(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select input.value as digest from decision, jsonb_each_text(answer -> 'inputs') as input where input.value = any($1)`,
    [digests],
  );
  return rows.map((row) => row.digest);
}

async function asArtifact(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select d as digest from release, unnest(digests) as d where digests && $1::text[] and d = any($1)`,
    [digests],
  );
  return rows.map((row) => row.digest);
}

/** What releases consist of, and the inputs by which recorded decisions are replayed. */
export const releaseBytes: BlobNames = { name: 'releases', columns: ['release.digests', 'decision.answer'], named, asArtifact };
