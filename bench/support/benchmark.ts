/** What a benchmark answers. `ours`, the limit and every peer are in `unit`, measured in turn in one run. */
export type Measured = {
  readonly unit: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  readonly limit: number | null;
  readonly rounds: number;
  readonly note: string;
  /** Whether every limit of this benchmark held, the one above and those that `more` names. */
  readonly within: boolean;
  /** Further figures, for the object that --json prints. */
  readonly more?: Readonly<Record<string, number>>;
};

export type Benchmark = (options: { readonly rounds: number | undefined; readonly say: (line: string) => void }) => Promise<Measured>;

/** The value below which `share` (0..1) of `values` lie, by nearest rank. Of nothing at all there is none: it throws. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('a percentile of no values');
  return value;
}
