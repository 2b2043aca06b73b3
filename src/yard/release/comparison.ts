import { LATENCY_BOUNDS } from '../../contract/agent.ts';
import { provenAlong } from '../../deployments/judge/bet.ts';
import { ALPHA } from '../../deployments/judge/judge.ts';

/** One side in one interval. */
export type Counted = { readonly requests: number; readonly errors: number; readonly latency: readonly number[] | null };
export type Both = { readonly at: string; readonly wave: number; readonly canary: Counted; readonly other: Counted };

type Side = { requests: number; errors: number; p95Ms: number | null };
export type Point = {
  at: string;
  wave: number;
  canary: Side;
  other: Side;
  differencePermille: number | null;
  lowerPermille: number | null;
  upperPermille: number | null;
};

/** More points than this are no clearer. */
export const MOST_POINTS = 240;

/** Differences of error rates at which the proof is asked, finer where decisions are made. */
const GRID = Array.from({ length: 381 }, (_, index) => (index - 190) * 5)
  .filter((permille) => Math.abs(permille) <= 100 || permille % 50 === 0)
  .map((permille) => permille / 1000);

/**
 * A canary beside what it is compared with, for a chart: neighbouring intervals are summed up where there are many. The
 * bounds are what the sequential test has proven of the mean difference by then, with the same bets and the same error.
 */
export function pointsOf(intervals: readonly Both[]): { readonly intervalsPerPoint: number; readonly points: Point[] } {
  const size = Math.max(1, Math.ceil(intervals.length / MOST_POINTS));
  const values: number[] = [];
  const seen = intervals.map(({ canary, other }) => {
    if (canary.requests > 0 && other.requests > 0) values.push(canary.errors / canary.requests - other.errors / other.requests);
    return values.length;
  });
  const proven = provenAlong(values, GRID, 2 / ALPHA);
  const means = runningMeans(values);
  const points: Point[] = [];
  for (let from = 0; from < intervals.length; from += size) {
    const group = intervals.slice(from, from + size);
    const last = group.at(-1);
    if (last === undefined) break;
    const at = (seen[from + group.length - 1] ?? 0) - 1;
    points.push({
      at: last.at,
      wave: last.wave,
      canary: sideOf(group.map((one) => one.canary)),
      other: sideOf(group.map((one) => one.other)),
      differencePermille: permille(means[at] ?? null),
      lowerPermille: permille(proven[at]?.lower ?? null),
      upperPermille: permille(proven[at]?.upper ?? null),
    });
  }
  return { intervalsPerPoint: size, points };
}

function runningMeans(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value, index) => {
    sum += value;
    return sum / (index + 1);
  });
}

function permille(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000);
}

function sideOf(counted: readonly Counted[]): Side {
  const histogram = Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
  for (const one of counted)
    for (const [bucket, count] of (one.latency ?? []).entries()) histogram[bucket] = (histogram[bucket] ?? 0) + count;
  return {
    requests: counted.reduce((sum, one) => sum + one.requests, 0),
    errors: counted.reduce((sum, one) => sum + one.errors, 0),
    p95Ms: quantile(histogram, 0.95),
  };
}

/** The upper bound, in milliseconds, of the bucket that holds the quantile; the last bound for what is slower; null where nothing was measured. */
export function quantile(histogram: readonly number[], share: number): number | null {
  const all = histogram.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let below = 0;
  for (const [bucket, count] of histogram.entries()) {
    below += count;
    if (below >= all * share) return LATENCY_BOUNDS[Math.min(bucket, LATENCY_BOUNDS.length - 1)] ?? null;
  }
  return null;
}
