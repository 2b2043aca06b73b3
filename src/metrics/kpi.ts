import type { Instant, Millis } from '../kernel/time.ts';

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

export type KpiInput = {
  readonly from: Instant;
  readonly to: Instant;
  /** All facts up to `to`, also from before `from`: what a deployment follows may be older than the window. */
  readonly facts: readonly ProductionFact[];
  /** When each commit was made; a commit that is not here is unknown. */
  readonly commitTimes: ReadonlyMap<string, Instant>;
};

/** Something that was left out, or could not be told, and why. */
export type Aside = { readonly what: string; readonly fact: string | null; readonly why: string };

/** A number that opens: null means there is nothing to measure, which is never 0. */
export type Kpi = {
  readonly name: string;
  readonly definition: string;
  readonly value: number | null;
  readonly unit: string;
  /** Fact ids behind the value. */
  readonly events: readonly string[];
  readonly excluded: readonly Aside[];
  readonly unknown: readonly Aside[];
};

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
