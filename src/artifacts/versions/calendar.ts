import type { CommitText } from './account.ts';
import { accountFor } from './account.ts';
import type { NextVersion } from './next.ts';
import { isFresh, nothing, reachable } from './next.ts';
import type { VersionRules } from './rules.ts';
import type { TaggedVersion, Tagging, VersionTag } from './tags.ts';
import { tagFor, versionsIn } from './tags.ts';

/**
 * Calendar versions (https://calver.org). A scheme is parts joined by dots: `YYYY`, `YY`, `0Y` (years), `0M`, `MM`
 * (months), `0W`, `WW` (ISO weeks), `0D`, `DD` (days), and at most once, last, `MICRO`, which counts from 0 within a date.
 */
const PARTS: Readonly<Record<string, readonly [form: string, of: (day: CalendarDay) => string]>> = {
  YYYY: ['\\d{4}', (day) => String(day.year).padStart(4, '0')],
  YY: ['\\d{1,3}', (day) => String(day.year - 2000)],
  '0Y': ['\\d{2,3}', (day) => String(day.year - 2000).padStart(2, '0')],
  MM: ['\\d{1,2}', (day) => String(day.month)],
  '0M': ['\\d{2}', (day) => String(day.month).padStart(2, '0')],
  WW: ['\\d{1,2}', (day) => String(day.week)],
  '0W': ['\\d{2}', (day) => String(day.week).padStart(2, '0')],
  DD: ['\\d{1,2}', (day) => String(day.day)],
  '0D': ['\\d{2}', (day) => String(day.day).padStart(2, '0')],
};

/** A day in UTC. `week` is that of ISO 8601, whose year may be another; schemes with weeks use that year. */
export type CalendarDay = { readonly year: number; readonly month: number; readonly day: number; readonly week: number };

export type CalendarScheme = {
  readonly text: string;
  readonly parts: readonly string[];
  readonly micro: boolean;
};

/** Reads a scheme; null where it is none: unknown parts, no year, or MICRO anywhere but last. */
export function readScheme(text: string): CalendarScheme | null {
  const all = text.split('.');
  const micro = all.at(-1) === 'MICRO';
  const parts = micro ? all.slice(0, -1) : all;
  const fits = parts.length > 0 && parts.length <= 4 && parts.every((part) => Object.hasOwn(PARTS, part));
  const years = parts.filter((part) => part.includes('Y')).length;
  return fits && years === 1 && parts[0]?.includes('Y') === true ? { text, parts, micro } : null;
}

/** The day of an instant (milliseconds since the epoch), in UTC. `weeks`: with the year of the ISO week. */
export function dayOf(at: number, weeks: boolean): CalendarDay {
  const date = new Date(at);
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 4 - (date.getUTCDay() || 7)));
  const week = Math.ceil(((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 86_400_000 + 1) / 7);
  const year = weeks ? thursday.getUTCFullYear() : date.getUTCFullYear();
  return { year, month: date.getUTCMonth() + 1, day: date.getUTCDate(), week };
}

/** The date part of a version on a day: `2026.11`. */
export function dateText(scheme: CalendarScheme, at: number): string {
  const day = dayOf(
    at,
    scheme.parts.some((part) => part.includes('W')),
  );
  return scheme.parts.map((part) => PARTS[part]?.[1](day) ?? '').join('.');
}

/** A version of the scheme: the same text, or null. Without MICRO a counter may follow, for a second one of the same date. */
export function readCalendarVersion(scheme: CalendarScheme, text: string): string | null {
  const dates = scheme.parts.map((part) => PARTS[part]?.[0] ?? '').join('\\.');
  const form = new RegExp(`^${dates}${scheme.micro ? '\\.\\d{1,9}' : '(?:\\.\\d{1,9})?'}(?:-[a-z][a-z0-9-]{0,30}\\.\\d{1,9})?$`);
  return form.test(text) ? text : null;
}

