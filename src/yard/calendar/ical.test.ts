import fc from 'fast-check';
import ICAL from 'ical.js';
import { expect, test } from 'vitest';
import type { CalendarItem } from '../../contract/calendar.ts';
import { spansBetween } from '../../releases/calendar/recurrence.ts';
import { icalendar } from './ical.ts';
import { occurrences, type Shown } from './occurrences.ts';

const NOW = '2026-03-20T12:00:00.000Z';
const item = (more: Partial<CalendarItem> = {}): CalendarItem => ({
  key: 'frz_1',
  kind: 'freeze',
  object: 'frz_1',
  title: 'Freeze: everything',
  detail: 'OPS-1: closing',
  from: '2026-12-24T17:00:00.000Z',
  until: '2027-01-02T08:00:00.000Z',
  state: 'planned',
  service: null,
  team: null,
  environment: null,
  zone: null,
  rule: null,
  exempt: [],
  overrides: [],
  version: 1,
  ...more,
});
const text = (items: CalendarItem[]): string => icalendar(items, { now: NOW, url: 'https://yard.example' });
const events = (items: CalendarItem[]): ICAL.Event[] => {
  const calendar = new ICAL.Component(ICAL.parse(text(items)) as never);
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  return calendar.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one));
};
const instant = (time: ICAL.Time): string => new Date(time.toUnixTime() * 1000).toISOString();

test('an event says what the item says, with a UID that stays and a SEQUENCE that grows', () => {
  const [first] = events([item()]);
  const [changed] = events([item({ version: 3, from: '2026-12-25T17:00:00.000Z' })]);
  expect([first?.uid, first?.sequence, changed?.uid, changed?.sequence]).toEqual(['frz_1@yardmaster', 0, 'frz_1@yardmaster', 2]);
  expect([first && instant(first.startDate), first && instant(first.endDate)]).toEqual([item().from, item().until]);
  expect(first?.component.getFirstPropertyValue('url')).toBe('https://yard.example/calendar?freeze=frz_1');
});

test('lines end with CRLF, are 75 octets at most, and no character is cut; what is written reads back', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('a', 'é', '😀', ',', ';', '\\', '\n', ':', '"', 'ß', ' ', '\r\n', 'BEGIN:VEVENT\n'),
        maxLength: 200,
      }),
      (words) => {
        const written = text([item({ title: `x${words}` })]);
        expect(written.endsWith('\r\n')).toBe(true);
        for (const line of written.slice(0, -2).split('\r\n')) {
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
          expect(line).not.toMatch(/[\n\r]/);
          expect(line.isWellFormed()).toBe(true);
        }
        const read = events([item({ title: `x${words}` })]);
        expect(read).toHaveLength(1);
        expect(read[0]?.summary).toBe(`x${words.replaceAll('\r\n', '\n')}`);
      },
    ),
  );
});

test('what is a moment has no end; what has no known end is there at least until tomorrow, and says so', () => {
  const moment = text([item({ until: item().from })]);
  expect(moment).not.toContain('DTEND');
  const [open] = events([item({ from: '2026-01-01T00:00:00.000Z', until: null })]);
  expect(open && instant(open.endDate)).toBe('2026-03-21T12:00:00.000Z');
  expect(open?.description).toContain('no known end');
});

const shown = (zone: string, start: string, minutes: number, rule: string): Shown => ({
  id: 'frz_2',
  kind: 'deny',
  exempt: ['hotfix'],
  endedAt: null,
  overrides: [],
  forms: [
    {
      when: { kind: 'recurring', start, minutes, zone, rule },
      scope: {},
      reason: 'weekend',
      ticket: 'OPS-2',
      version: 1,
      from: null,
      until: null,
    },
  ],
});

test.each([
  ['Europe/Berlin', '2026-03-06T16:00', 3840],
  ['America/New_York', '2026-02-27T16:00', 3840],
  ['Australia/Lord_Howe', '2026-03-06T16:00', 3840],
  ['Asia/Kathmandu', '2026-03-06T16:00', 3840],
  ['UTC', '2026-03-06T16:00', 3840],
])(
  'windows in %s are read by another program at the instants at which the freeze stands, over both clock changes',
  (zone, start, minutes) => {
    const freeze = shown(zone, start, minutes, 'FREQ=WEEKLY;BYDAY=FR');
    const [from, to] = [Date.parse('2026-02-01T00:00:00Z'), Date.parse('2026-12-01T00:00:00Z')];
    const items = occurrences(freeze, from, to, NOW);
    const read = events(items);
    const spans = spansBetween(freeze.forms[0]!.when, from, to);
    expect(spans.length).toBeGreaterThan(30);
    expect(read.map((one) => [one.startDate.toUnixTime() * 1000, one.endDate.toUnixTime() * 1000])).toEqual(
      spans.map((span) => [span.from, span.until]),
    );
    expect(new Set(read.map((one) => one.uid)).size).toBe(spans.length);
    if (zone !== 'UTC') expect(text(items)).toContain(`DTSTART;TZID=${zone}:`);
  },
);

test('the past stays as it stood: a form that was changed shows its own windows, a window changed in its middle is one', () => {
  const form = (
    from: string | null,
    until: string | null,
    version: number,
    when: Shown['forms'][number]['when'],
  ): Shown['forms'][number] => ({
    when,
    scope: {},
    reason: 'r',
    ticket: 't',
    version,
    from,
    until,
  });
  const once = (from: string, until: string | null) => ({ kind: 'once' as const, from, until });
  const range = [Date.parse('2026-03-01T00:00:00Z'), Date.parse('2026-04-01T00:00:00Z')] as const;
  const at = (day: number): string => new Date(Date.UTC(2026, 2, day)).toISOString();
  const freeze = (forms: Shown['forms'], endedAt: string | null = null): Shown => ({
    id: 'frz_3',
    kind: 'deny',
    exempt: [],
    endedAt,
    overrides: [],
    forms,
  });
  const shortened = freeze([form(at(1), at(4), 1, once(at(2), at(10))), form(at(4), null, 2, once(at(2), at(6)))]);
  expect(occurrences(shortened, ...range, NOW).map((one) => [one.from, one.until, one.state])).toEqual([[at(2), at(6), 'past']]);
  const moved = freeze([form(at(1), at(4), 1, once(at(2), at(10))), form(at(4), null, 2, once(at(22), at(26)))]);
  expect(occurrences(moved, ...range, NOW).map((one) => [one.from, one.until, one.state])).toEqual([
    [at(2), at(4), 'past'],
    [at(22), at(26), 'planned'],
  ]);
  const ended = freeze([form(at(1), null, 1, once(at(2), null))], at(5));
  expect(occurrences(ended, ...range, NOW).map((one) => [one.from, one.until])).toEqual([[at(2), at(5)]]);
  expect(occurrences(freeze([form(at(1), null, 1, once(at(19), null))]), ...range, NOW)[0]).toMatchObject({
    until: null,
    state: 'standing',
  });
});

test.each(['a', 'é', '😀'])('a long line of %s is folded at 75 octets and not one later', (char) => {
  for (let length = 60; length < 80; length += 1) {
    const title = char.repeat(length * 3);
    const lines = text([item({ title })]).split('\r\n');
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
    expect(events([item({ title })])[0]?.summary).toBe(title);
  }
});
