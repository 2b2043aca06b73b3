import type { Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { countSealed, lockSealed, reseal, type ConnectionRow } from './connection.store.ts';
import type { Credential } from './vendor.ts';

/** One data key for the credentials of all connections. */
const SCOPE = 'connections';
const place = (org: string, id: string): string => `connection:${org}:${id}`;

/** Seals the fields of a credential as one value; none: null. */
export async function sealCredential(tx: Tx, id: string, credential: Credential): Promise<Uint8Array | null> {
  return Object.keys(credential).length === 0 ? null : tx.floor.secrets.seal(tx, SCOPE, JSON.stringify(credential), place(tx.org, id));
}

/** Opens a credential for one use. */
export async function openCredential(tx: Tx, row: Pick<ConnectionRow, 'id' | 'org' | 'sealed'>): Promise<Credential> {
  return row.sealed === null ? {} : (JSON.parse(await tx.floor.secrets.open(tx, row.sealed, place(row.org, row.id))) as Credential);
}

/** Where the credentials of connections lie, for the rotation of their keys. */
export const connectionColumn: SealedColumn = {
  name: 'connection.sealed',
  count: countSealed,
  async find(tx, head, limit) {
    return (await lockSealed(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row.id),
      scope: SCOPE,
      save: (inner, sealed) => reseal(inner, row.id, sealed),
    }));
  },
};
