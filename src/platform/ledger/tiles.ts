import type { Hash, PerfectNode } from '../../kernel/merkle.ts';
import { foldRight, nodeHash, perfectNodes, rootOf, type LeafRange } from '../../kernel/merkle.ts';

/** Each stored level covers 256 of the one below: level 0 are leaves, level 1 blocks of 256 leaves, level 2 of 65,536. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

/** Reads the stored hashes `[from, to)` of a level; never across a multiple of {@link TILE_WIDTH}. */
export type ReadHashes = (level: number, from: number, to: number) => Promise<readonly Hash[]>;

/** A tile that a log growing from `before` to `after` leaves completes. */
export type NewTile = { readonly level: number; readonly index: number };

/** The tiles that become full when the log grows, lower levels first. */
export function completedTiles(before: number, after: number): NewTile[] {
  const tiles: NewTile[] = [];
  for (let level = 1, width = TILE_WIDTH; width <= after; level++, width *= TILE_WIDTH) {
    for (let index = Math.floor(before / width); index < Math.floor(after / width); index++) tiles.push({ level, index });
  }
  return tiles;
}

export type Tree = {
  /** The hash of a range of leaves. */
  hashOf(range: LeafRange): Promise<Hash>;
  /** The hashes of several ranges: a proof. */
  hashesOf(ranges: readonly LeafRange[]): Promise<Hash[]>;
};

/**
 * The tree over what `read` has stored. Hashes of inner nodes are computed once and kept for the life of the object:
 * the proofs of one bundle share most of them.
 */
export function treeOver(read: ReadHashes): Tree {
  const known = new Map<string, Hash>();
  const perfect = async ({ height, index }: PerfectNode): Promise<Hash> => {
    const key = `${height}:${index}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const hash =
      height % TILE_HEIGHT === 0
        ? rootOf(await read(height / TILE_HEIGHT, index, index + 1))
        : nodeHash(await perfect({ height: height - 1, index: index * 2 }), await perfect({ height: height - 1, index: index * 2 + 1 }));
    known.set(key, hash);
    return hash;
  };
  const hashOf = async (range: LeafRange): Promise<Hash> => {
    const hashes: Hash[] = [];
    for (const node of perfectNodes(range)) hashes.push(await perfect(node));
    return foldRight(hashes);
  };
  return {
    hashOf,
    async hashesOf(ranges) {
      const hashes: Hash[] = [];
      for (const range of ranges) hashes.push(await hashOf(range));
      return hashes;
    },
  };
}
