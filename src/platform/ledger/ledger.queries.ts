import type { Hash } from '../../kernel/merkle.ts';
import { consistencyRanges, inclusionRanges } from '../../kernel/merkle.ts';
import type { Floor, Row, Tx } from '../floor.ts';
import { beyondLedger, notInLedger } from './ledger.problems.ts';
import { currentEpoch, tileReader, type SignedCheckpoint } from './ledger.store.ts';
import { treeOver } from './tiles.ts';

/** NOTIFY topic of a new checkpoint. */
export const CHECKPOINT_TOPIC = 'ledger';

const CHECKPOINT = 'origin, size, root, note, at';

/** The newest checkpoint of the current epoch; null before its first. */
export async function latestCheckpoint(tx: Tx): Promise<SignedCheckpoint | null> {
  const { origin } = await currentEpoch(tx);
  return tx.maybe<SignedCheckpoint & Row>(`select ${CHECKPOINT} from ledger_checkpoint where origin = $1 order by size desc limit 1`, [
    origin,
  ]);
}

/**
 * The first checkpoint of each day (UTC) and origin, of the last `days` days, and the first of all, oldest first. They
 * are what trust files carry: every bundle proves that its log continues them.
 */
export async function anchorCheckpoints(tx: Tx, days: number): Promise<SignedCheckpoint[]> {
  const daily = await tx.query<SignedCheckpoint & Row>(
    `select distinct on (origin, date_trunc('day', at at time zone 'UTC')) ${CHECKPOINT}
     from ledger_checkpoint
     where at >= (select max(at) from ledger_checkpoint) - make_interval(days => $1)
     order by origin, date_trunc('day', at at time zone 'UTC'), size`,
    [days],
  );
  const first = await tx.query<SignedCheckpoint & Row>(
    `select distinct on (origin) ${CHECKPOINT} from ledger_checkpoint order by origin, size`,
  );
  const seen = new Set(daily.map(({ origin, size }) => `${origin} ${size}`));
  return [...first.filter(({ origin, size }) => !seen.has(`${origin} ${size}`)), ...daily].sort((a, b) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : a.size - b.size,
  );
}

/** Proofs that the entries at `positions` are in the log of `size` entries, in the same order. */
export async function inclusionProofs(tx: Tx, positions: readonly number[], size: number): Promise<Hash[][]> {
  await assertSigned(tx, size);
  const tree = treeOver(tileReader(tx));
  const proofs: Hash[][] = [];
  for (const position of positions) {
    if (position >= size) throw beyondLedger({ asked: position, size });
    proofs.push(await tree.hashesOf(inclusionRanges(position, size)));
  }
  return proofs;
}

/** Proofs that the log of `size` entries begins with each of the logs of `earlier` entries, in the same order. */
export async function consistencyProofs(tx: Tx, earlier: readonly number[], size: number): Promise<Hash[][]> {
  await assertSigned(tx, size);
  const tree = treeOver(tileReader(tx));
  const proofs: Hash[][] = [];
  for (const from of earlier) {
    if (from > size) throw beyondLedger({ asked: from, size });
    proofs.push(await tree.hashesOf(consistencyRanges(from, size)));
  }
  return proofs;
}

async function assertSigned(tx: Tx, size: number): Promise<void> {
  const signed = (await latestCheckpoint(tx))?.size ?? 0;
  if (size > signed) throw beyondLedger({ asked: size, size: signed });
}

/** Where facts stand in the log, by fact id; facts that wait are absent. */
export async function positionsOf(tx: Tx, facts: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.query<{ id: string; seq: number }>(
    'select f.fact_id as id, e.seq from fact f join ledger_entry e on e.fact_row = f.id where f.fact_id = any($1::text[])',
    [facts],
  );
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

/** The newest checkpoint, once it covers all these facts. Throws the problem `ledger.not-placed` after `ms`. */
export async function whenPlaced(floor: Floor, org: string, facts: readonly string[], ms = 10_000): Promise<SignedCheckpoint> {
  const until = performance.now() + ms;
  for (;;) {
    const news = floor.bus.watch([CHECKPOINT_TOPIC]);
    try {
      const { checkpoint, missing } = await floor.db.read(org, (tx) => covered(tx, facts));
      if (checkpoint !== null && missing === 0) return checkpoint;
      const left = until - performance.now();
      if (left <= 0) throw notInLedger({ facts: missing });
      await news.next(Math.min(left, 1000));
    } finally {
      news.close();
    }
  }
}

async function covered(tx: Tx, facts: readonly string[]): Promise<{ checkpoint: SignedCheckpoint | null; missing: number }> {
  // The checkpoint first: what it covers was placed before it, so a later look at positions can only see more.
  const checkpoint = await latestCheckpoint(tx);
  const positions = await positionsOf(tx, facts);
  const missing = facts.filter((id) => (positions.get(id) ?? Infinity) >= (checkpoint?.size ?? 0)).length;
  return { checkpoint, missing };
}
