import type { Tx } from '../floor.ts';

/** A fact by its place in the log: what a follower of the log is told, and nothing of what it says. */
export type PlacedFact = {
  readonly seq: number;
  readonly org: string;
  readonly type: string;
  readonly subject: string;
  readonly service: string | null;
};

/** The current epoch and how many entries the log has. */
export async function logHead(tx: Tx): Promise<{ epoch: number; size: number }> {
  return tx.one<{ epoch: number; size: number }>(
    'select epoch, (select coalesce(max(seq) + 1, 0) from ledger_entry) as size from instance',
  );
}

/**
 * Entries `from` and later, in order, at most `limit`. Places are given under one lock and become visible in order, so a
 * reader that goes on from where it stopped misses nothing.
 */
export async function placedFrom(tx: Tx, from: number, limit: number): Promise<PlacedFact[]> {
  return tx.query<PlacedFact>(
    `select e.seq, f.org_id as org, f.type, f.subject, f.service_id as service
     from ledger_entry e join fact f on f.id = e.fact_row where e.seq >= $1 order by e.seq limit $2`,
    [from, limit],
  );
}
