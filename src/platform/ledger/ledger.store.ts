import type { Instant } from '../../kernel/time.ts';
import type { Hash } from '../../kernel/merkle.ts';
import type { Row, Tx } from '../floor.ts';
import type { ReadHashes } from './tiles.ts';
import { TILE_WIDTH } from './tiles.ts';

/** The only writer of the ledger's tables. Everything here is appended; triggers refuse the rest. */

/** Advisory lock of the sequencer, chosen once: at most one server places or signs at a time. */
const SEQUENCER_LOCK = 7_420_001;

export type Pending = { readonly row: number; readonly leaf: Uint8Array };
export type SignedCheckpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  readonly note: string;
  readonly at: Instant;
};
export type Epoch = {
  readonly origin: string;
  readonly follows: { readonly origin: string; readonly size: number; readonly root: Hash } | null;
};

/** Waits for the sequencer's lock; it goes with the transaction. */
export async function lockSequencer(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [SEQUENCER_LOCK]);
}

/** Facts that wait for a place, in the order of their rows. */
export async function pendingFacts(tx: Tx, limit: number): Promise<Pending[]> {
  return tx.query<Pending & Row>(
    'select p.fact_row as row, f.leaf from ledger_pending p join fact f on f.id = p.fact_row order by p.fact_row limit $1',
    [limit],
  );
}

/** How many entries the log has. */
export async function logSize(tx: Tx): Promise<number> {
  return (await tx.one<{ size: number }>('select coalesce(max(seq) + 1, 0) as size from ledger_entry')).size;
}

/** Appends entries from `first` on, and takes them off the list of the waiting. */
export async function appendEntries(tx: Tx, first: number, facts: readonly Pending[], hashes: readonly Hash[]): Promise<void> {
  const rows = facts.map(({ row }) => row);
  await tx.query('insert into ledger_entry (seq, fact_row, leaf_hash) select * from unnest($1::bigint[], $2::bigint[], $3::bytea[])', [
    rows.map((_, index) => first + index),
    rows,
    hashes,
  ]);
  await tx.query('delete from ledger_pending where fact_row = any($1::bigint[])', [rows]);
}

/** Stores the hash of a full tile. */
export async function appendTile(tx: Tx, level: number, index: number, hash: Hash): Promise<void> {
  await tx.query('insert into ledger_tile (level, index, hash) values ($1, $2, $3)', [level, index, hash]);
}

/** Stores a signed checkpoint. */
export async function appendCheckpoint(tx: Tx, checkpoint: SignedCheckpoint): Promise<void> {
  const { origin, size, root, note, at } = checkpoint;
  await tx.query('insert into ledger_checkpoint (origin, size, root, note, at) values ($1, $2, $3, $4, $5)', [
    origin,
    size,
    root,
    note,
    at,
  ]);
}

/** The current epoch's origin, and what it follows. */
export async function currentEpoch(tx: Tx): Promise<Epoch> {
  const instance = await tx.one<{ id: string; epoch: number }>('select id, epoch from instance');
  const follows = await tx.maybe<{ origin: string; size: number; root: Hash }>(
    'select follows_origin as origin, follows_size as size, follows_root as root from ledger_epoch where epoch = $1',
    [instance.epoch],
  );
  return { origin: `yardmaster.ledger/${instance.id}/${instance.epoch}`, follows };
}

/** Moves the instance to its next epoch. */
export async function appendEpoch(tx: Tx, follows: NonNullable<Epoch['follows']>, reason: string): Promise<void> {
  const { epoch } = await tx.one<{ epoch: number }>('update instance set epoch = epoch + 1 returning epoch');
  await tx.query(
    'insert into ledger_epoch (epoch, follows_origin, follows_size, follows_root, reason, opened_at) values ($1, $2, $3, $4, $5, $6)',
    [epoch, follows.origin, follows.size, follows.root, reason, await tx.now()],
  );
}

/** Reads stored hashes in whole tiles and keeps them for this call, so that many proofs cost few queries. */
export function tileReader(tx: Tx): ReadHashes {
  const tiles = new Map<string, readonly Hash[]>();
  return async (level, from, to) => {
    const first = Math.floor(from / TILE_WIDTH) * TILE_WIDTH;
    const key = `${level}:${first}`;
    const tile = tiles.get(key) ?? (await readTile(tx, level, first));
    tiles.set(key, tile);
    const hashes = tile.slice(from - first, to - first);
    if (hashes.length !== to - from) throw new Error(`the ledger lacks hashes ${from} to ${to} of level ${level}`);
    return hashes;
  };
}

async function readTile(tx: Tx, level: number, first: number): Promise<readonly Hash[]> {
  const rows =
    level === 0
      ? await tx.query<{ at: number; hash: Hash }>(
          'select seq as at, leaf_hash as hash from ledger_entry where seq >= $1 and seq < $2 order by seq',
          [first, first + TILE_WIDTH],
        )
      : await tx.query<{ at: number; hash: Hash }>(
          'select index as at, hash from ledger_tile where level = $1 and index >= $2 and index < $3 order by index',
          [level, first, first + TILE_WIDTH],
        );
  if (rows.some(({ at }, index) => at !== first + index)) throw new Error(`the ledger has a hole at level ${level} after ${first}`);
  return rows.map(({ hash }) => hash);
}
