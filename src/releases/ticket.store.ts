import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

export type TicketLook = {
  readonly keys: readonly string[];
  readonly absent: readonly string[];
  readonly knownAt: Instant | null;
  readonly error: string | null;
  readonly lookedAt: Instant;
};

/** What was found out about the tickets of a release; null: nobody has looked yet. */
export function ticketLook(tx: Tx, release: string): Promise<TicketLook | null> {
  return tx.maybe<TicketLook & Record<string, unknown>>(
    `select keys, absent, known_at as "knownAt", error, looked_at as "lookedAt" from release_ticket where release_id = $1`,
    [release],
  );
}

/** Keeps a look that found everything out. */
export async function saveLook(tx: Tx, release: string, keys: readonly string[], absent: readonly string[], at: Instant): Promise<void> {
  await tx.write(
    `insert into release_ticket (release_id, org_id, keys, absent, known_at, looked_at) values ($1, $2, $3, $4, $5, $5)
     on conflict (release_id) do update set keys = excluded.keys, absent = excluded.absent, known_at = excluded.known_at, error = null, looked_at = excluded.looked_at`,
    [release, tx.org, keys, absent, at],
  );
}

/** Keeps that a look did not find everything out. What was known before stays, and grows old. */
export async function saveFailedLook(tx: Tx, release: string, error: string, at: Instant): Promise<void> {
  await tx.write(
    `insert into release_ticket (release_id, org_id, keys, absent, error, looked_at) values ($1, $2, '{}', '{}', $3, $4)
     on conflict (release_id) do update set error = excluded.error, looked_at = excluded.looked_at`,
    [release, tx.org, error, at],
  );
}

/** Open releases of the last 30 days whose tickets were last looked at before `before`, or never; oldest look first. */
export function unlooked(tx: Tx, org: string, now: Instant, before: Instant, limit: number): Promise<{ id: string }[]> {
  return tx.query(
    `select release.id from release left join release_ticket t on t.release_id = release.id
     where release.org_id = $1 and release.state = 'open' and release.created_at > $2::timestamptz - interval '30 days'
       and (t.release_id is null or (t.looked_at < $3 and exists (select from deployment d where d.release_id = release.id and d.finished_at is null)))
     order by t.looked_at nulls first, release.created_at desc limit $4`,
    [org, now, before, limit],
  );
}
