import { between, plus, type Instant, type Millis } from '../../kernel/time.ts';

/** When a place is asked again. */
const MINUTE: Millis = 60_000;
const SOON: Millis = 90_000;
const USUAL: Millis = 5 * MINUTE;
const QUIET: Millis = 30 * MINUTE;
const DAY: Millis = 24 * 60 * MINUTE;
/** A listing is asked again this far back, so that what was late in it is not missed. */
export const OVERLAP: Millis = 10 * MINUTE;
/** How far back a first look goes where no backfill was asked for. */
export const FIRST_LOOK: Millis = DAY;
/** Runs of a past whose jobs are asked for at a place of which the listing says the rest; jobs of older ones come when somebody looks. */
export const JOBS_OF_PAST = 200;
export const BACKFILL_DAYS = 90;

export type Standing = { readonly filling: boolean; readonly open: number; readonly left: boolean; readonly newest: Instant | null };

/** The next look: at once while there is a past to read, soon while runs are under way, seldom where nothing happens. */
export function nextLook(standing: Standing, now: Instant): Instant {
  if (standing.filling || standing.left) return now;
  if (standing.open > 0) return plus(now, SOON);
  const still = standing.newest === null ? Infinity : between(standing.newest, now);
  return plus(now, still > 30 * DAY ? QUIET : USUAL);
}

/** The next try after so many failures in a row: 1, 2, 4 ... minutes, an hour at most. */
export function nextTry(failures: number, now: Instant): Instant {
  return plus(now, Math.min(60, 2 ** Math.min(failures, 10)) * MINUTE);
}

/** How much of a backfill is done, from 0 to 1: by how far back in time it got. */
export function progressOf(fill: {
  readonly since: Instant;
  readonly until: Instant;
  readonly reached: Instant | null;
  readonly done: boolean;
}): number {
  if (fill.done) return 1;
  if (fill.reached === null) return 0;
  const whole = between(fill.since, fill.until);
  return whole <= 0 ? 0 : Math.min(0.99, Math.max(0, Math.round((between(fill.reached, fill.until) / whole) * 100) / 100));
}
