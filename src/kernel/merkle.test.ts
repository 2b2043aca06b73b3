import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hash, LeafRange } from './merkle.ts';
import {
  consistencyRanges,
  EMPTY_ROOT,
  foldRight,
  inclusionRanges,
  leafHash,
  nodeHash,
  perfectNodes,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  verifySubtree,
  verifySubtreeInclusion,
} from './merkle.ts';

const leaves = (count: number): Hash[] => Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

/** MTH as RFC 6962 writes it, without a thought for speed: the oracle. */
function plainRoot(list: readonly Hash[]): Hash {
  if (list.length === 0) return EMPTY_ROOT;
  if (list.length === 1) return list[0] as Hash;
  let k = 1;
  while (k * 2 < list.length) k *= 2;
  return nodeHash(plainRoot(list.slice(0, k)), plainRoot(list.slice(k)));
}

const hashesOf = (list: readonly Hash[], ranges: readonly LeafRange[]): Hash[] =>
  ranges.map(({ from, to }) => plainRoot(list.slice(from, to)));

test('the known roots of RFC 6962', () => {
  expect(Buffer.from(EMPTY_ROOT).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(Buffer.from(leafHash(new Uint8Array())).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
});

test('root, inclusion and consistency agree with the definition for every small tree', () => {
  const all = leaves(34);
  for (let size = 1; size <= all.length; size++) {
    const list = all.slice(0, size);
    const root = plainRoot(list);
    expect(rootOf(list)).toEqual(root);
    for (let index = 0; index < size; index++) {
      const proof = hashesOf(list, inclusionRanges(index, size));
      expect(verifyInclusion(list[index] as Hash, index, size, proof, root)).toBe(true);
      expect(verifyInclusion(list[(index + 1) % size] as Hash, index, size, proof, root)).toBe(size === 1);
      const earlier = index + 1;
      expect(
        verifyConsistency(earlier, size, hashesOf(list, consistencyRanges(earlier, size)), plainRoot(list.slice(0, earlier)), root),
      ).toBe(true);
    }
  }
});

test('a range is the fold of its perfect subtrees', () => {
  const all = leaves(70);
  for (let size = 0; size <= all.length; size++) {
    const hashes = perfectNodes({ from: 0, to: size }).map(({ height, index }) =>
      plainRoot(all.slice(index * 2 ** height, (index + 1) * 2 ** height)),
    );
    expect(foldRight(hashes)).toEqual(plainRoot(all.slice(0, size)));
  }
});

test('no single change to a proof, an index or a size survives', () => {
  const all = leaves(200);
  const change = fc.record({
    size: fc.integer({ min: 2, max: 200 }),
    at: fc.nat(),
    what: fc.constantFrom('flip', 'drop', 'add', 'index', 'size', 'swap'),
    by: fc.nat({ max: 255 }),
  });
  fc.assert(
    fc.property(change, ({ size, at, what, by }) => {
      const list = all.slice(0, size);
      const index = at % size;
      const proof = hashesOf(list, inclusionRanges(index, size)).map((hash) => Uint8Array.from(hash));
      const position = by % proof.length;
      let [useIndex, useSize] = [index, size];
      const hash = proof[position] as Uint8Array;
      if (what === 'flip') hash[by % 32] = (hash[by % 32] ?? 0) ^ (1 << (at % 8));
      if (what === 'drop') proof.splice(position, 1);
      if (what === 'add') proof.splice(position, 0, Uint8Array.from(list[by % size] as Hash));
      if (what === 'index') useIndex = (index + 1 + (by % (size - 1))) % size;
      // Another size is refused only where it changes the shape of this leaf's path; a shorter or longer path always is.
      if (what === 'size') useSize = size * 4;
      if (what === 'swap') proof.reverse();
      const same = what === 'swap' && proof.length < 2;
      expect(verifyInclusion(list[index] as Hash, useIndex, useSize, proof, rootOf(list))).toBe(same);
    }),
  );
});

test('two logs that part ways never have a consistency proof', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 120 }), fc.nat(), fc.nat(), (size, a, b) => {
      const list = leaves(size);
      const earlier = 1 + (a % (size - 1));
      const forked = list.map((hash, index) => (index === b % earlier ? leafHash(Buffer.from('another story')) : hash));
      const proof = hashesOf(list, consistencyRanges(earlier, size));
      expect(verifyConsistency(earlier, size, proof, rootOf(forked.slice(0, earlier)), rootOf(list))).toBe(false);
      expect(
        verifyConsistency(
          earlier,
          size,
          hashesOf(forked, consistencyRanges(earlier, size)),
          rootOf(list.slice(0, earlier)),
          rootOf(forked),
        ),
      ).toBe(false);
    }),
  );
});

type Vector = { leafIdx: number; treeSize: number; start: number; end: number; size: number; size1: number; size2: number };
type Words = { root: string; root1: string; root2: string; leafHash: string; proof: string[] | null; desc: string; wantErr: boolean };

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'merkle');
const bytes = (text: string): Hash => Buffer.from(text, 'base64');

const answers: Record<string, (v: Vector & Words, proof: Hash[]) => boolean> = {
  inclusion: (v, proof) => verifyInclusion(bytes(v.leafHash), v.leafIdx, v.treeSize, proof, bytes(v.root)),
  consistency: (v, proof) => verifyConsistency(v.size1, v.size2, proof, bytes(v.root1), bytes(v.root2)),
  subtreeinclusion: (v, proof) => verifySubtreeInclusion(bytes(v.leafHash), v.leafIdx, { from: v.start, to: v.end }, proof, bytes(v.root)),
  subtreeconsistency: (v, proof) => verifySubtree({ from: v.start, to: v.end }, v.size, proof, bytes(v.root1), bytes(v.root2)),
};

describe.skipIf(!existsSync(corpus))('proof vectors of others (the corpus, where it is present)', () => {
  for (const [kind, answer] of Object.entries(answers)) {
    test(kind, () => {
      const files = globSync(`${corpus}/**/testdata/${kind}/**/*.json`);
      expect(files.length).toBeGreaterThan(0);
      const wrong = files.filter((file) => {
        const vector = JSON.parse(readFileSync(file, 'utf8')) as Vector & Words;
        return answer(vector, (vector.proof ?? []).map(bytes)) === vector.wantErr;
      });
      expect(wrong).toEqual([]);
    });
  }
});
