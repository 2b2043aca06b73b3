import { actorLabel, personBehind, type Actor } from '../kernel/actor.ts';
import { between, type Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import { LONGEST_BOOKING, overlap, samePlace, stateOf, type Booking } from './booking.ts';
import { insertBooking, lockBooking, lockBookings, markBookingEnded, standingBookings } from './booking.store.ts';
import { bookingEnded, environmentBooked } from './environments.events.ts';
import { alreadyBooked, bookingOver, noSuchBooking, ownerNeeded, wrongSpan } from './environments.problems.ts';

export type NewBooking = {
  readonly environmentId: string;
  readonly serviceId: string | null;
  readonly reason: string;
  /** null: now. */
  readonly from: Instant | null;
  readonly until: Instant;
};

/** Books an environment (or a service in it) for the person who asks. Two bookings never keep the same place at once. */
export async function book(tx: Tx, actor: Actor, input: NewBooking): Promise<Booking> {
  const owner = personBehind(actor);
  if (owner === null) throw ownerNeeded({});
  await lockBookings(tx, input.environmentId);
  const now = await tx.now();
  const asked = input.from === null ? now : new Date(input.from).toISOString();
  const from = asked < now ? now : asked;
  const until = new Date(input.until).toISOString();
  if (until <= from) throw wrongSpan({ why: 'it ends before it begins' });
  if (between(from, until) > LONGEST_BOOKING) throw wrongSpan({ why: 'it is longer than 14 days' });
  const { environmentId, serviceId, reason } = input;
  const booking: Booking = {
    id: tx.floor.newId('bkg'),
    environmentId,
    serviceId,
    owner,
    reason,
    from,
    until,
    endedAt: null,
    version: 1,
    createdAt: now,
  };
  const other = (await standingBookings(tx, environmentId, now)).find((one) => samePlace(one, booking) && overlap(one, booking));
  if (other !== undefined) throw alreadyBooked({ booking: other.id, from: other.from, until: other.until });
  await insertBooking(tx, booking);
  const body = { environment: environmentId, service: serviceId, owner, from, until };
  await tx.record(environmentBooked, { subject: booking.id, actor, service: serviceId, body });
  return booking;
}

/** Gives a booking back before its end. Somebody else's only where `mustOthers` lets it: it throws the problem where not. */
export async function endBooking(tx: Tx, actor: Actor, id: string, mustOthers: (booking: Booking) => Promise<void>): Promise<Booking> {
  const booking = await lockBooking(tx, id);
  if (booking === null) throw noSuchBooking({ id });
  if (booking.owner !== personBehind(actor)) await mustOthers(booking);
  const now = await tx.now();
  if (stateOf(booking, now) === 'over') throw bookingOver({ id });
  if (!(await markBookingEnded(tx, booking, now, actorLabel(actor)))) throw stale({ what: `the booking ${id}` });
  const { environmentId: environment, serviceId: service } = booking;
  await tx.record(bookingEnded, { subject: id, actor, service, body: { environment, service } });
  return { ...booking, endedAt: now, version: booking.version + 1 };
}
