import type { Tx } from '../platform/floor.ts';
import { traceFrom, storyFacts } from './trace.queries.ts';

/** Rows of the facts that make up the story of a release: what led to it, and what it led to. null where there is no such release. */
export async function factsOfRelease(tx: Tx, release: string): Promise<{ readonly rows: number[]; readonly cut: boolean } | null> {
  const trace = await traceFrom(tx, release);
  if (trace === null) return null;
  const story = await storyFacts(
    tx,
    trace.nodes.map(({ id }) => id),
  );
  // Which keys there were, and which ended, belongs to every story: what was signed is judged by it.
  const keys = await tx.query<{ id: number }>(`select id from fact where org_id = $1 and type = any($2) order by id limit 10000`, [
    tx.org,
    KEY_FACTS,
  ]);
  return { rows: [...new Set([...story, ...keys.map(({ id }) => Number(id))])].sort((a, b) => a - b), cut: trace.cut };
}

const KEY_FACTS = ['signing-key.added', 'signing-key.revoked'];

/** The recorded answers of mayShip about a release, oldest first. */
export async function decisionsOf(tx: Tx, release: string): Promise<{ readonly id: string; readonly answer: Record<string, unknown> }[]> {
  return tx.query<{ id: string; answer: Record<string, unknown> }>(
    'select id, answer from decision where release_id = $1 order by at, id',
    [release],
  );
}
