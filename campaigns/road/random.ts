/** A small seeded generator (mulberry32): the same seed makes the same choices. */
export type Random = {
  /** A whole number from 0 to `below` - 1. */
  readonly pick: (below: number) => number;
  /** True once in `in_` times. */
  readonly once: (in_: number) => boolean;
  readonly one: <Item>(items: readonly Item[]) => Item;
};

export function randomOf(seed: number): Random {
  let state = (seed + 0x9e3779b9) | 0;
  const pick = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
  return {
    pick,
    once: (in_) => pick(in_) === 0,
    one: (items) => {
      const item = items[pick(items.length)];
      if (item === undefined) throw new Error('there is nothing to choose from');
      return item;
    },
  };
}
