/** Prices in cents by product. */
const CENTS = new Map([
  ['bolt', 25],
  ['nut', 15],
  ['gear', 1250],
  ['rail', 9900],
]);

/** The price of a product in cents, or null for a product that nobody sells. */
export function priceOf(sku) {
  return CENTS.get(sku) ?? null;
}

/** The price of `count` pieces in cents; from 100 pieces on a tenth is off. */
export function priceOfMany(sku, count) {
  const one = priceOf(sku);
  if (one === null || !Number.isInteger(count) || count < 1) return null;
  const sum = one * count;
  return count >= 100 ? Math.round(sum * 0.9) : sum;
}
