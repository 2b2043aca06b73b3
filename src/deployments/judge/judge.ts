import { LATENCY_BOUNDS } from '../../contract/agent.ts';
import type { JudgeAnswer } from '../../contract/deployments.ts';
import type { Millis } from '../../kernel/time.ts';
import { evidenceAbove, evidenceBelow, evidenceOfFailures, intervalsNeeded } from './bet.ts';

/** Counts of one side in one interval. `latency`: per bucket of LATENCY_BOUNDS, null where it isn't measured. */
export type Counts = { readonly requests: number; readonly errors: number; readonly latency: readonly number[] | null };

/** Canary and baseline in the same interval. */
export type Interval = { readonly canary: Counts; readonly baseline: Counts };

export type JudgeLimits = {
  /** How much worse the error rate may be, in permille. */
  readonly marginPermille: number;
  /** Fewer requests than this on either side prove nothing good. */
  readonly minRequests: number;
  /** Chance of calling a canary worse that isn't, over all metrics and all looks. */
  readonly alpha: number;
};

export type MetricVerdict = {
  readonly metric: 'errors' | 'latency';
  readonly answer: JudgeAnswer;
  readonly differencePermille: number | null;
  readonly marginPermille: number;
  readonly intervals: number;
  readonly canaryRequests: number;
  readonly canaryBad: number;
  readonly baselineRequests: number;
  readonly baselineBad: number;
  readonly why: string;
};

export type Verdict = {
  readonly answer: JudgeAnswer;
  readonly by: 'sequential-test' | 'guard-rail' | 'health';
  readonly why: string;
  /** Intervals like those seen that are still needed; null where none would do, or none are. */
  readonly needsIntervals: number | null;
  readonly metrics: readonly MetricVerdict[];
};

export const ALPHA = 0.05;
/** Error of the guard-rail over one judged wave, if failures are independent of each other. */
export const GUARD_ALPHA = 0.001;
/** Slower than this share of the baseline's requests is "slow". */
const SLOW_QUANTILE = 0.95;
/** Requests slower than the baseline's 95th percentile may be this much more frequent, in permille. */
const LATENCY_MARGIN = 200;

/**
 * Compares a canary with a baseline that took traffic at the same time. Pure and deterministic: the same intervals
 * give the same answer. Failed, absent or impossible counts are never read as good.
 *
 * - Sequential test: per interval, the difference of the shares of bad requests is one observation (see bet.ts). Worse:
 *   "the canary is no worse" is refused at alpha, Holm-corrected over metrics, and the margin isn't proven to be kept.
 *   Not worse: "worse by the margin or more" is refused at alpha. Else inconclusive, with how much more is needed.
 * - Latency can only accuse, and only where the share of slow requests is proven to be larger by more than its margin;
 *   it isn't needed for "not worse".
 * - Guard-rail: gross faults are seen request by request, sooner, under an assumption that it states.
 */
export function judge(intervals: readonly Interval[], limits: JudgeLimits): Verdict {
  if (!Number.isFinite(limits.marginPermille) || limits.marginPermille <= 0 || limits.marginPermille >= 1000) {
    return nothing('the margin is not between 0 and 1000 permille', []);
  }
  if (intervals.some((interval) => !possible(interval.canary) || !possible(interval.baseline))) {
    return nothing('the counts are impossible: the source is not believed', []);
  }
  const usable = intervals.filter((interval) => interval.canary.requests > 0 && interval.baseline.requests > 0);
  const gross = guardRail(usable);
  const tests = [errorsTest(usable, limits), ...latencyTest(usable)];
  const worse = holm(tests, limits.alpha);
  const metrics = tests.map((test) => test.verdict(worse.has(test.metric), limits));
  const errors = metrics[0] as MetricVerdict;
  if (gross !== null)
    return {
      answer: 'worse',
      by: 'guard-rail',
      why: gross,
      needsIntervals: null,
      metrics: metrics.map((one) => (one.metric === 'errors' ? { ...one, answer: 'worse' } : one)),
    };
  const accused = metrics.find((metric) => metric.answer === 'worse');
  if (accused !== undefined) return { answer: 'worse', by: 'sequential-test', why: accused.why, needsIntervals: null, metrics };
  if (usable.length === 0) return nothing('no interval has requests on both sides', metrics);
  const few = Math.min(errors.canaryRequests, errors.baselineRequests);
  if (few < limits.minRequests) {
    const perInterval = few / usable.length;
    const more = Math.max(1, Math.ceil((limits.minRequests - few) / perInterval));
    return {
      answer: 'inconclusive',
      by: 'sequential-test',
      why: `${few} requests on the smaller side; ${limits.minRequests} are asked for`,
      needsIntervals: more,
      metrics,
    };
  }
  const goal = 1 / limits.alpha;
  const needs = intervalsNeeded(tests[0]?.values ?? [], limits.marginPermille / 1000, goal);
  return {
    answer: errors.answer,
    by: 'sequential-test',
    why: errors.why,
    needsIntervals: errors.answer === 'inconclusive' ? needs : null,
    metrics,
  };
}

function nothing(why: string, metrics: readonly MetricVerdict[]): Verdict {
  return { answer: 'no-data', by: 'sequential-test', why, needsIntervals: null, metrics };
}

