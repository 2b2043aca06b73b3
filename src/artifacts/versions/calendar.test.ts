import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CalendarScheme } from './calendar.ts';
import { calendarVersionsOf, dateText, laterFirst, nextCalendarVersion, readScheme, schemeOfTags } from './calendar.ts';
import { DEFAULT_RULES } from './rules.ts';

const tagging = { service: 'shop', monorepo: false };
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const scheme = (text: string): CalendarScheme => readScheme(text) ?? expect.fail(text);
const id = (n: number): string => n.toString(16).padStart(40, '0');
const commits = [2, 1].map((n) => ({ id: id(n), parents: n === 1 ? [] : [id(1)], subject: 'docs: a', body: '' }));
const next = (text: string, day: string, tags: Record<string, number>, prerelease?: string) =>
  nextCalendarVersion(
    {
      tagging,
      commits,
      tags: Object.entries(tags).map(([name, n]) => ({ name, commit: id(n) })),
      rules: DEFAULT_RULES,
      now: at(day),
      ...(prerelease === undefined ? {} : { prerelease }),
    },
    scheme(text),
  );

test('schemes: what calver.org names, and nothing else', () => {
  for (const good of ['YYYY.MM.DD', 'YY.0M.MICRO', '0Y.0M', 'YYYY.0W.MICRO', 'YYYY.MICRO']) expect(readScheme(good), good).not.toBeNull();
  for (const bad of ['', 'MM.DD', 'MICRO.YYYY', 'YYYY.YY', 'YYYY.MICRO.MM', 'YYYY.FOO', 'YYYY..MM', '__proto__', 'MM.YYYY'])
    expect(readScheme(bad), bad).toBeNull();
});

test.each([
  ['YYYY.MM.DD', '2026-01-05', '2026.1.5'],
  ['YYYY.0M.0D', '2026-01-05', '2026.01.05'],
  ['YY.0M', '2026-11-28', '26.11'],
  ['0Y.MM', '2009-03-01', '09.3'],
  // ISO weeks belong to the year of their Thursday.
  ['YYYY.0W', '2027-01-01', '2026.53'],
  ['YYYY.WW', '2024-12-30', '2025.1'],
])('%s on %s is %s', (text, day, date) => {
  expect(dateText(scheme(text), at(day))).toBe(date);
});

test('the date, and a counter within it', () => {
  expect(next('YYYY.MM.MICRO', '2026-11-28', {})).toMatchObject({ next: '2026.11.0', tag: 'v2026.11.0', bump: 'calendar', from: null });
  expect(next('YYYY.MM.MICRO', '2026-11-28', { '2026.11.0': 1 })).toMatchObject({ next: '2026.11.1', tag: '2026.11.1' });
  expect(next('YYYY.MM.MICRO', '2026-12-01', { '2026.11.7': 1 }).next).toBe('2026.12.0');
  expect(next('YYYY.0M.0D', '2026-11-28', { '2026.11.28': 1 }).next).toBe('2026.11.28.1');
  expect(next('YYYY.MM.MICRO', '2026-11-28', { '2026.11.0': 2 })).toMatchObject({ next: null });
  expect(next('YYYY.MM.MICRO', '2026-11-28', { '2026.11.0': 1, '2026.11.1-rc.2': 1 }, 'rc').next).toBe('2026.11.1-rc.3');
});

test('order: by numbers, not by text; a pre-release before what it prepares', () => {
  const names = ['2026.2.10', '2026.2.9', '2026.10.0', '2025.12.1', '2026.2.10-rc.1', '2026.2.10-rc.10'];
  const found = calendarVersionsOf(
    names.map((name) => ({ name, commit: null })),
    tagging,
    scheme('YYYY.MM.MICRO'),
  );
  expect(found.map((tagged) => tagged.version)).toEqual([
    '2026.10.0',
    '2026.2.10',
    '2026.2.10-rc.10',
    '2026.2.10-rc.1',
    '2026.2.9',
    '2025.12.1',
  ]);
  const version = fc.tuple(fc.nat(3), fc.nat(3), fc.option(fc.nat(3))).map(([a, b, c]) => `${a}.${b}${c === null ? '' : `-rc.${c}`}`);
  fc.assert(fc.property(version, version, (a, b) => Math.sign(laterFirst(a, b)) + Math.sign(laterFirst(b, a)) === 0));
});

test('the scheme of tags is seen by their own dates; versions that only look like dates are none', () => {
  const tags = (...pairs: [string, string][]) => pairs.map(([name, day]) => ({ name, at: at(day) }));
  expect(schemeOfTags(tags(['2026.10.0', '2026-10-02'], ['2026.11.0', '2026-11-03'], ['2026.11.1', '2026-11-09']), tagging)?.text).toBe(
    'YYYY.MM.MICRO',
  );
  expect(schemeOfTags(tags(['v2026.09.02', '2026-09-02'], ['v2026.11.03', '2026-11-03']), tagging)?.text).toBe('YYYY.0M.0D');
  expect(schemeOfTags(tags(['26.09', '2026-09-02'], ['26.11', '2026-11-03']), tagging)?.text).toBe('YY.0M');
  expect(schemeOfTags(tags(['v26.9.0', '2021-01-02'], ['v26.11.0', '2022-11-03']), tagging)).toBeNull();
  expect(schemeOfTags(tags(['v1.0.0', '2026-01-02'], ['v1.1.0', '2026-11-03']), tagging)).toBeNull();
  expect(schemeOfTags(tags(['2026.10.0', '2026-10-02'], ['2026.11.0', '2026-11-03'], ['v1.0.0', '2026-11-20']), tagging)).toBeNull();
});
