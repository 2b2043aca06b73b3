/**
 * Many byte patterns sought at once in one pass (Aho and Corasick 1975), built for text in which hits are rare: while no
 * pattern's first four bytes were just seen, a byte costs one look into a bitmap. Transitions lie in one flat hash table.
 */
export type Matcher = {
  /** Deep states are those at depth 4 and more; 0 stands for every shallower one. */
  readonly step: (state: number, window: number, byte: number) => number;
  /** The state of depth 4 that `window` (the last four bytes, big-endian) leads to, or 0. */
  readonly enter: (window: number) => number;
  /** One bit for each hash of a pattern's first four bytes. */
  readonly gate: Uint32Array;
  /** How many bytes back the longest pattern begins that ends in this state; 0: none ends here. */
  readonly found: Int32Array;
  /** How many of the last bytes are the beginning of some pattern. */
  readonly depthOf: (state: number, window: number) => number;
};

const GATE_BITS = 22;
const DEEP = 4;

/** The bit of the gate that a window of four bytes falls on. */
export function gateBit(window: number): number {
  return Math.imul(window, 0x9e3779b1) >>> (32 - GATE_BITS);
}

/** Builds the matcher of `patterns`, each of at least four bytes. */
export function buildMatcher(patterns: readonly Uint8Array[]): Matcher {
  const size = 1 + patterns.reduce((sum, pattern) => sum + pattern.length, 0);
  const trie = plant(patterns, size);
  const fail = new Int32Array(trie.count);
  for (const node of byDepth(trie)) {
    const parent = trie.parent[node] ?? 0;
    if (parent === 0) continue;
    const byte = trie.byte[node] ?? 0;
    let back = fail[parent] ?? 0;
    let next = trie.edge(back, byte);
    while (next === 0 && back !== 0) {
      back = fail[back] ?? 0;
      next = trie.edge(back, byte);
    }
    fail[node] = next;
    trie.found[node] = Math.max(trie.found[node] ?? 0, trie.found[next] ?? 0);
  }
  const gate = new Uint32Array(2 ** (GATE_BITS - 5));
  for (const pattern of patterns) {
    const bit = gateBit(windowOf(pattern));
    gate[bit >>> 5] = (gate[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
  const enter = (window: number): number => walk(trie, window, DEEP);
  const step = (state: number, window: number, byte: number): number => {
    for (let at = state; (trie.depth[at] ?? 0) >= DEEP; at = fail[at] ?? 0) {
      const next = trie.edge(at, byte);
      if (next !== 0) return next;
    }
    return enter(window);
  };
  const depthOf = (state: number, window: number): number => {
    if (state !== 0) return trie.depth[state] ?? 0;
    for (let length = DEEP - 1; length > 0; length--) if (walk(trie, window, length) !== 0) return length;
    return 0;
  };
  return { step, enter, gate, found: trie.found, depthOf };
}

type Trie = {
  readonly edge: (node: number, byte: number) => number;
  readonly depth: Int32Array;
  readonly parent: Int32Array;
  readonly byte: Uint8Array;
  readonly found: Int32Array;
  readonly count: number;
};

function plant(patterns: readonly Uint8Array[], size: number): Trie {
  const [depth, parent, found] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  const bytes = new Uint8Array(size);
  const slots = 2 ** Math.ceil(Math.log2(size * 2));
  const [keys, values] = [new Float64Array(slots), new Int32Array(slots)];
  const shift = 32 - Math.log2(slots);
  /** The slot of an edge: its own, or the free one where it would be put. A key is never 0, because it is one more than the pair. */
  const slotOf = (node: number, byte: number): number => {
    const key = node * 256 + byte + 1;
    let slot = Math.imul(Math.imul(node, 0x85ebca6b) + byte * 0x27d4eb2f, 0x9e3779b1) >>> shift;
    while (keys[slot] !== key && keys[slot] !== 0) slot = (slot + 1) & (slots - 1);
    return slot;
  };
  let count = 1;
  for (const pattern of patterns) {
    let node = 0;
    for (const byte of pattern) {
      const slot = slotOf(node, byte);
      if (keys[slot] === 0) {
        keys[slot] = node * 256 + byte + 1;
        values[slot] = count;
        depth[count] = (depth[node] ?? 0) + 1;
        parent[count] = node;
        bytes[count] = byte;
        count++;
      }
      node = values[slot] ?? 0;
    }
    found[node] = pattern.length;
  }
  return { edge: (node, byte) => values[slotOf(node, byte)] ?? 0, depth, parent, byte: bytes, found, count };
}

/** All nodes but the root, shallow before deep. */
function byDepth(trie: Trie): number[] {
  const levels: number[][] = [];
  for (let node = 1; node < trie.count; node++) (levels[trie.depth[node] ?? 0] ??= []).push(node);
  return levels.flat();
}

/** The node that the last `length` bytes of `window` lead to from the root, or 0. */
function walk(trie: Trie, window: number, length: number): number {
  let node = 0;
  for (let at = length - 1; at >= 0; at--) {
    node = trie.edge(node, (window >>> (8 * at)) & 255);
    if (node === 0) return 0;
  }
  return node;
}

function windowOf(pattern: Uint8Array): number {
  return new DataView(pattern.buffer, pattern.byteOffset).getInt32(0);
}
