import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkpointBody, signCheckpoint } from '../kernel/checkpoint.ts';
import { consistencyRanges, inclusionRanges, leafHash as leafOf, rootOf, type Hash } from '../kernel/merkle.ts';
import { continues, leafHash, readNote, rootByInclusion, same } from '../../web/src/pages/ledger/merkle.ts';

// The browser's checks against the server's tree, which is written apart from them.
const leaves = Array.from({ length: 21 }, (_, index) => Buffer.from(`fact ${index}`));
const hashes = leaves.map((leaf) => leafOf(leaf));

const proofOf = (tree: readonly Hash[], ranges: ReturnType<typeof inclusionRanges>): Hash[] =>
  ranges.map(({ from, to }) => rootOf(tree.slice(from, to)));
const inclusionProof = (tree: readonly Hash[], index: number): Hash[] => proofOf(tree, inclusionRanges(index, tree.length));
const consistencyProof = (tree: readonly Hash[], from: number): Hash[] => proofOf(tree, consistencyRanges(from, tree.length));

test('inclusion: every leaf in every size, and nothing else', async () => {
  for (let size = 1; size <= hashes.length; size += 1) {
    const root = rootOf(hashes.slice(0, size));
    for (let index = 0; index < size; index += 1) {
      const proof = inclusionProof(hashes.slice(0, size), index);
      const leaf = await leafHash(leaves[index] ?? new Uint8Array());
      expect(same((await rootByInclusion(leaf, index, size, proof)) ?? new Uint8Array(), root)).toBe(true);
      const other = await leafHash(Buffer.from('another'));
      expect(same((await rootByInclusion(other, index, size, proof)) ?? new Uint8Array(), root)).toBe(false);
      expect(await rootByInclusion(leaf, index, size, [...proof, root])).toBeNull();
    }
  }
});

test('consistency: every earlier size, and no other past', async () => {
  for (let to = 1; to <= hashes.length; to += 1) {
    const after = { size: to, root: rootOf(hashes.slice(0, to)) };
    for (let from = 1; from <= to; from += 1) {
      const proof = consistencyProof(hashes.slice(0, to), from);
      expect(await continues({ size: from, root: rootOf(hashes.slice(0, from)) }, after, proof)).toBe(true);
      const forged = [...hashes.slice(0, from - 1), leafOf(Buffer.from('forged'))];
      expect(await continues({ size: from, root: rootOf(forged) }, after, proof)).toBe(false);
    }
  }
});

test('a checkpoint counts only with a signature of a known key over exactly this text', async () => {
  const [ours, theirs] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const pem = (pair: typeof ours): string => pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const checkpoint = { origin: 'yardmaster.ledger/test/1', size: 21, root: rootOf(hashes), extensions: [] };
  const signer = { keyId: 'x', sign: (bytes: Uint8Array) => sign(null, bytes, ours.privateKey) };
  const note = signCheckpoint(checkpoint, signer, pem(ours));
  expect(await readNote(note, [pem(theirs), pem(ours)])).toMatchObject({ origin: checkpoint.origin, size: 21 });
  expect(await readNote(note, [pem(theirs)])).toBeNull();
  expect(await readNote(note.replace('\n21\n', '\n20\n'), [pem(ours)])).toBeNull();
  expect(await readNote(checkpointBody(checkpoint), [pem(ours)])).toBeNull();
  expect(await readNote('nonsense', [pem(ours)])).toBeNull();
});
