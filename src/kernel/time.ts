/** An instant: RFC 3339 in UTC with milliseconds, `2026-11-23T15:28:01.000Z`. Instants compare as strings. */
export type Instant = string;

/** A duration in whole milliseconds. */
export type Millis = number;

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^(?:\d+(?:ms|s|m|h|d|w))+$/;
const PART = /(\d+)(ms|s|m|h|d|w)/g;

/** Milliseconds of `90s`, `1h30m`, `14d`, or null where the text is no duration or passes 2^53. */
export function parseDuration(text: string): Millis | null {
  if (!DURATION.test(text)) return null;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(PART)) sum += Number(count) * UNITS[unit as keyof typeof UNITS];
  return Number.isSafeInteger(sum) ? sum : null;
}

/** A duration for people: the two largest units, `1h 30m`, `4.2s`, `130ms`. */
export function formatDuration(ms: Millis): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')}s`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1000) * 1000;
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / UNITS[unit]);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * UNITS[unit];
  }
  return parts.slice(0, 2).join(' ');
}

/** The instant `ms` milliseconds after `instant` (before, when negative). */
export function plus(instant: Instant, ms: Millis): Instant {
  return new Date(Date.parse(instant) + ms).toISOString();
}

/** Milliseconds from `from` to `to`; negative when `to` is earlier. */
export function between(from: Instant, to: Instant): Millis {
  return Date.parse(to) - Date.parse(from);
}

/** The earliest of the instants given, or null where there is none. */
export function earliest(instants: readonly (Instant | null)[]): Instant | null {
  return instants.reduce<Instant | null>((least, at) => (at !== null && (least === null || at < least) ? at : least), null);
}

/** The latest of the instants given, or null where there is none. */
export function latest(instants: readonly (Instant | null)[]): Instant | null {
  return instants.reduce<Instant | null>((most, at) => (at !== null && (most === null || at > most) ? at : most), null);
}
