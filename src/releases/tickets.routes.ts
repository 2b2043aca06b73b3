import * as contract from '../contract/release-tickets.ts';
import { ticketsByKey } from '../changes/tickets.queries.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { mustRelease } from './releases.queries.ts';
import { ticketLook } from './ticket.store.ts';
import { keysOfRelease } from './tickets.api.ts';

/** What a release was made for. */
export const releaseTicketsRoute: Mounted = mount(contract.releaseTickets, async ({ tx, params }) => {
  const release = await mustRelease(tx, params.release);
  const look = await ticketLook(tx, release.id);
  const { named, complete } = await keysOfRelease(tx, release);
  const rows = await ticketsByKey(tx, [...named.keys()]);
  const items = [...named].flatMap(([key, commits]) => {
    const tickets = rows.filter((row) => row.key === key).map((row) => ({ ...row, id: row.id as `tkt_${string}` }));
    return tickets.length === 0 && look?.absent.includes(key) !== true ? [] : [{ key, tickets, commits: [...commits] }];
  });
  return { knownAt: look?.knownAt ?? null, error: look?.error ?? null, items, complete };
});
