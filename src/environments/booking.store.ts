import type { Instant } from '../kernel/time.ts';
import type { Row, Tx } from '../platform/floor.ts';
import type { Booking } from './booking.ts';

const COLUMNS = `id, environment_id as "environmentId", service_id as "serviceId", owner_id as owner, reason, starts_at as "from", ends_at as until,
  ended_at as "endedAt", version, created_at as "createdAt"`;

/** One booker of an environment at a time, until the end of the transaction: two may not book the same hour. */
export async function lockBookings(tx: Tx, environmentId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('booking:' || $1, 0))`, [environmentId]);
}

/** Bookings of an environment that are not over at `now`, by their beginning. */
export async function standingBookings(tx: Tx, environmentId: string, now: Instant): Promise<Booking[]> {
  return tx.query<Booking & Row>(
    `select ${COLUMNS} from booking where environment_id = $1 and ended_at is null and ends_at > $2 order by starts_at, id`,
    [environmentId, now],
  );
}

/** A booking, locked, or null. */
export async function lockBooking(tx: Tx, id: string): Promise<Booking | null> {
  return tx.maybe<Booking & Row>(`select ${COLUMNS} from booking where id = $1 for update`, [id]);
}

export async function insertBooking(tx: Tx, booking: Booking): Promise<void> {
  const { id, environmentId, serviceId, owner, reason, from, until, createdAt } = booking;
  await tx.write(
    `insert into booking (id, org_id, environment_id, service_id, owner_id, reason, starts_at, ends_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, tx.org, environmentId, serviceId, owner, reason, from, until, createdAt],
  );
}

/** Gives a booking back; false where it was changed meanwhile. */
export async function markBookingEnded(tx: Tx, booking: Booking, at: Instant, by: string): Promise<boolean> {
  const { id, version } = booking;
  return (
    (await tx.write(`update booking set ended_at = $3, ended_by = $4, version = version + 1 where id = $1 and version = $2`, [
      id,
      version,
      at,
      by,
    ])) === 1
  );
}
