import { createHash } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962 section 2.1 over SHA-256, as a transparency log uses it: hashing, the two proofs, and
 * their checks. Nothing here stores a tree; whoever does is asked for the hashes of perfect subtrees ({@link PerfectNode}).
 *
 * Sizes and indexes are whole numbers up to 2^53. Bit operators cut to 32 bits, so shifts are written as divisions.
 */
export type Hash = Uint8Array;

/** The perfect subtree over the leaves `[index * 2^height, (index + 1) * 2^height)`. */
export type PerfectNode = { readonly height: number; readonly index: number };

/** The leaves `[from, to)` of a log. */
export type LeafRange = { readonly from: number; readonly to: number };

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const HASH_BYTES = 32;

/** The root of a tree without leaves: the hash of nothing. */
export const EMPTY_ROOT: Hash = createHash('sha256').digest();

/** The hash of a leaf: SHA-256 of a zero byte and the leaf's bytes. */
export function leafHash(leaf: Uint8Array): Hash {
  return createHash('sha256').update(LEAF).update(leaf).digest();
}

/** The hash of an inner node: SHA-256 of a one byte and both children. */
export function nodeHash(left: Hash, right: Hash): Hash {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** Whether two hashes are the same bytes. */
export function sameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** The root over leaf hashes (RFC 6962 section 2.1, MTH). */
export function rootOf(leaves: readonly Hash[]): Hash {
  const stack: { height: number; hash: Hash }[] = [];
  for (const leaf of leaves) {
    let top = { height: 0, hash: leaf };
    for (let below = stack.at(-1); below?.height === top.height; below = stack.at(-1)) {
      stack.pop();
      top = { height: top.height + 1, hash: nodeHash(below.hash, top.hash) };
    }
    stack.push(top);
  }
  return foldRight(stack.map(({ hash }) => hash));
}

/** Joins the hashes of the perfect subtrees of a range, given from left to right, into the hash of the range. */
export function foldRight(hashes: readonly Hash[]): Hash {
  const last = hashes.at(-1);
  return last === undefined ? EMPTY_ROOT : hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** The perfect subtrees that make up `range`, from left to right. `range` must be one that a tree has (see {@link isSubtree}). */
export function perfectNodes(range: LeafRange): PerfectNode[] {
  const nodes: PerfectNode[] = [];
  for (let from = range.from; from < range.to;) {
    const width = powerBelowOrAt(range.to - from);
    nodes.push({ height: Math.log2(width), index: from / width });
    from += width;
  }
  return nodes;
}

/** The ranges whose hashes prove that leaf `index` is in the log of `size` leaves, in the order of the proof (section 2.1.1). */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  assertWhole(index, size);
  if (index >= size) throw new RangeError(`leaf ${index} is not in a log of ${size}`);
  return path({ from: 0, to: size }, index);
}

function path(range: LeafRange, index: number): LeafRange[] {
  if (range.to - range.from <= 1) return [];
  const [left, right] = split(range);
  return index < left.to ? [...path(left, index), right] : [...path(right, index), left];
}

/** The ranges whose hashes prove that the log of `size` leaves begins with the log of `earlier` leaves (section 2.1.2). */
export function consistencyRanges(earlier: number, size: number): LeafRange[] {
  assertWhole(earlier, size);
  if (earlier > size) throw new RangeError(`a log of ${size} can't begin with ${earlier} leaves`);
  return earlier === 0 || earlier === size ? [] : subproof(earlier, { from: 0, to: size }, true);
}

function subproof(boundary: number, range: LeafRange, known: boolean): LeafRange[] {
  if (boundary === range.to) return known ? [] : [range];
  const [left, right] = split(range);
  return boundary <= left.to ? [...subproof(boundary, left, known), right] : [...subproof(boundary, right, false), left];
}

/** Splits after the largest power of two that is smaller than the range. */
function split(range: LeafRange): readonly [LeafRange, LeafRange] {
  const middle = range.from + powerBelowOrAt(range.to - range.from - 1);
  return [
    { from: range.from, to: middle },
    { from: middle, to: range.to },
  ];
}

/** Whether `leaf` (its hash) at `index` of a log of `size` leaves leads to `root` by `proof`. */
export function verifyInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): boolean {
  if (![index, size].every(isWhole) || index >= size || leaf.length !== HASH_BYTES || !wellSized(proof)) return false;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(hash, root);
}

