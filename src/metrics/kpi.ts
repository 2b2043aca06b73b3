import { between, type Instant, type Millis } from '../kernel/time.ts';

/** What happened in production, in the order of the ledger: the only thing that KPIs are folded from. */
export type ProductionFact = {
  /** The fact behind it: every number opens to these. */
  readonly fact: string;
  readonly at: Instant;
  readonly service: string;
} & (
  | { readonly kind: 'running'; readonly release: string; readonly deployment: string; readonly rolledBack: boolean }
  | {
      readonly kind: 'deployment-finished';
      readonly release: string;
      readonly deployment: string;
      readonly outcome: 'succeeded' | 'rolled-back' | 'failed' | 'cancelled';
      readonly began: boolean;
      readonly rollback: boolean;
      readonly startedAt: Instant | null;
      readonly finishedAt: Instant;
    }
  | {
      readonly kind: 'release-created';
      readonly release: string;
      readonly type: string;
      readonly commits: readonly string[];
      readonly more: number;
    }
  | { readonly kind: 'incident-detected'; readonly incident: string; readonly startedAt: Instant }
  | { readonly kind: 'incident-linked'; readonly incident: string; readonly deployment: string }
  | { readonly kind: 'incident-resolved'; readonly incident: string; readonly startedAt: Instant; readonly resolvedAt: Instant }
);

/** What figures are measured on: all facts there are, and when each commit was made (one that is not there is unknown). */
export type KpiFacts = {
  readonly facts: readonly ProductionFact[];
  readonly commitTimes: ReadonlyMap<string, Instant>;
};
/** The same with the window that is asked about: its end is not in it. What is older than it may still be read. */
export type KpiInput = KpiFacts & { readonly from: Instant; readonly to: Instant };

/** One thing that counts. `value`: milliseconds of a duration, 1 or 0 of a share; null where it only counts. */
export type Sample = {
  readonly fact: string;
  readonly at: Instant;
  readonly service: string;
  readonly what: string;
  readonly value: number | null;
};

/** Something that was left out, or could not be told, and why. */
export type Aside = { readonly what: string; readonly fact: string | null; readonly why: string };
/** The same with its time. With `until` it is so from `at` until then (null: still), and belongs to a window that it reaches over the end of. */
export type TimedAside = Aside & { readonly at: Instant; readonly service: string; readonly until?: Instant | null };

/** All that a figure is made of, over all time: a window takes from it what lies in it. */
export type Measures = {
  readonly counted: readonly Sample[];
  readonly excluded: readonly TimedAside[];
  readonly unknown: readonly TimedAside[];
};

/** A figure: its words, and how it is folded. */
export type Figure = {
  readonly name: string;
  readonly title: string;
  readonly definition: string;
  /** What counts as what, in words. */
  readonly words: readonly string[];
  readonly unit: 'per day' | 'seconds' | 'share';
  readonly better: 'more' | 'less';
  readonly measure: (input: KpiFacts) => Measures;
};

/** A number that opens: null means there is nothing to measure, which is never 0. */
export type Kpi = {
  readonly name: string;
  readonly title: string;
  readonly definition: string;
  readonly words: readonly string[];
  readonly value: number | null;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** Fact ids behind the value. */
  readonly events: readonly string[];
  readonly excluded: readonly Aside[];
  readonly unknown: readonly Aside[];
  /** How many things were counted: a fact may bring several. */
  readonly counted: number;
  /** Of durations, in seconds: the value that so many percent do not exceed. */
  readonly percentiles: { readonly p50: number; readonly p75: number; readonly p90: number; readonly p95: number } | null;
  /** Of durations: how many are above the one before and up to this many seconds (null: any more). */
  readonly distribution: readonly { readonly upTo: number | null; readonly count: number }[];
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BUCKETS = [HOUR / 4, HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY];

/** A figure over one window, from what it is made of. */
export function kpiOf(figure: Figure, measures: Measures, window: { readonly from: Instant; readonly to: Instant }): Kpi {
  const counted = measures.counted.filter((one) => inWindow(window, one.at));
  const values = counted.flatMap((one) => (one.value === null ? [] : [one.value]));
  const durations = figure.unit === 'seconds' ? values.toSorted((a, b) => a - b) : [];
  const { name, title, definition, words, unit, better } = figure;
  return {
    name,
    title,
    definition,
    words,
    value: valueOf(figure, counted.length, values, window),
    unit,
    better,
    events: [...new Set(counted.map((one) => one.fact))],
    excluded: measures.excluded.filter((one) => belongs(one, window)).map(bare),
    unknown: measures.unknown.filter((one) => belongs(one, window)).map(bare),
    counted: counted.length,
    percentiles:
      durations.length === 0
        ? null
        : { p50: rank(durations, 50), p75: rank(durations, 75), p90: rank(durations, 90), p95: rank(durations, 95) },
    distribution: durations.length === 0 ? [] : spread(durations),
  };
}

/** What of a figure lies in a window: what its number opens to, in the order of time. */
export function within(measures: Measures, window: { readonly from: Instant; readonly to: Instant }): Measures {
  return {
    counted: measures.counted.filter((one) => inWindow(window, one.at)),
    excluded: measures.excluded.filter((one) => belongs(one, window)),
    unknown: measures.unknown.filter((one) => belongs(one, window)),
  };
}

function valueOf(figure: Figure, counted: number, values: readonly number[], { from, to }: { from: Instant; to: Instant }): number | null {
  if (counted === 0) return null;
  if (figure.unit === 'seconds') return seconds(lowerMedian(values));
  if (figure.unit === 'per day') return Math.round((counted / (between(from, to) / DAY)) * 1000) / 1000;
  return Math.round((values.reduce((sum, one) => sum + one, 0) / counted) * 10_000) / 10_000;
}

function bare({ what, fact, why }: TimedAside): Aside {
  return { what, fact, why };
}

function belongs(aside: TimedAside, window: { readonly from: Instant; readonly to: Instant }): boolean {
  if (aside.until === undefined) return inWindow(window, aside.at);
  return aside.at < window.to && (aside.until === null || aside.until >= window.to);
}

/** The value of a sorted list that so many percent do not exceed, in seconds: the nearest rank. */
function rank(sorted: readonly number[], percent: number): number {
  return seconds(sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0) ?? 0;
}

function spread(sorted: readonly number[]): Kpi['distribution'] {
  return [...BUCKETS, Infinity].map((upTo, index) => {
    const above = BUCKETS[index - 1] ?? -1;
    return { upTo: upTo === Infinity ? null : upTo / 1000, count: sorted.filter((one) => one > above && one <= upTo).length };
  });
}

/** The lower median: the value that half of the list does not exceed; null for an empty list. */
export function lowerMedian(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? null;
}

/** Whether `at` lies in the window; its end does not. */
export function inWindow(input: Pick<KpiInput, 'from' | 'to'>, at: Instant): boolean {
  return at >= input.from && at < input.to;
}

/** Whole seconds of milliseconds, with three digits. */
export function seconds(ms: Millis | null): number | null {
  return ms === null ? null : Math.round(ms) / 1000;
}
