import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { serviceById } from '../../catalog/catalog.queries.ts';
import { provenancesOf, type AttestedInput } from './judge.ts';
import { readJson, readSigned } from './kept.queries.ts';
import { recordedAttestations, standingKeys } from './recorded.queries.ts';
import { signerFor, type Answer, type RecorderIdentity, type Recorders, type SignedFor } from './signers.ts';

export type RecorderIdentityRow = RecorderIdentity & {
  readonly id: string;
  readonly services: string[] | null;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
};
export type SigstoreRootRow = {
  readonly id: string;
  readonly name: string;
  readonly document: Digest;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
};

const MADE = `created_by as "createdBy", created_at as "createdAt", revoked_at as "revokedAt"`;
const IDENTITY = `select id, name, issuer, subject, repository, services, ${MADE} from recorder_identity`;
const ROOT = `select id, name, document_digest as document, ${MADE} from sigstore_root`;

/** All identities, standing and revoked, by name. */
export async function recorderIdentities(tx: Tx): Promise<RecorderIdentityRow[]> {
  return tx.query<RecorderIdentityRow>(`${IDENTITY} order by name, created_at, id`);
}

export async function recorderIdentityById(tx: Tx, id: string): Promise<RecorderIdentityRow | null> {
  return tx.maybe<RecorderIdentityRow>(`${IDENTITY} where id = $1`, [id]);
}

/** All trust roots, standing and revoked, by name. */
export async function sigstoreRoots(tx: Tx): Promise<SigstoreRootRow[]> {
  return tx.query<SigstoreRootRow>(`${ROOT} order by name, created_at, id`);
}

export async function sigstoreRootById(tx: Tx, id: string): Promise<SigstoreRootRow | null> {
  return tx.maybe<SigstoreRootRow>(`${ROOT} where id = $1`, [id]);
}

/** What others signed about these bytes of a service, as it is stored. */
export async function attestedOf(tx: Tx, serviceId: string, digest: Digest): Promise<AttestedInput[]> {
  const rows = await recordedAttestations(tx, serviceId, digest);
  return Promise.all(
    rows.map(async ({ id, envelope: envelopeDigest }) => {
      const { envelope = null, bundle } = (await readSigned(tx, envelopeDigest)) ?? {};
      return { id, envelopeDigest, envelope, ...(bundle === undefined ? {} : { bundle }) };
    }),
  );
}

/**
 * Whose signatures count for a service (by name) now. Identities and trust roots are read only where one of the
 * statements is a Sigstore bundle: without one they decide nothing, and are no input.
 */
export async function recordersOf(tx: Tx, service: string, attested: readonly Pick<AttestedInput, 'bundle'>[]): Promise<Recorders> {
  const keys = await standingKeys(tx, service);
  if (!attested.some(({ bundle }) => bundle !== undefined)) return { keys, identities: [], roots: [] };
  const identities = (await recorderIdentities(tx))
    .filter((one) => one.revokedAt === null && (one.services === null || one.services.includes(service)))
    .map(({ name, issuer, subject, repository }) => ({ name, issuer, subject, repository }));
  const standing = (await sigstoreRoots(tx)).filter(({ revokedAt }) => revokedAt === null);
  const read = await Promise.all(standing.map(async ({ name, document }) => ({ name, root: await readJson(tx, document) })));
  return { keys, identities, roots: read.filter(({ root }) => root !== undefined) };
}

/** Who registered signed provenance of these bytes of a service (by id); the first by the order in which statements are judged. */
export async function provenanceSigner(tx: Tx, serviceId: string, digest: Digest): Promise<SignedFor | null> {
  const attested = await attestedOf(tx, serviceId, digest);
  const service = attested.length === 0 ? null : await serviceById(tx, serviceId);
  if (service === null) return null;
  const recorders = await recordersOf(tx, service.name, attested);
  return provenancesOf({ attested, digest, recorders, expectedSource: service.repository?.url ?? null })[0]?.signer ?? null;
}

export type HandedIn = {
  readonly id: string;
  readonly service: string;
  readonly predicateType: string;
  readonly envelope: Digest;
  readonly createdAt: Instant;
  readonly signer: Answer;
};

/** All that was handed in about these bytes of a service (by id), and who registered signed each. */
export async function handedIn(tx: Tx, serviceId: string, digest: Digest): Promise<HandedIn[]> {
  const rows = await recordedAttestations(tx, serviceId, digest);
  const service = rows.length === 0 ? null : await serviceById(tx, serviceId);
  if (service === null) return [];
  const attested = await attestedOf(tx, serviceId, digest);
  const recorders = await recordersOf(tx, service.name, attested);
  return rows.map(({ id, predicateType, envelope: name, createdAt }, at) => {
    const { envelope = null, bundle } = attested[at] ?? {};
    const signer: Answer =
      envelope === null
        ? { ok: false, why: 'its bytes can not be read' }
        : signerFor({ envelope, bundle }, digest, recorders, service.repository?.url ?? null);
    return { id, service: service.name, predicateType, envelope: name, createdAt, signer };
  });
}
