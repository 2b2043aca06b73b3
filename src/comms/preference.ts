import { plus, type Instant } from '../kernel/time.ts';
import { KINDS, type Kind } from './notice.ts';

/** How a kind of news reaches a person: at once, gathered once a day, or not. */
export const WAYS = ['now', 'digest', 'off'] as const;
export type Way = (typeof WAYS)[number];

export type Preference = {
  readonly wants: Readonly<Record<Kind, Way>>;
  /** null: the first address that the person has. */
  readonly address: string | null;
  /** An IANA time zone. */
  readonly zone: string;
  readonly digestHour: number;
  /** Minutes of the local day between which nothing is sent at once, but incidents; it may pass midnight. */
  readonly quiet: { readonly from: number; readonly until: number } | null;
  readonly version: number;
};

/** What holds for a person who has chosen nothing. */
export const STANDARD: Preference = {
  wants: { asked: 'now', reminder: 'now', decided: 'now', waits: 'digest', deployment: 'digest', incident: 'now', expiring: 'now' },
  address: null,
  zone: 'UTC',
  digestHour: 8,
  quiet: null,
  version: 0,
};

/** What is kept, with the standard for what an older row does not name. */
export function wantsOf(kept: Readonly<Record<string, unknown>>): Preference['wants'] {
  const chosen = KINDS.map((kind) => {
    const way = kept[kind];
    return [kind, (WAYS as readonly unknown[]).includes(way) ? (way as Way) : STANDARD.wants[kind]] as const;
  });
  return Object.fromEntries(chosen) as Record<Kind, Way>;
}

/** Whether a text names a time zone that this runtime knows. */
export function isZone(text: string): boolean {
  try {
    return text.length <= 64 && new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== '';
  } catch {
    return false;
  }
}

/** When a message of this kind leaves: at once or after quiet hours (`queued`), with the next digest, or never (null). */
export function whenToSend(
  preference: Preference,
  kind: Kind,
  now: Instant,
): { readonly state: 'queued' | 'digest'; readonly dueAt: Instant } | null {
  const way = preference.wants[kind];
  if (way === 'off') return null;
  if (way === 'digest') return { state: 'digest', dueAt: nextAt(preference.zone, preference.digestHour * 60, now) };
  const { quiet, zone } = preference;
  const isQuiet = quiet !== null && kind !== 'incident' && within(minuteOfDay(zone, now), quiet.from, quiet.until);
  return { state: 'queued', dueAt: isQuiet ? nextAt(zone, quiet.until, now) : now };
}

function within(minute: number, from: number, until: number): boolean {
  return from <= until ? from <= minute && minute < until : minute >= from || minute < until;
}

/** The minute of the day that a clock in `zone` shows, 0 to 1439. */
export function minuteOfDay(zone: string, at: Instant): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(
    Date.parse(at),
  );
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return of('hour') * 60 + of('minute');
}

/**
 * The next instant after `now` at which a clock in `zone` shows this minute of the day. Where a change of summer time
 * takes the minute away, it is the first one after the gap.
 */
export function nextAt(zone: string, minute: number, now: Instant): Instant {
  const start = plus(now, 60_000 - (Date.parse(now) % 60_000));
  const away = (at: Instant): number => (minute - minuteOfDay(zone, at) + 1440) % 1440;
  let at = plus(start, away(start) * 60_000);
  // A change of summer time in between moves the clock: look again from there.
  const off = away(at);
  if (off !== 0) at = plus(at, (off > 720 ? off - 1440 : off) * 60_000);
  return at;
}
