import type { Digest } from '../../kernel/digest.ts';
import type { Told } from '../../kernel/told.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

/** Keeps that an envelope speaks of these bytes; false where it was told before. */
export async function insertRecordedAttestation(
  tx: Tx,
  row: {
    readonly service: string;
    readonly digest: Digest;
    readonly predicateType: string;
    readonly envelope: Digest;
    readonly told: Told;
  },
): Promise<string | null> {
  const id = tx.floor.newId('rat');
  const made = await tx.write(
    `insert into recorded_attestation (id, org_id, service_id, digest, predicate_type, envelope_digest, told, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (service_id, digest, envelope_digest) do nothing`,
    [id, tx.org, row.service, row.digest, row.predicateType, row.envelope, JSON.stringify(row.told), await tx.now()],
  );
  return made === 1 ? id : null;
}

/** Trusts a key; false where its name, or a standing key with these bytes, is there. */
export async function insertRecorderKey(
  tx: Tx,
  key: {
    readonly id: string;
    readonly name: string;
    readonly keyId: string;
    readonly publicKeyPem: string;
    readonly services: readonly string[] | null;
    readonly by: string;
    readonly at: Instant;
  },
): Promise<boolean> {
  const made = await tx.write(
    `insert into recorder_key (id, org_id, name, key_id, public_key_pem, services, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [key.id, tx.org, key.name, key.keyId, key.publicKeyPem, key.services, key.by, key.at],
  );
  return made === 1;
}

/** Trusts a key no more; false where it was revoked before. */
export async function revokeKey(tx: Tx, id: string, at: Instant): Promise<boolean> {
  return (
    (await tx.write(`update recorder_key set revoked_at = $2, version = version + 1 where id = $1 and revoked_at is null`, [id, at])) === 1
  );
}