function possible(counts: Counts): boolean {
  const numbers = [counts.requests, counts.errors, ...(counts.latency ?? [])];
  return numbers.every((count) => Number.isSafeInteger(count) && count >= 0) && counts.errors <= counts.requests;
}

type Test = {
  readonly metric: 'errors' | 'latency';
  readonly values: readonly number[];
  readonly evidence: number;
  readonly verdict: (worse: boolean, limits: JudgeLimits) => MetricVerdict;
};

type Pair = { readonly n: readonly [number, number]; readonly bad: readonly [number, number] };

function testOf(metric: 'errors' | 'latency', pairs: readonly Pair[], marginPermille: number, word: string): Test {
  const values = pairs.map(({ n, bad }) => bad[0] / n[0] - bad[1] / n[1]);
  const total = (side: 0 | 1, of: 'n' | 'bad'): number => pairs.reduce((sum, pair) => sum + pair[of][side], 0);
  const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const verdict = (worse: boolean, limits: JudgeLimits): MetricVerdict => {
    const kept = evidenceBelow(values, marginPermille / 1000) >= 1 / limits.alpha;
    const answer: JudgeAnswer = values.length === 0 ? 'no-data' : kept ? 'not-worse' : worse ? 'worse' : 'inconclusive';
    const shares = `${total(0, 'bad')} of ${total(0, 'n')} requests ${word} on the canary, ${total(1, 'bad')} of ${total(1, 'n')} on the baseline`;
    return {
      metric,
      answer,
      differencePermille: mean === null ? null : Math.round(mean * 1000),
      marginPermille,
      intervals: values.length,
      canaryRequests: total(0, 'n'),
      canaryBad: total(0, 'bad'),
      baselineRequests: total(1, 'n'),
      baselineBad: total(1, 'bad'),
      why: `${shares}, in ${values.length} intervals`,
    };
  };
  // A failed request is one too many; a slower one counts only where it is slower by more than the margin.
  return { metric, values, evidence: evidenceAbove(values, metric === 'errors' ? 0 : marginPermille / 1000), verdict };
}

function errorsTest(intervals: readonly Interval[], limits: JudgeLimits): Test {
  const pairs = intervals.map(({ canary, baseline }): Pair => ({
    n: [canary.requests, baseline.requests],
    bad: [canary.errors, baseline.errors],
  }));
  return testOf('errors', pairs, limits.marginPermille, 'failed');
}

/** The bound of "slow" in each interval comes from the baseline's past alone, so that the bet stays fair. */
function latencyTest(intervals: readonly Interval[]): Test[] {
  const seen = Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
  const pairs: Pair[] = [];
  for (const { canary, baseline } of intervals) {
    if (canary.latency === null || baseline.latency === null) continue;
    const [n, m] = [sum(canary.latency), sum(baseline.latency)];
    if (sum(seen) >= 20 && n > 0 && m > 0) {
      const from = slowFrom(seen);
      pairs.push({ n: [n, m], bad: [sum(canary.latency.slice(from)), sum(baseline.latency.slice(from))] });
    }
    for (const [at, count] of baseline.latency.entries()) seen[at] = (seen[at] ?? 0) + count;
  }
  return pairs.length === 0 ? [] : [testOf('latency', pairs, LATENCY_MARGIN, "were slower than the baseline's 95th percentile")];
}

/** The first bucket above the quantile of what was seen. */
function slowFrom(seen: readonly number[]): number {
  const goal = sum(seen) * SLOW_QUANTILE;
  let below = 0;
  for (const [at, count] of seen.entries()) {
    below += count;
    if (below >= goal) return at + 1;
  }
  return seen.length;
}

/** S. Holm, "A simple sequentially rejective multiple test procedure", 1979, with 1/evidence as the p-value. */
function holm(tests: readonly Test[], alpha: number): ReadonlySet<string> {
  const refused = new Set<string>();
  for (const [at, test] of tests.toSorted((a, b) => b.evidence - a.evidence).entries()) {
    if (1 / test.evidence > alpha / (tests.length - at)) break;
    refused.add(test.metric);
  }
  return refused;
}

/** A gross fault, or null. At least two intervals must show failures: one hiccup is none. */
function guardRail(intervals: readonly Interval[]): string | null {
  const failures = intervals.map(({ canary, baseline }) => ({
    canary: canary.errors,
    baseline: baseline.errors,
    share: canary.requests / (canary.requests + baseline.requests),
  }));
  const bad = sum(failures.map((one) => one.canary));
  const requests = sum(intervals.map(({ canary }) => canary.requests));
  if (failures.filter((one) => one.canary > 0).length < 2 || bad / Math.max(1, requests) < 0.05) return null;
  if (evidenceOfFailures(failures) < 1 / GUARD_ALPHA) return null;
  const others = sum(failures.map((one) => one.baseline));
  return `${bad} of ${requests} requests failed on the canary while ${others} failed on the baseline (wrong once in ${1 / GUARD_ALPHA} waves at most, if failures are independent)`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** How long `intervals` of `ms` take, for people. */
export function needed(intervals: number | null, ms: Millis): Millis | null {
  return intervals === null ? null : intervals * ms;
}
