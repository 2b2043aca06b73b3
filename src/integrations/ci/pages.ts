import type { Window } from './ci.ts';
import type { Instant } from '../../kernel/time.ts';

/**
 * A place in a listing that can be asked by time only, kept as text: windows of time from the newest to the oldest, and
 * the page in the one that is read. Where a window holds more than the other side lists, it is halved.
 */
export type Slot = { readonly from: Instant; readonly to: Instant; readonly page: number };

const DAY = 86_400_000;
/** The length of a window at first, and the least to which it is halved. */
const LENGTH = 7 * DAY;
const LEAST = 60_000;

/** Where reading goes on: a kept text, or the newest window where there is none (or one that we did not write). */
export function slotOf(window: Window, kept: string | null): Slot {
  const [from = '', to = '', page = ''] = kept?.split(' ') ?? [];
  if (isInstant(from) && isInstant(to) && /^\d{1,4}$/.test(page)) return { from, to, page: Number(page) };
  return { from: later(window.since, minus(window.until, LENGTH)), to: window.until, page: 1 };
}

export function textOf({ from, to, page }: Slot): string {
  return `${from} ${to} ${page}`;
}

/** Where to go on after a whole page (`more`) or the last page of a window; null: everything was read. */
export function nextSlot(window: Window, slot: Slot, more: boolean): Slot | null {
  if (more) return { ...slot, page: slot.page + 1 };
  if (slot.from <= window.since) return null;
  return { from: later(window.since, minus(slot.from, LENGTH)), to: slot.from, page: 1 };
}

/** The newer half of a window; null: it is too short to be halved, and what is beyond its list is lost to us. */
export function halved(slot: Slot): Slot | null {
  const length = Date.parse(slot.to) - Date.parse(slot.from);
  if (length <= LEAST) return null;
  return { from: minus(slot.to, Math.floor(length / 2)), to: slot.to, page: 1 };
}

function minus(instant: Instant, ms: number): Instant {
  return new Date(Date.parse(instant) - ms).toISOString();
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);
}
