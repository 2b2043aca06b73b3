import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  consistencyRanges,
  inclusionRanges,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  type Hash,
} from '../../kernel/merkle.ts';
import { completedTiles, TILE_WIDTH, treeOver, type ReadHashes } from './tiles.ts';

/** A log of many leaves without a database: level 0 are the leaves, the rest is what completedTiles says must be stored. */
function memoryLog(size: number, step: number): { leaves: Hash[]; read: ReadHashes; reads: () => number } {
  const leaves = Array.from({ length: size }, (_, index) => leafHash(Buffer.from(String(index))));
  const levels: Hash[][] = [leaves];
  for (let before = 0; before < size; before += step) {
    for (const { level, index } of completedTiles(before, Math.min(size, before + step))) {
      const stored = (levels[level] ??= []);
      expect(index).toBe(stored.length);
      stored.push(rootOf((levels[level - 1] ?? []).slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)));
    }
  }
  let reads = 0;
  const read: ReadHashes = async (level, from, to) => {
    expect(Math.floor(from / TILE_WIDTH)).toBe(Math.floor((to - 1) / TILE_WIDTH));
    reads += 1;
    const hashes = (levels[level] ?? []).slice(from, to);
    expect(hashes.length).toBe(to - from);
    return hashes;
  };
  return { leaves, read, reads: () => reads };
}

const log = memoryLog(70_000, 997);

test('a tile is completed exactly when its last leaf arrives', () => {
  expect(completedTiles(0, 255)).toEqual([]);
  expect(completedTiles(255, 256)).toEqual([{ level: 1, index: 0 }]);
  expect(completedTiles(256, 256)).toEqual([]);
  expect(completedTiles(65_535, 65_536)).toEqual([
    { level: 1, index: 255 },
    { level: 2, index: 0 },
  ]);
});

test('roots and proofs from stored tiles are those of the whole tree', async () => {
  // One tree for all sizes, as the proofs of one bundle use it.
  const tree = treeOver(log.read);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 70_000 }), fc.nat(), async (size, pick) => {
      const root = await tree.hashOf({ from: 0, to: size });
      const index = pick % size;
      expect(verifyInclusion(log.leaves[index] as Hash, index, size, await tree.hashesOf(inclusionRanges(index, size)), root)).toBe(true);
      const earlier = 1 + (pick % size);
      const earlierRoot = await tree.hashOf({ from: 0, to: earlier });
      expect(verifyConsistency(earlier, size, await tree.hashesOf(consistencyRanges(earlier, size)), earlierRoot, root)).toBe(true);
    }),
    { numRuns: 60 },
  );
  expect(await tree.hashOf({ from: 0, to: 70_000 })).toEqual(rootOf(log.leaves));
});
