import type { Actor } from '../kernel/actor.ts';
import { digestOf, digestOfValue } from '../kernel/digest.ts';
import { toldBy } from '../kernel/told.ts';
import type { Tx } from '../platform/floor.ts';
import { ticketTold } from './changes.events.ts';
import { lockTicket, saveTicket, type Ticket } from './ticket.store.ts';

/**
 * Keeps how a ticket stands, as its system (a connection of ours, actor `system`) or somebody with a token tells it. An
 * older word changes nothing; nor does that of a token where a connection reads the ticket itself.
 */
export async function keepTicket(
  tx: Tx,
  actor: Actor,
  said: Omit<Ticket, 'id' | 'told'>,
): Promise<{ readonly ticket: Ticket; readonly fresh: boolean }> {
  const before = await lockTicket(tx, said.system, said.key);
  const told = toldBy(actor);
  const changedAt = new Date(said.changedAt).toISOString();
  if (before !== null) {
    const outranked = before.told.via === 'machine' && told.via !== 'machine';
    const meaning = ({ title, type, state, status, fixVersion, url }: Omit<Ticket, 'id' | 'told'>): string =>
      digestOfValue({ title, type, state, status, fixVersion, url });
    if (outranked || changedAt < before.changedAt || meaning(before) === meaning(said)) return { ticket: before, fresh: false };
  }
  const ticket: Ticket = { ...said, changedAt, id: before?.id ?? tx.floor.newId('tkt'), told };
  await saveTicket(tx, ticket);
  const { system, key, type, state, status, fixVersion, title } = ticket;
  const body = { system, key, type, state, status, fixVersion, titleDigest: digestOf(title), told };
  await tx.record(ticketTold, { subject: ticket.id, actor, body });
  return { ticket, fresh: true };
}
