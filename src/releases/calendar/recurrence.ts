import { RRuleTemporal } from 'rrule-temporal';
import type { When } from './freeze.ts';
import { instantOf, isZone, wallOf, type WallMs } from './zone.ts';

/** A window as instants in epoch ms; `until` null has no known end. From is in it, until is not. */
export type Span = { readonly from: number; readonly until: number | null };

type Recurring = Extract<When, { kind: 'recurring' }>;

const PARTS = new Set([
  'FREQ',
  'INTERVAL',
  'COUNT',
  'UNTIL',
  'BYMONTH',
  'BYMONTHDAY',
  'BYDAY',
  'BYYEARDAY',
  'BYWEEKNO',
  'BYSETPOS',
  'BYHOUR',
  'BYMINUTE',
  'WKST',
]);
const FREQUENCIES = new Set(['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY']);
const MINUTE = 60_000;
const DAY = 86_400_000;

/** Why `when` can't be a window, or null where it can. Nothing that fails here is ever saved. */
export function whyNot(when: When): string | null {
  if (when.kind === 'once') return when.until !== null && when.until <= when.from ? 'It ends before it begins.' : null;
  if (!isZone(when.zone)) return `There is no time zone ${when.zone}.`;
  if (Number.isNaN(wallOfText(when.start))) return `${when.start} is no local time.`;
  const parts = when.rule.split(';').map((part) => part.split('='));
  for (const [name = '', value = '', ...more] of parts) {
    if (!PARTS.has(name) || value === '' || more.length > 0) return `${name || 'an empty part'} is no part of a rule that we read.`;
  }
  const names = parts.map(([name]) => name);
  if (new Set(names).size !== names.length) return 'A part of the rule stands twice.';
  const values = new Map(parts.map(([name = '', value = '']) => [name, value]));
  if (!FREQUENCIES.has(values.get('FREQ') ?? '')) return 'FREQ must be YEARLY, MONTHLY, WEEKLY or DAILY.';
  if (values.has('COUNT') && values.has('UNTIL')) return 'COUNT and UNTIL exclude each other.';
  if (values.has('UNTIL') && untilOf(when) === null) return 'UNTIL must be an instant in UTC such as 20271231T235959Z.';
  if (values.has('COUNT') && Number(values.get('COUNT')) > 1000) return 'COUNT is 1000 at most.';
  try {
    return startsFrom(when, wallOfText(when.start) - 1, wallOfText(when.start) + 4000 * DAY, 1).length === 0
      ? 'The rule never happens.'
      : null;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : 'The rule can’t be read.';
  }
}

/**
 * The windows that touch the time from `from` to `to` (epoch ms), in order of their start. Throws where
 * the rule can't be expanded within its limits: an answer made of half a calendar would be a lie.
 */
export function spansBetween(when: When, from: number, to: number): Span[] {
  if (when.kind === 'once') {
    const span = { from: Date.parse(when.from), until: when.until === null ? null : Date.parse(when.until) };
    return span.from <= to && (span.until === null || span.until > from) ? [span] : [];
  }
  const length = when.minutes * MINUTE;
  // A day of slack on both sides, because offsets move wall time against instants; exact bounds are applied after.
  const walls = startsFrom(when, wallOf(from, when.zone) - length - DAY, wallOf(to, when.zone) + DAY, 5000);
  const last = untilOf(when) ?? Infinity;
  return walls
    .map((wall) => ({ from: instantOf(wall, when.zone), until: instantOf(wall + length, when.zone) }))
    .filter((span) => span.from <= to && span.until > from && span.from <= last && span.until > span.from);
}

/**
 * Starts in wall time. The rule is expanded as if in UTC, that is on the wall; only then is each wall time turned into
 * an instant. Expanding in the zone would leave out starts that fall into a gap of the clock.
 */
function startsFrom(when: Recurring, from: WallMs, to: WallMs, most: number): WallMs[] {
  const rule = when.rule
    .split(';')
    .filter((part) => !part.startsWith('UNTIL='))
    .join(';');
  const recurrence = expander(`DTSTART:${compact(when.start)}\nRRULE:${rule}`);
  const found = recurrence.between(new Date(from), new Date(to), true).map((at) => Date.parse(at.toString().replace(/\[.*$/, '')));
  if (found.length > 5000) throw new Error('The rule happens too often.');
  return found.slice(0, most);
}

const expanders = new Map<string, RRuleTemporal>();

function expander(text: string): RRuleTemporal {
  const known = expanders.get(text);
  if (known !== undefined) return known;
  const made = new RRuleTemporal({
    rruleString: text,
    tzid: 'UTC',
    strict: true,
    maxCandidateEvaluations: 200_000,
    maxIterations: 100_000,
  });
  if (expanders.size >= 500) expanders.clear();
  expanders.set(text, made);
  return made;
}

function untilOf(when: Recurring): number | null {
  const text = /(?:^|;)UNTIL=([^;]*)/.exec(when.rule)?.[1];
  const match = text === undefined ? null : /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return null;
  const at = Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`);
  return Number.isNaN(at) ? null : at;
}

/** `2026-12-24T18:00` as wall ms; NaN for a date that no calendar has. */
function wallOfText(text: string): WallMs {
  const at = Date.parse(`${text}:00.000Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 16) !== text ? Number.NaN : at;
}

function compact(start: string): string {
  return `${start.replaceAll('-', '').replaceAll(':', '')}00Z`;
}