/** Later first; of one date the higher counter; a pre-release after what it prepares. */
export function laterFirst(a: string, b: string): number {
  const [one, two] = [a, b].map((version) => {
    const [date = '', pre] = version.split(/-(.*)/s, 2);
    return { numbers: date.split('.').map(Number), pre: pre === undefined ? Infinity : Number(pre.split('.').at(-1)) };
  });
  for (let at = 0; at < Math.max(one?.numbers.length ?? 0, two?.numbers.length ?? 0); at += 1) {
    const difference = (two?.numbers[at] ?? -1) - (one?.numbers[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return (two?.pre ?? 0) === (one?.pre ?? 0) ? 0 : (two?.pre ?? 0) > (one?.pre ?? 0) ? 1 : -1;
}

export type CalendarRequest = {
  readonly tagging: Tagging;
  readonly commits: readonly CommitText[];
  readonly touching?: ReadonlySet<string> | null;
  readonly tags: readonly VersionTag[];
  readonly prerelease?: string | null;
  readonly from?: TaggedVersion | null;
  readonly rules: VersionRules;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** The versions of a scheme among tags, the latest first. */
export function calendarVersionsOf(tags: readonly VersionTag[], tagging: Tagging, scheme: CalendarScheme): TaggedVersion[] {
  return versionsIn(tags, tagging, (text) => readCalendarVersion(scheme, text), laterFirst);
}

/**
 * The next calendar version: the date, and a counter where that date has one already. The date says when, so every
 * commit that is new to users asks for a release, whatever its type; without any there is none.
 */
export function nextCalendarVersion(request: CalendarRequest, scheme: CalendarScheme): NextVersion {
  const all = calendarVersionsOf(request.tags, request.tagging, scheme);
  const ids = new Set(request.commits.map((commit) => commit.id));
  const stable = all.filter((tagged) => !tagged.version.includes('-'));
  const found = stable.find((tagged) => tagged.commit !== null && ids.has(tagged.commit)) ?? stable[0] ?? null;
  const from = request.from === undefined ? found : request.from;
  const released = from === null ? new Set<string>() : reachable(request.commits, from.commit);
  const because = accountFor(request.commits, released, request.touching ?? null, request.rules.types);
  if (!because.some(isFresh)) return { next: null, tag: null, bump: null, from, because, why: nothing(because, from), refused: false };
  const number = freeOn(scheme, dateText(scheme, request.now), new Set(stable.map((tagged) => tagged.version)));
  const next = request.prerelease ? withCounter(number, request.prerelease, all) : number;
  const why = `${next}: the date${from === null ? '' : ` after ${from.version}`}, after ${scheme.text}`;
  return { next, tag: tagFor(next, from, request.tagging), bump: 'calendar', from, because, why, refused: false };
}

/** The date, or the number after the highest counter that the date has. */
function freeOn(scheme: CalendarScheme, date: string, taken: ReadonlySet<string>): string {
  const counters = [...taken].flatMap((version) => {
    if (version === date) return [0];
    const counter = version.startsWith(`${date}.`) ? Number(version.slice(date.length + 1)) : NaN;
    return Number.isInteger(counter) ? [counter] : [];
  });
  if (counters.length > 0) return `${date}.${Math.max(...counters) + 1}`;
  return scheme.micro ? `${date}.0` : date;
}

function withCounter(number: string, identifier: string, all: readonly TaggedVersion[]): string {
  const start = `${number}-${identifier}.`;
  const counts = all.filter((tagged) => tagged.version.startsWith(start)).map((tagged) => Number(tagged.version.slice(start.length)));
  return `${start}${Math.max(0, ...counts) + 1}`;
}

// Days before counters: that all numbers are those of the days is no chance.
const KNOWN = [
  'YYYY.MM.DD',
  'YYYY.0M.0D',
  'YYYY.MM.MICRO',
  'YYYY.0M.MICRO',
  'YY.MM.MICRO',
  'YY.0M.MICRO',
  '0Y.0M.MICRO',
  'YY.0M',
  'YYYY.MICRO',
];

/**
 * The scheme that tags follow, or null: at least two tags, the newest among them, whose dates are those on which they
 * were made (`at`, milliseconds). A version like 2026.11.3 alone could be anything.
 */
export function schemeOfTags(
  tags: readonly { readonly name: string; readonly at: number | null }[],
  tagging: Tagging,
): CalendarScheme | null {
  const newest = tags.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0)).slice(0, 20);
  const dates = new Map(newest.map((tag) => [tag.name, tag.at]));
  for (const text of KNOWN) {
    const scheme = readScheme(text);
    if (scheme === null) continue;
    const fitting = calendarVersionsOf(
      newest.map(({ name }) => ({ name, commit: null })),
      tagging,
      scheme,
    ).filter((tagged) => {
      const at = dates.get(tagged.tag) ?? null;
      if (at === null) return false;
      const date = dateText(scheme, at);
      return tagged.version === date || tagged.version.startsWith(`${date}.`) || tagged.version.startsWith(`${date}-`);
    });
    if (fitting.length >= 2 && fitting.length * 2 > newest.length && fitting.some((tagged) => tagged.tag === newest[0]?.name))
      return scheme;
  }
  return null;
}
