import type { CalendarItem } from '../../contract/calendar.ts';
import type { Instant } from '../../kernel/time.ts';
import { wallOf } from '../../releases/calendar/zone.ts';

/**
 * Items as an iCalendar object (RFC 5545). Each window of a freeze is one event with its own beginning and end on the
 * wall of its zone: a rule with one length would be wrong in the weeks in which the clock changes. UIDs stay for as long
 * as the thing does; SEQUENCE grows with every change of it.
 */
export function icalendar(items: readonly CalendarItem[], { now, url }: { readonly now: Instant; readonly url: string }): string {
  const zones = [...new Set(items.flatMap((item) => (item.zone === null ? [] : [item.zone])))].sort();
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Yardmaster//Calendar//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'X-WR-CALNAME:Yardmaster',
    'REFRESH-INTERVAL;VALUE=DURATION:PT15M',
    ...zones.flatMap((zone) =>
      timezone(
        zone,
        items.filter((item) => item.zone === zone),
      ),
    ),
    ...items.flatMap((item) => event(item, now, url)),
    'END:VCALENDAR',
  ];
  return lines.map(folded).join('');
}

const PAGES: Readonly<Record<CalendarItem['kind'], string>> = {
  freeze: 'calendar?freeze=',
  window: 'calendar?freeze=',
  release: 'releases/',
  deployment: 'evidence?node=',
  rollback: 'evidence?node=',
  waiver: 'debts?waiver=',
  debt: 'debts?waiver=',
};

function event(item: CalendarItem, now: Instant, url: string): string[] {
  const place = [item.service ?? (item.team === null ? null : `team ${item.team}`), item.environment]
    .filter((part) => part !== null)
    .join(' in ');
  const notes = [
    item.detail,
    ...(item.exempt.length > 0 ? [`Passing: ${item.exempt.join(', ')}.`] : []),
    ...item.overrides.map((one) => `Suspended by ${one.waiver} for ${one.service ?? 'its team'} until ${one.until}.`),
    ...(item.until === null ? ['It has no known end; the calendar shows a day.'] : []),
  ];
  return [
    'BEGIN:VEVENT',
    `UID:${escaped(item.key)}@yardmaster`,
    `DTSTAMP:${utc(now)}`,
    `SEQUENCE:${item.version - 1}`,
    ...times(item, now),
    `SUMMARY:${escaped(item.title)}`,
    `DESCRIPTION:${escaped(notes.join('\n'))}`,
    ...(place === '' ? [] : [`LOCATION:${escaped(place)}`]),
    `CATEGORIES:${item.kind.toUpperCase()}`,
    `STATUS:${item.state === 'requested' ? 'TENTATIVE' : 'CONFIRMED'}`,
    `TRANSP:${item.kind === 'freeze' ? 'OPAQUE' : 'TRANSPARENT'}`,
    `URL:${url}/${PAGES[item.kind]}${encodeURIComponent(item.object)}`,
    'END:VEVENT',
  ];
}

const DAY = 86_400_000;

function times({ from, until, zone }: CalendarItem, now: Instant): string[] {
  // What has no known end reaches at least to tomorrow, so that who looks today sees it.
  const end = until ?? new Date(Math.max(Date.parse(from), Date.parse(now)) + DAY).toISOString();
  const at = (name: string, instant: Instant): string =>
    zone === null ? `${name}:${utc(instant)}` : `${name};TZID=${zone}:${local(instant, zone)}`;
  return end === from ? [at('DTSTART', from)] : [at('DTSTART', from), at('DTEND', end)];
}

/** `20261224T170000Z`. */
function utc(instant: Instant): string {
  return `${compact(Date.parse(instant))}Z`;
}

function local(instant: Instant, zone: string): string {
  return compact(wallOf(Date.parse(instant), zone));
}

function compact(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
}

/** The offsets of a zone over the time of the events in it, one observance for each change of the clock. */
function timezone(zone: string, items: readonly CalendarItem[]): string[] {
  const starts = items.map((item) => Date.parse(item.from));
  const ends = items.map((item) => Date.parse(item.until ?? item.from) + 2 * DAY);
  const first = Math.min(...starts) - 2 * DAY;
  const offset = (at: number): number => wallOf(at, zone) - at;
  const changes = changesOf(offset, first, Math.max(...ends));
  const observance = (at: number, before: number, after: number): string[] => {
    const name = after > before ? 'DAYLIGHT' : 'STANDARD';
    return [`BEGIN:${name}`, `DTSTART:${compact(at + before)}`, `TZOFFSETFROM:${sign(before)}`, `TZOFFSETTO:${sign(after)}`, `END:${name}`];
  };
  return [
    'BEGIN:VTIMEZONE',
    `TZID:${zone}`,
    ...observance(first, offset(first), offset(first)),
    ...changes.flatMap((at) => observance(at, offset(at - 1000), offset(at))),
    'END:VTIMEZONE',
  ];
}

/** The instants at which an offset changes: looked for week by week, then halved down to the second. */
function changesOf(offset: (at: number) => number, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = from; at < to; at += 7 * DAY) {
    let [low, high] = [at, Math.min(at + 7 * DAY, to)];
    if (offset(low) === offset(high)) continue;
    const before = offset(low);
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (middle <= low) break;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    found.push(Math.ceil(high / 1000) * 1000);
  }
  return found;
}

/** `+0100`; with seconds where a zone has them. */
function sign(offset: number): string {
  const all = Math.abs(Math.round(offset / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const seconds = all % 60;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(all / 3600))}${two(Math.floor(all / 60) % 60)}${seconds === 0 ? '' : two(seconds)}`;
}

/** TEXT of RFC 5545: what would end it or its line is escaped, control characters go. */
function escaped(text: string): string {
  return (
    text
      .replaceAll(/\r\n?/g, '\n')
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\0-\x08\x0b-\x1f\x7f]/g, '')
      .replaceAll(/[\\;,]/g, (char) => `\\${char}`)
      .replaceAll('\n', '\\n')
  );
}

const encoder = new TextEncoder();

/** A line of at most 75 octets, the rest on lines that begin with a blank; no character is cut in two. */
function folded(line: string): string {
  let text = '';
  let length = 0;
  for (const char of line) {
    const size = encoder.encode(char).length;
    if (length + size > 75) {
      text += '\r\n ';
      length = 1;
    }
    text += char;
    length += size;
  }
  return `${text}\r\n`;
}
