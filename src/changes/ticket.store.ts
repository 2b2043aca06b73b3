import type { Told } from '../kernel/told.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

export type Ticket = {
  readonly id: string;
  readonly system: string;
  readonly key: string;
  readonly title: string;
  readonly type: string | null;
  readonly state: 'open' | 'done' | 'rejected';
  readonly status: string | null;
  readonly fixVersion: string | null;
  readonly url: string | null;
  readonly told: Told;
  readonly changedAt: Instant;
};

export const TICKET_COLUMNS = `id, system, key, title, type, state, status, fix_version as "fixVersion", url, told, changed_at as "changedAt"`;

/** The ticket, locked against other words about it, or null; also where no row is there yet nobody else writes it meanwhile. */
export async function lockTicket(tx: Tx, system: string, key: string): Promise<Ticket | null> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 23))`, [[tx.org, system, key].join('\n')]);
  return tx.maybe<Ticket>(`select ${TICKET_COLUMNS} from ticket where org_id = $1 and system = $2 and key = $3 for update`, [
    tx.org,
    system,
    key,
  ]);
}

/** Writes a ticket as it is now. */
export async function saveTicket(tx: Tx, ticket: Ticket): Promise<void> {
  await tx.write(
    `insert into ticket (id, org_id, system, key, title, type, state, status, fix_version, url, told, changed_at, seen_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (org_id, system, key) do update set title = excluded.title, type = excluded.type, state = excluded.state, status = excluded.status,
       fix_version = excluded.fix_version, url = excluded.url, told = excluded.told, changed_at = excluded.changed_at, seen_at = excluded.seen_at,
       version = ticket.version + 1`,
    [
      ticket.id,
      tx.org,
      ticket.system,
      ticket.key,
      ticket.title,
      ticket.type,
      ticket.state,
      ticket.status,
      ticket.fixVersion,
      ticket.url,
      JSON.stringify(ticket.told),
      ticket.changedAt,
      await tx.now(),
    ],
  );
}
