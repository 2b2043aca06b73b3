import type { Tx } from '../../platform/floor.ts';
import { personsByEmail } from '../identity.queries.ts';
import { comparable, type NameRole } from './login.ts';
import { countUnmapped } from './mapping.store.ts';
import { personOfLogin } from './login.queries.ts';

/** Names that are kept for an admin to look at; more are as unknown as these, and are not listed. */
const MOST = 10_000;

/** A name as a fact brought it: an address (`host` null) or a login at a host. */
export type Seen = { readonly host: string | null; readonly value: string; readonly name?: string | null; readonly role: NameRole };

/**
 * Counts those of these names that map to nobody, for the page where somebody maps them. Call it where a name is met, in
 * the transaction that keeps it; each name counts once a call.
 */
export async function noteUnmapped(tx: Tx, names: readonly Seen[]): Promise<void> {
  const once = new Map<string, Seen & { host: string; value: string }>();
  for (const one of names) {
    const [host, value] = [one.host === null ? '' : comparable(one.host), comparable(one.value)];
    if (host !== null && value !== null) once.set(`${host} ${value}`, { ...one, host, value });
  }
  if (once.size === 0) return;
  const emails = [...once.values()].filter(({ host }) => host === '').map(({ value }) => value);
  const known = await personsByEmail(tx, emails);
  const at = await tx.now();
  // In one order, so that two who count the same names don't wait for each other in a circle.
  for (const [, { host, value, name, role }] of [...once].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    const mapped = host === '' ? known.has(value) : (await personOfLogin(tx, { host, login: value })) !== null;
    if (!mapped) await countUnmapped(tx, { host, value, name: name?.slice(0, 200) ?? null, role, at }, MOST);
  }
}
