import type { Floor, GitLogin } from '../../platform/floor.ts';
import { callerFor, connectionOf } from '../connections/caller.http.ts';
import { listRows } from '../connections/connection.store.ts';
import { refused } from '../connections/connections.problems.ts';
import type { Caller, Connection } from '../connections/vendor.ts';
import { forges } from '../forge-list.system.ts';
import { vendorOf } from '../vendors.ts';
import type { Forge } from './forge.ts';

/** Where a repository lies: at which connection, by which path. */
export type Place = { readonly connection: Connection; readonly forge: Forge; readonly path: string };

/** The connections that are forges, in the order of their names. */
export async function forgeConnections(floor: Floor, org: string): Promise<readonly { connection: Connection; forge: Forge }[]> {
  const rows = await floor.db.read(org, listRows);
  return rows.flatMap((row) => {
    const forge = forges.get(row.vendor);
    return forge === undefined ? [] : [{ connection: connectionOf(row), forge }];
  });
}

/**
 * The forge of a repository's git address: the connection at whose host it lies. Of several, one that works; then the
 * first by name. null: none is for it.
 */
export async function placeOf(floor: Floor, org: string, repository: string): Promise<Place | null> {
  const all = (await forgeConnections(floor, org)).flatMap((one) => {
    const path = one.forge.pathOf(one.connection, repository);
    return path === null ? [] : [{ ...one, path }];
  });
  return all.find(({ connection }) => connection.state !== 'refused') ?? all[0] ?? null;
}

/** Asks the connection of a place. */
export function callerAt(floor: Floor, place: Pick<Place, 'connection'>): Promise<Caller> {
  return callerFor(floor, place.connection.org, place.connection.id, vendorOf);
}

/** With what git signs in to a repository over https: the credential of the connection for it; null: there is none. */
export async function gitLogin(floor: Floor, org: string, repository: string): Promise<GitLogin | null> {
  const place = await placeOf(floor, org, repository);
  if (place === null) return null;
  if (place.connection.state === 'refused') throw refused({ name: place.connection.name, status: 401 });
  const caller = await callerAt(floor, place);
  return { user: place.forge.gitUser(place.connection), password: await caller.gitPassword() };
}
