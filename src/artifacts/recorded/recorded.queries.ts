import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { RecorderKey } from './foreign.ts';

export type RecordedAttestation = {
  readonly id: string;
  readonly digest: Digest;
  readonly predicateType: string;
  readonly envelope: Digest;
  readonly createdAt: Instant;
};

/** How many statements are taken about one artifact of a service. */
export const MOST_OF_ARTIFACT = 50;

/** What others signed about these bytes of a service, in an order that does not depend on when it came. */
export async function recordedAttestations(tx: Tx, serviceId: string, digest: Digest): Promise<RecordedAttestation[]> {
  return tx.query<RecordedAttestation>(
    `select id, digest, predicate_type as "predicateType", envelope_digest as envelope, created_at as "createdAt" from recorded_attestation
     where service_id = $1 and digest = $2 order by envelope_digest limit $3`,
    // Never fewer than are taken, also where several came at once: what is not read can't contradict.
    [serviceId, digest, MOST_OF_ARTIFACT * 4],
  );
}

export type RecorderKeyRow = {
  readonly id: string;
  readonly name: string;
  readonly keyId: string;
  readonly publicKeyPem: string;
  readonly services: string[] | null;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
};

const KEY = `select id, name, key_id as "keyId", public_key_pem as "publicKeyPem", services, created_by as "createdBy", created_at as "createdAt", revoked_at as "revokedAt" from recorder_key`;

/** All keys, standing and revoked, by name. */
export async function recorderKeys(tx: Tx): Promise<RecorderKeyRow[]> {
  return tx.query<RecorderKeyRow>(`${KEY} order by name`);
}

export async function recorderKeyById(tx: Tx, id: string): Promise<RecorderKeyRow | null> {
  return tx.maybe<RecorderKeyRow>(`${KEY} where id = $1`, [id]);
}

/** The keys whose signatures count for a service (by name) now. */
export async function standingKeys(tx: Tx, service: string): Promise<RecorderKey[]> {
  return (await recorderKeys(tx))
    .filter((key) => key.revokedAt === null && (key.services === null || key.services.includes(service)))
    .map(({ name, keyId, publicKeyPem }) => ({ name, keyId, publicKeyPem }));
}
