import type { Missing, Read, Reason, Verdict } from '../kernel/decision.ts';
import { earliest as first, type Instant } from '../kernel/time.ts';

/** A booking of the place, as readiness reads it. `own`: its owner asked for this release. */
export type Kept = {
  readonly id: string;
  readonly owner: string;
  readonly from: Instant;
  readonly until: Instant;
  readonly own: boolean;
};

export type BookedPart = {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly missing?: Missing;
  readonly read: Read;
  readonly earliest: Instant | null;
};

/**
 * What the bookings of an environment say at `now`: one that stands holds every release but its owner's, until it ends.
 * An answer holds no longer than to the beginning of the next one (`notAfter`).
 */
export function booked(
  bookings: readonly Kept[],
  now: Instant,
): { readonly parts: readonly BookedPart[]; readonly notAfter: Instant | null } {
  const standing = bookings.filter((one) => one.from <= now && now < one.until);
  const coming = bookings.filter((one) => !one.own && one.from > now);
  return { parts: standing.map(partOf), notAfter: first(coming.map((one) => one.from)) };
}

function partOf({ id, owner, until, own }: Kept): BookedPart {
  const read = { kind: 'booking', id, digest: null };
  if (own)
    return {
      verdict: 'allow',
      reason: { code: 'readiness.booked-for-this', text: `The environment is booked until ${until} by who asked for this release.` },
      read,
      earliest: null,
    };
  return {
    verdict: 'wait',
    reason: { code: 'readiness.booked', text: `The environment is booked until ${until} by ${owner}.` },
    missing: { what: `the booking ${id} given back`, who: [owner] },
    read,
    earliest: until,
  };
}
