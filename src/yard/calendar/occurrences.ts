import type { CalendarItem } from '../../contract/calendar.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Scope, When } from '../../releases/calendar/freeze.ts';
import { spansBetween } from '../../releases/calendar/recurrence.ts';
import { wallOf } from '../../releases/calendar/zone.ts';

/** One form of a freeze or window and the time in which it was what the calendar said. */
export type Form = {
  readonly when: When;
  readonly scope: Scope;
  readonly reason: string;
  readonly ticket: string;
  readonly version: number;
  /** From this instant on the calendar said so; null: from its own beginning. */
  readonly from: Instant | null;
  /** Until this instant; null: it still does. */
  readonly until: Instant | null;
};

export type Shown = {
  readonly id: string;
  readonly kind: 'deny' | 'allow';
  readonly exempt: readonly string[];
  /** Ended by a person. */
  readonly endedAt: Instant | null;
  readonly overrides: CalendarItem['overrides'];
  /** Every form it had, oldest first. */
  readonly forms: readonly Form[];
};

/** More windows of one freeze than this in one range are not drawn one by one. */
export const MOST_WINDOWS = 500;

/**
 * The windows of a freeze between two instants (epoch ms), as they stood: what a person changed or ended stands in the
 * past as it was then. Throws where a rule can't be expanded within its limits.
 */
export function occurrences(freeze: Shown, from: number, to: number, now: Instant): CalendarItem[] {
  const items: CalendarItem[] = [];
  for (const form of freeze.forms) {
    const since = form.from === null ? -Infinity : Date.parse(form.from);
    const end = Math.min(...[form.until, freeze.endedAt].map((at) => (at === null ? Infinity : Date.parse(at))));
    for (const span of spansBetween(form.when, from, to).slice(0, MOST_WINDOWS)) {
      const begins = Math.max(span.from, since);
      const ends = Math.min(span.until ?? Infinity, end);
      if (begins >= ends || ends <= from || begins > to) continue;
      const item = itemOf(freeze, form, { from: span.from, begins, ends }, now);
      const before = items.at(-1);
      // A change in the middle of a window leaves it one window: it stood all the time.
      if (before !== undefined && before.until === item.from && before.version < item.version)
        items[items.length - 1] = { ...item, from: before.from };
      else items.push(item);
    }
  }
  return items;
}

function itemOf(freeze: Shown, form: Form, at: { from: number; begins: number; ends: number }, now: Instant): CalendarItem {
  const iso = (ms: number): Instant => new Date(ms).toISOString();
  const until = at.ends === Infinity ? null : iso(at.ends);
  const from = iso(at.begins);
  const recurring = form.when.kind === 'recurring' ? form.when : null;
  const state = from > now ? 'planned' : until === null || until > now ? 'standing' : 'past';
  const wall = recurring === null ? '' : `:${new Date(wallOf(at.from, recurring.zone)).toISOString().slice(0, 16)}`;
  const { scope } = form;
  return {
    key: `${freeze.id}${wall}`,
    kind: freeze.kind === 'deny' ? 'freeze' : 'window',
    object: freeze.id,
    title: `${freeze.kind === 'deny' ? 'Freeze' : 'Window'}: ${scopeWords(scope)}`,
    detail: `${form.ticket}: ${form.reason}`,
    from,
    until,
    state,
    service: scope.service ?? null,
    team: scope.team ?? null,
    environment: scope.environment ?? null,
    zone: recurring?.zone ?? null,
    rule: recurring?.rule ?? null,
    exempt: [...freeze.exempt],
    overrides: freeze.overrides.filter((one) => one.until > from),
    version: form.version,
  };
}

/** `tier 1 in prod`, `everything`. */
export function scopeWords(scope: Scope): string {
  const what = [
    scope.service === undefined ? null : scope.service,
    scope.team === undefined ? null : `team ${scope.team}`,
    scope.tier === undefined ? null : `tier ${scope.tier}`,
  ].filter((part) => part !== null);
  const where = scope.environment ?? (scope.kind === undefined ? null : `every ${scope.kind} environment`);
  return `${what.length === 0 ? 'everything' : what.join(', ')}${where === null ? '' : ` in ${where}`}`;
}
