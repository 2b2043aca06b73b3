import type { Instant } from '../kernel/time.ts';

/** An environment, or one service in it, kept for a person: only what its owner asked for is deployed there meanwhile. */
export type Booking = {
  readonly id: string;
  readonly environmentId: string;
  /** Null: all services. */
  readonly serviceId: string | null;
  /** The person that it is kept for. */
  readonly owner: string;
  readonly reason: string;
  readonly from: Instant;
  readonly until: Instant;
  readonly endedAt: Instant | null;
  readonly version: number;
  readonly createdAt: Instant;
};

/** Nobody books longer than this at once, in milliseconds: a forgotten booking ends by itself. */
export const LONGEST_BOOKING = 14 * 86_400_000;

export type BookingState = 'planned' | 'active' | 'over';

/** Where a booking stands at `now`. */
export function stateOf(booking: Pick<Booking, 'from' | 'until' | 'endedAt'>, now: Instant): BookingState {
  if (booking.endedAt !== null || booking.until <= now) return 'over';
  return booking.from <= now ? 'active' : 'planned';
}

/** Whether two spans of time share an instant; where one ends the other may begin. */
export function overlap(a: Pick<Booking, 'from' | 'until'>, b: Pick<Booking, 'from' | 'until'>): boolean {
  return a.from < b.until && b.from < a.until;
}

/** Whether two bookings keep the same place: of the whole environment, or of the same service in it. */
export function samePlace(a: Pick<Booking, 'serviceId'>, b: Pick<Booking, 'serviceId'>): boolean {
  return a.serviceId === null || b.serviceId === null || a.serviceId === b.serviceId;
}
