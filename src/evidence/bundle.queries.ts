import type { Tx } from '../platform/floor.ts';
import { traceFrom, storyFacts } from './trace.queries.ts';

/** Rows of the facts that make up the story of a release: what led to it, and what it led to. null where there is no such release. */
export async function factsOfRelease(tx: Tx, release: string): Promise<{ readonly rows: number[]; readonly cut: boolean } | null> {
  const trace = await traceFrom(tx, release);
  if (trace === null) return null;
  return {
    rows: await storyFacts(
      tx,
      trace.nodes.map(({ id }) => id),
    ),
    cut: trace.cut,
  };
}

/** The recorded answers of mayShip about a release, oldest first. */
export async function decisionsOf(tx: Tx, release: string): Promise<{ readonly id: string; readonly answer: Record<string, unknown> }[]> {
  return tx.query<{ id: string; answer: Record<string, unknown> }>(
    'select id, answer from decision where release_id = $1 order by at, id',
    [release],
  );
}
