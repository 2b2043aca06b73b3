import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';
import type { SignerKey } from './signer.port.ts';

export type SigningKeyRow = {
  readonly keyId: string;
  readonly publicKeyPem: string;
  readonly kind: 'file' | 'vault';
  readonly name: string;
  readonly createdAt: Instant;
  readonly revokedFrom: Instant | null;
  readonly revokedBy: string | null;
  readonly revokedReason: string | null;
};

const KEY = `select key_id as "keyId", public_key_pem as "publicKeyPem", kind, name, created_at as "createdAt",
  revoked_from as "revokedFrom", revoked_by as "revokedBy", revoked_reason as "revokedReason" from signing_key`;

/** All keys that evidence was ever signed with, oldest first. */
export async function signingKeys(tx: Tx): Promise<SigningKeyRow[]> {
  return tx.query<SigningKeyRow>(`${KEY} order by created_at, key_id`);
}

/** One of them, locked; null where there is none. */
export async function lockSigningKey(tx: Tx, keyId: string): Promise<SigningKeyRow | null> {
  return tx.maybe<SigningKeyRow>(`${KEY} where key_id = $1 for update`, [keyId]);
}

/** Notes a key before it is first used; false where it is known. */
export async function insertSigningKey(tx: Tx, key: SignerKey, kind: string): Promise<boolean> {
  const sql = `insert into signing_key (key_id, public_key_pem, kind, name, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`;
  return (await tx.write(sql, [key.keyId, key.publicKeyPem, kind, key.name, await tx.now()])) === 1;
}

/** Ends the worth of a key at an instant. An earlier one replaces it; a later one never does. */
export async function endSigningKey(
  tx: Tx,
  keyId: string,
  end: { readonly from: Instant; readonly by: string; readonly reason: string },
): Promise<boolean> {
  const sql = `update signing_key set revoked_from = $2, revoked_by = $3, revoked_reason = $4, version = version + 1
    where key_id = $1 and (revoked_from is null or revoked_from > $2)`;
  return (await tx.write(sql, [keyId, end.from, end.by, end.reason])) === 1;
}