/** Whether the log with `root` and `size` begins with the one that had `earlierRoot` and `earlier` leaves, by `proof`. */
export function verifyConsistency(earlier: number, size: number, proof: readonly Hash[], earlierRoot: Hash, root: Hash): boolean {
  if (earlier === size) return isWhole(size) && proof.length === 0 && sameHash(earlierRoot, root);
  // Every log begins with the empty one: such a "proof" would say nothing about the root, so it is refused.
  return earlier > 0 && verifySubtree({ from: 0, to: earlier }, size, proof, earlierRoot, root);
}

/**
 * Whether `range` is one of which a tree of any sufficient size keeps a hash: it begins at a multiple of the power of
 * two that covers it (draft-ietf-plants-merkle-tree-certs, section 4.1).
 */
export function isSubtree(range: LeafRange): boolean {
  return isWhole(range.from) && isWhole(range.to) && range.from <= range.to && range.from % powerAtOrAbove(range.to - range.from) === 0;
}

/** Whether `leaf` at `index` of the log is in the subtree over `range` with the hash `root`, by `proof`. */
export function verifySubtreeInclusion(leaf: Hash, index: number, range: LeafRange, proof: readonly Hash[], root: Hash): boolean {
  return isSubtree(range) && index >= range.from && verifyInclusion(leaf, index - range.from, range.to - range.from, proof, root);
}

/**
 * Whether the subtree over `range` with the hash `subtreeRoot` is part of the log with `root` and `size`, by `proof`
 * (same draft, section 4.4.3; with `range.from` 0 it is RFC 6962's consistency). An empty subtree says nothing about the log.
 */
export function verifySubtree(range: LeafRange, size: number, proof: readonly Hash[], subtreeRoot: Hash, root: Hash): boolean {
  if (!isSubtree(range) || !isWhole(size) || range.to > size || !wellSized(proof)) return false;
  if (range.from === range.to) return proof.length === 0 && sameHash(subtreeRoot, EMPTY_ROOT);
  let [fn, sn, tn] = [range.from, range.to - 1, size - 1];
  const shift = () => ([fn, sn, tn] = [half(fn), half(sn), half(tn)]);
  // Climb to the highest node that both the subtree and the log have: the one that the proof starts from.
  const whole = sn === tn;
  while (fn !== sn && (whole || isOdd(sn))) shift();
  const [first, ...others] = fn === sn ? [subtreeRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [inSubtree, inLog] = [first, first];
  for (const sibling of others) {
    if (tn === 0) return false;
    if (isOdd(sn) || sn === tn) {
      if (fn < sn) inSubtree = nodeHash(sibling, inSubtree);
      inLog = nodeHash(sibling, inLog);
      while (!isOdd(sn) && sn !== 0) shift();
    } else {
      inLog = nodeHash(inLog, sibling);
    }
    shift();
  }
  return tn === 0 && sameHash(inSubtree, subtreeRoot) && sameHash(inLog, root);
}

function wellSized(proof: readonly Hash[]): boolean {
  return proof.every((hash) => hash.length === HASH_BYTES);
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function assertWhole(...values: readonly number[]): void {
  for (const value of values) if (!isWhole(value)) throw new RangeError(`${value} is no size or index of a log`);
}

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

/** The largest power of two that is not above `value` (at least 1). */
function powerBelowOrAt(value: number): number {
  let power = 1;
  while (power * 2 <= value) power *= 2;
  return power;
}

function powerAtOrAbove(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
