export type Product = {
  readonly sku: string;
  readonly cents: number;
  readonly left: number;
  readonly available: boolean;
  readonly perPiece: number;
};

/** A product as the shop shows it, with how much of its value one piece is, in permille; a sold out product has none. */
export function product(sku: string, cents: number, left: number): Product {
  return { sku, cents, left, available: left > 0, perPiece: left === 0 ? 0 : Number(1000n / BigInt(left)) };
}
