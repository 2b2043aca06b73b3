import type { CalendarItem } from '../../../../src/contract/calendar.ts';

/** Days are days of the viewer: `2026-12-24`, by the clock on their wall. */
export type Day = string;

const DAY = 86_400_000;
const two = (n: number): string => String(n).padStart(2, '0');

export function dayOf(date: Date): Day {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Midnight at which a day begins here. */
export function startOf(day: Day): Date {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date);
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && dayOf(startOf(text)) === text;
}

export function addDays(day: Day, days: number): Day {
  const date = startOf(day);
  return dayOf(new Date(date.getFullYear(), date.getMonth(), date.getDate() + days));
}

export function addMonths(day: Day, months: number): Day {
  const date = startOf(day);
  return dayOf(new Date(date.getFullYear(), date.getMonth() + months, 1));
}

/** Monday of the week of a day. */
export function weekOf(day: Day): Day {
  return addDays(day, -((startOf(day).getDay() + 6) % 7));
}

/** The days that a view shows: whole weeks of a month, one week, or 31 days of an agenda. */
export function shownDays(view: string, day: Day): readonly Day[] {
  if (view === 'week') return Array.from({ length: 7 }, (_, index) => addDays(weekOf(day), index));
  if (view === 'agenda') return Array.from({ length: 31 }, (_, index) => addDays(day, index));
  const first = weekOf(addMonths(day, 0));
  const next = addMonths(day, 1);
  const days: Day[] = [];
  for (let at = first; at < next || days.length % 7 !== 0; at = addDays(at, 1)) days.push(at);
  return days;
}

/** Whether something happens on a day: it begins before the day ends and ends after it begins; a moment lies in it. */
export function isOn(item: Pick<CalendarItem, 'from' | 'until'>, day: Day): boolean {
  const begins = startOf(day).getTime();
  const ends = startOf(addDays(day, 1)).getTime();
  const from = Date.parse(item.from);
  const until = item.until === null ? Infinity : Date.parse(item.until);
  return from < ends && (until > begins || (until === from && from >= begins));
}

/** The same item so many days later, at the same time of the wall. */
export function movedBy(at: string, days: number): string {
  const date = new Date(at);
  return new Date(
    date.getFullYear(),
    date.getMonth(),
    date.getDate() + days,
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
    date.getMilliseconds(),
  ).toISOString();
}

/** Whole days from one to another. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((startOf(to).getTime() - startOf(from).getTime()) / DAY);
}

/** `2026-12-24T18:00` of the viewer, for a field of a form; empty for null. */
export function localOf(at: string | null): string {
  if (at === null) return '';
  const date = new Date(at);
  return `${dayOf(date)}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The instant that a field of a form means here; null where it means none. */
export function instantOf(local: string): string | null {
  const date = new Date(local);
  return local === '' || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
