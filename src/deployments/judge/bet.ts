/**
 * Always-valid tests by betting (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by
 * betting", JRSS B 86, 2024; G. Shafer, "Testing by betting", JRSS A 184, 2021).
 *
 * A sequence X1, X2, ... in [-1, 1] is looked at. Under the hypothesis "given what went before, the mean of each X is
 * at most m", the wealth of a gambler who stakes a fixed share on X - m is a nonnegative supermartingale: by Ville's
 * inequality it ever reaches 1/alpha with probability at most alpha, however often and whenever one looks. The only
 * assumption is about the mean of each whole interval given the past: requests inside an interval may depend on each
 * other in any way, so bursts and over-dispersion inside an interval fool nothing.
 */

/** Stakes as shares of the largest one that can't go broke. Their wealths are averaged, which is again such a process. */
const STAKES = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.98] as const;

/** Evidence against "mean of X is at most `mean`", for X in [-1, 1], as a likelihood-ratio-like number; 1 is none. */
export function evidenceAbove(values: readonly number[], mean: number): number {
  // The factor 1 + stake * (x - mean) is positive for every x in [-1, 1] while stake < 1 / (1 + mean).
  return largest(
    values.map((value) => value - mean),
    1 + mean,
  );
}

/** Evidence against "mean of X is at least `mean`". */
export function evidenceBelow(values: readonly number[], mean: number): number {
  return largest(
    values.map((value) => mean - value),
    1 - mean,
  );
}

/**
 * What is proven of the mean after each value, on a grid of means: `lower` is the largest one that it is proven to lie
 * above, `upper` the smallest that it is proven to lie below; null where nothing is. A confidence sequence at 1 - 1/goal each.
 */
export function provenAlong(
  values: readonly number[],
  grid: readonly number[],
  goal: number,
): readonly { readonly lower: number | null; readonly upper: number | null }[] {
  const proven = values.map(() => ({ lower: null as number | null, upper: null as number | null }));
  for (const mean of grid) {
    const [above, below] = [
      along(
        values.map((value) => value - mean),
        1 + mean,
      ),
      along(
        values.map((value) => mean - value),
        1 - mean,
      ),
    ];
    for (const [at, one] of proven.entries()) {
      if ((above[at] ?? 1) >= goal && (one.lower === null || mean > one.lower)) one.lower = mean;
      if ((below[at] ?? 1) >= goal && (one.upper === null || mean < one.upper)) one.upper = mean;
    }
  }
  return proven;
}

/** The highest wealth on the way: what was proven once stays proven. */
function largest(gains: readonly number[], worst: number): number {
  return along(gains, worst).at(-1) ?? 1;
}

/** The highest wealth so far, after each gain. */
function along(gains: readonly number[], worst: number): number[] {
  const wealth = STAKES.map(() => 1);
  let most = 1;
  return gains.map((gain) => {
    let sum = 0;
    for (const [at, stake] of STAKES.entries()) {
      const next = (wealth[at] ?? 1) * (1 + (stake / worst) * gain);
      // A product of thousands of factors must not overflow; 1e300 is proof enough.
      wealth[at] = Math.min(next, 1e300);
      sum += wealth[at] ?? 0;
    }
    most = Math.max(most, sum / STAKES.length);
    return most;
  });
}

/**
 * How many more intervals like those seen would take `evidenceBelow` over `goal`, or null where they never would
 * (within `limit`). With nothing seen yet it supposes no difference.
 */
export function intervalsNeeded(values: readonly number[], mean: number, goal: number, limit = 100_000): number | null {
  if (evidenceBelow(values, mean) >= goal) return 0;
  const average = values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const wealth = STAKES.map((stake) => values.reduce((product, value) => product * (1 + (stake / (1 - mean)) * (mean - value)), 1));
  for (let count = 1; count <= limit; count++) {
    let sum = 0;
    for (const [at, stake] of STAKES.entries()) {
      wealth[at] = (wealth[at] ?? 0) * (1 + (stake / (1 - mean)) * (mean - average));
      sum += wealth[at] ?? 0;
    }
    if (sum / STAKES.length >= goal) return count;
    if (sum < 1e-12) return null;
  }
  return null;
}

/** Failures of one interval weigh no more than this many. */
const CAP = 4;

/**
 * Evidence against "a failure falls on the canary no more often than its share of the requests", request by request
 * (M. Lindon and A. Malek, "Anytime-valid inference for multinomial count data", 2022): each failure is a bet at odds
 * 1/share. Supposes that failures are independent of each other, with one concession to bursts: however many failures
 * an interval has, they weigh as `CAP` of them (a power below one of a fair bet is again no better than fair).
 */
export function evidenceOfFailures(
  failures: readonly { readonly canary: number; readonly baseline: number; readonly share: number }[],
): number {
  const BELIEFS = [0.6, 0.75, 0.9, 0.97];
  let most = 0;
  const logs = BELIEFS.map(() => 0);
  for (const { canary, baseline, share } of failures) {
    if (share <= 0 || share >= 1 || canary + baseline === 0) continue;
    const weight = Math.min(1, CAP / (canary + baseline));
    for (const [at, belief] of BELIEFS.entries()) {
      // A belief is about even odds; it is carried over to the odds that the shares of this interval give.
      const odds = (belief / (1 - belief)) * (share / (1 - share));
      const chance = odds / (1 + odds);
      logs[at] = (logs[at] ?? 0) + weight * (canary * Math.log(chance / share) + baseline * Math.log((1 - chance) / (1 - share)));
    }
    const top = Math.max(...logs);
    most = Math.max(most, top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / BELIEFS.length));
  }
  return Math.exp(Math.min(most, 690));
}
