import type { Instant } from '../../kernel/time.ts';
import { plus } from '../../kernel/time.ts';
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
