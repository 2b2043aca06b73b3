import { keepTicket } from '../changes/tickets.api.ts';
import { ticketsByKey } from '../changes/tickets.queries.ts';
import type { TicketPlaces } from '../integrations/tickets/tickets.port.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { unlooked } from '../releases/ticket.store.ts';
import { keepLook, keysOfRelease, repositoryOf } from '../releases/tickets.api.ts';

/** What readers of trackers see of releases and changes. */
export const ticketPlaces: TicketPlaces = {
  async release(tx, id) {
    const release = await releaseById(tx, id);
    if (release === null) return null;
    const { named, complete } = await keysOfRelease(tx, release);
    const keys = [...named.keys()];
    const told = (await ticketsByKey(tx, keys)).map((one) => one.key);
    return { keys, complete, repository: await repositoryOf(tx, release), told };
  },
  keep: async (tx, actor, word) => void (await keepTicket(tx, actor, word)),
  async done(tx, actor, id, found) {
    const release = await releaseById(tx, id);
    if (release !== null) await keepLook(tx, actor, release, found);
  },
  due: async (tx, org, now, before) => (await unlooked(tx, org, now, before, 20)).map(({ id }) => id),
};
