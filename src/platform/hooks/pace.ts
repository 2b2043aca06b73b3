import type { Millis } from '../../kernel/time.ts';

/** After the first word of a hook there is no pause to speak of; while it goes on, each is four times the one before. */
const FIRST_MS: Millis = 20;
const LONGEST_MS: Millis = 1000;
const MOST = 10_000;

/**
 * How often one hears of a hook that brings much: at once, and then ever more seldom, down to once a second, until it is
 * quiet for as long as its pause. What was heard meanwhile is told together. Times are milliseconds of any clock that only grows.
 */
export type Pace = {
  /** These hooks were told of. */
  told(hooks: Iterable<string>, now: Millis): void;
  /** Those that must wait. */
  held(now: Millis): readonly string[];
  /** Milliseconds until the next of them need not; null where none waits. */
  next(now: Millis): Millis | null;
};

export function makePace(): Pace {
  const last = new Map<string, { readonly until: Millis; readonly pause: Millis }>();
  return {
    told(hooks, now) {
      for (const hook of hooks) {
        const before = last.get(hook);
        const pause = before !== undefined && now < before.until + before.pause ? Math.min(LONGEST_MS, before.pause * 4) : FIRST_MS;
        last.delete(hook);
        last.set(hook, { until: now + pause, pause });
        if (last.size > MOST) last.delete(last.keys().next().value ?? '');
      }
    },
    held(now) {
      const held: string[] = [];
      for (const [hook, { until, pause }] of last) {
        if (now < until) held.push(hook);
        else if (now >= until + pause) last.delete(hook);
      }
      return held;
    },
    next(now) {
      const waits = [...last.values()].map(({ until }) => until - now).filter((ms) => ms > 0);
      return waits.length === 0 ? null : Math.min(...waits);
    },
  };
}
