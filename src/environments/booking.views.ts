import type { BookingView } from '../contract/environments.ts';
import type { Instant } from '../kernel/time.ts';
import type { Row, Tx } from '../platform/floor.ts';
import { stateOf } from './booking.ts';

type Line = Omit<BookingView, 'owner' | 'state'> & { ownerId: string; ownerName: string; endedAt: Instant | null };

const VIEW = `
  select booking.id, environment.name as environment, service.name as service, owner_id as "ownerId", person.name as "ownerName", reason,
    starts_at as "from", ends_at as until, ended_at as "endedAt"
  from booking join environment on environment.id = environment_id join person on person.id = owner_id left join service on service.id = service_id`;

/** Bookings that are not over, by their beginning; with names. `services` null: of all services, and of whole environments always. */
export async function bookingViews(
  tx: Tx,
  filter: { readonly environment: string | null; readonly services: readonly string[] | null },
): Promise<BookingView[]> {
  const now = await tx.now();
  const rows = await tx.query<Line & Row>(
    `${VIEW} where booking.ended_at is null and ends_at > $1 and ($2::text is null or environment.name = $2)
       and ($3::text[] is null or service_id is null or service_id = any($3))
     order by starts_at, booking.id limit 1000`,
    [now, filter.environment, filter.services],
  );
  return rows.map((row) => viewOf(row, now));
}

/** One booking, also one that is over. */
export async function bookingView(tx: Tx, id: string): Promise<BookingView> {
  return viewOf(await tx.one<Line & Row>(`${VIEW} where booking.id = $1`, [id]), await tx.now());
}

function viewOf({ ownerId, ownerName, endedAt, ...row }: Line, now: Instant): BookingView {
  return { ...row, owner: { id: ownerId, name: ownerName }, state: stateOf({ ...row, endedAt }, now) };
}
