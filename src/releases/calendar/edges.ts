import type { Instant } from '../../kernel/time.ts';
import type { When } from './freeze.ts';
import { spansBetween } from './recurrence.ts';

/** Looked ahead for the next edge; a rarer window is found again when this much time has passed. */
const AHEAD = 400 * 86_400_000;

export type Edges = { readonly active: boolean; readonly until: Instant | null; readonly next: Instant | null };

/** Whether a window is open at `now`, until when, and the next instant at which that changes. */
export function edgesOf(when: When, now: Instant): Edges {
  const at = Date.parse(now);
  const spans = spansBetween(when, at, at + AHEAD);
  const open = spans.filter((span) => span.from <= at && (span.until === null || at < span.until));
  const iso = (ms: number): Instant => new Date(ms).toISOString();
  const later = spans.flatMap((span) => [span.from, ...(span.until === null ? [] : [span.until])]).filter((edge) => edge > at);
  const active = open.length > 0;
  const end = open.some((span) => span.until === null) ? null : Math.max(...open.map((span) => span.until ?? 0));
  return { active, until: active && end !== null ? iso(end) : null, next: later.length === 0 ? null : iso(Math.min(...later)) };
}
