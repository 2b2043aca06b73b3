/** Wall-clock times and the instants they stand for. A wall time is milliseconds as if the clock on the wall were UTC. */
export type WallMs = number;

/** Whether this machine's time zone database knows `zone`. Links and offsets such as `+02:00` are not names. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/.test(zone)) return false;
  try {
    return formatter(zone) !== null;
  } catch {
    return false;
  }
}

/**
 * The instant (epoch ms) of a wall time in `zone`, after RFC 5545 section 3.3.5: a time that occurs twice means the first,
 * one that never occurs is read with the offset from before the gap (so 02:30 becomes 03:30). A freeze is never
 * skipped because its start falls into a gap.
 */
export function instantOf(wall: WallMs, zone: string): number {
  const before = wall - offsetAt(wall - DAY, zone);
  const after = wall - offsetAt(wall + DAY, zone);
  if (wallOf(before, zone) === wall) return before;
  return wallOf(after, zone) === wall ? after : before;
}

/** What the clock on the wall in `zone` shows at an instant (epoch ms). */
export function wallOf(instant: number, zone: string): WallMs {
  return instant + offsetAt(instant, zone);
}

const DAY = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  // Bounded: names come from people, and a formatter is large.
  if (formatters.size >= 500) formatters.clear();
  formatters.set(zone, made);
  return made;
}

/** The offset of `zone` from UTC in ms at an instant. */
function offsetAt(instant: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter(zone).formatToParts(instant)) if (type !== 'literal') parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  return shown - Math.floor(instant / 1000) * 1000;
}
