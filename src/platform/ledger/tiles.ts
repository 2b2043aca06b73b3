import type { Hash, PerfectNode } from '../../kernel/merkle.ts';
import { foldRight, perfectNodes, rootOf, type LeafRange } from '../../kernel/merkle.ts';

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

/** The hash of a range of leaves, from the stored hashes under it. */
export async function rangeHash(range: LeafRange, read: ReadHashes): Promise<Hash> {
  const hashes: Hash[] = [];
  for (const node of perfectNodes(range)) hashes.push(await perfectHash(node, read));
  return foldRight(hashes);
}

/** The hashes of several ranges: a proof. */
export async function rangeHashes(ranges: readonly LeafRange[], read: ReadHashes): Promise<Hash[]> {
  const hashes: Hash[] = [];
  for (const range of ranges) hashes.push(await rangeHash(range, read));
  return hashes;
}

async function perfectHash(node: PerfectNode, read: ReadHashes): Promise<Hash> {
  const level = Math.floor(node.height / TILE_HEIGHT);
  const width = 2 ** (node.height - level * TILE_HEIGHT);
  return rootOf(await read(level, node.index * width, (node.index + 1) * width));
}
