/** Pieces left of each product. */
const LEFT = new Map([
  ['bolt', 4000],
  ['nut', 2500],
  ['gear', 12],
  ['rail', 0],
]);

/** Pieces left of a product, or null for a product that nobody keeps. */
export function leftOf(sku) {
  return LEFT.get(sku) ?? null;
}

/** What is left after reserving `count` pieces; a RangeError where there are not enough. */
export function reserve(left, count) {
  if (count < 1 || count > left) throw new RangeError('not enough left');
  return left - count;
}
