import type { Instant } from '../../kernel/time.ts';
import { earliest, plus } from '../../kernel/time.ts';
import type { Tier } from '../policy/policy.ts';
import type { Severity } from '../reports/model.ts';

const DAY = 86_400_000;

/** Days until a finding has to be gone, by the tier of its service; what is information has no date. */
export const SLA_DAYS: Readonly<Record<Tier, Readonly<Record<Severity, number | null>>>> = {
  1: { critical: 7, high: 30, medium: 90, low: 180, info: null },
  2: { critical: 14, high: 45, medium: 120, low: 365, info: null },
  3: { critical: 30, high: 90, medium: 180, low: null, info: null },
};

/** When a finding that was first seen at `since` is due, or null where nothing asks for it. */
export function dueAt(since: Instant, severity: Severity, tier: Tier): Instant | null {
  const days = SLA_DAYS[tier][severity];
  return days === null ? null : plus(since, days * DAY);
}

/** Whether it should have been gone by `now`. A finding whose begin nobody knows is not overdue: its clock begins today. */
export function isOverdue(since: Instant | null | undefined, severity: Severity, tier: Tier, now: Instant): boolean {
  const due = since === null || since === undefined ? null : dueAt(since, severity, tier);
  return due !== null && now > due;
}

/** A finding that is still there, with when it was first seen; null: nobody knows, its clock begins with the next report. */
export type Open = { readonly severity: Severity; readonly since: Instant | null };

/** A finding that is gone, and since when. */
export type Gone = Open & { readonly goneAt: Instant };

/** How the clocks of one severity stand. `days`: what the tier allows; null: nothing is asked. `next`: when the next one is due. */
export type Clocks = {
  readonly severity: Severity;
  readonly days: number | null;
  readonly open: number;
  readonly late: number;
  readonly next: Instant | null;
  /** How many went lately, and how many of those in time; of what is asked by no day, and of what nobody knows the begin of, none is late. */
  readonly gone: number;
  readonly met: number;
};

/** The clocks of what is open in a service and of what went lately, worst severity first; those of nothing are left out. */
export function clocksOf(open: readonly Open[], gone: readonly Gone[], tier: Tier, now: Instant): Clocks[] {
  return (['critical', 'high', 'medium', 'low', 'info'] as const).flatMap((severity) => {
    const here = open.filter((one) => one.severity === severity);
    const went = gone.filter((one) => one.severity === severity);
    if (here.length + went.length === 0) return [];
    const late = here.filter(({ since }) => isOverdue(since, severity, tier, now)).length;
    const met = went.filter(({ since, goneAt }) => !isOverdue(since, severity, tier, goneAt)).length;
    const dues = here.flatMap(({ since }) => (since === null ? [] : (dueAt(since, severity, tier) ?? [])));
    return [
      {
        severity,
        days: SLA_DAYS[tier][severity],
        open: here.length,
        late,
        next: earliest(dues.filter((due) => due >= now)),
        gone: went.length,
        met,
      },
    ];
  });
}
