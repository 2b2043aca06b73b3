export type Product = { readonly sku: string; readonly cents: number; readonly left: number; readonly available: boolean };

/** A product as the shop shows it. */
export function product(sku: string, cents: number, left: number): Product {
  return { sku, cents, left, available: left > 0 };
}
