import type { Tx } from '../platform/floor.ts';
import { TICKET_COLUMNS, type Ticket } from './ticket.store.ts';

export type { Ticket } from './ticket.store.ts';

/** The tickets with these keys, of whichever system, by system and key. */
export async function ticketsByKey(tx: Tx, keys: readonly string[]): Promise<Ticket[]> {
  return tx.query<Ticket>(`select ${TICKET_COLUMNS} from ticket where org_id = $1 and key = any($2) order by system, key`, [tx.org, keys]);
}

export type TicketFilter = {
  readonly system: string | null;
  readonly keys: readonly string[] | null;
  readonly state: string | null;
  /** The id of the last one shown; an unknown one has nothing after it. */
  readonly after: string | null;
  readonly limit: number;
};

/** Tickets by system and key, a page at a time. */
export async function listTicketRows(tx: Tx, filter: TicketFilter): Promise<Ticket[]> {
  return tx.query<Ticket>(
    `select ${TICKET_COLUMNS} from ticket where ($1::text is null or system = $1) and ($2::text[] is null or key = any($2)) and ($3::text is null or state = $3)
       and ($4::text is null or (system, key) > (select system, key from ticket where id = $4)) order by system, key limit $5`,
    [filter.system, filter.keys, filter.state, filter.after, filter.limit],
  );
}
