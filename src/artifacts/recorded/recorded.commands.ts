import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { serviceByName } from '../../catalog/catalog.queries.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import { canonicalBytes, type Json } from '../../kernel/canonical.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Envelope } from '../../kernel/dsse.ts';
import { toldBy } from '../../kernel/told.ts';
import type { Tx } from '../../platform/floor.ts';
import { notFound } from '../../platform/platform.problems.ts';
import { attestationRecorded, recorderKeyAdded, recorderKeyRevoked } from '../artifacts.events.ts';
import { badEnvelope, badKey, keyNameTaken, noSuchKey, tooManyAttestations } from '../artifacts.problems.ts';
import { envelopeOfBundle, readForeign } from './foreign.ts';
import { MOST_OF_ARTIFACT, recordedAttestations, recorderKeyById, type RecorderKeyRow } from './recorded.queries.ts';
import { insertRecordedAttestation, insertRecorderKey, revokeKey } from './recorded.store.ts';
import { recordersOf } from './recorders.queries.ts';
import { signerFor, type Answer, type Signed } from './signers.ts';

export type KeptAttestation = {
  readonly digests: readonly Digest[];
  readonly predicateType: string;
  readonly fresh: boolean;
  readonly signer: Answer;
};

/** An envelope, or the text of a Sigstore bundle around one. */
export type Handed = { readonly envelope: Envelope } | { readonly bundle: string };

/**
 * Keeps a signed statement of somebody else, bound to every digest that it names. Whether a registered key or identity
 * signed it is told here and judged anew by each decision: who is trusted later counts, and who is revoked does not.
 */
export async function recordAttestation(tx: Tx, actor: Actor, input: { readonly service: string } & Handed): Promise<KeptAttestation> {
  const service = await serviceByName(tx, input.service);
  if (service === null) throw notFound({ what: `service ${input.service}` });
  const signed = signedOf(input);
  const statement = readForeign(signed.envelope);
  if (typeof statement === 'string') throw badEnvelope({ why: statement });
  const { digest: envelope } = await tx.floor.blobs.put(canonicalBytes(signed.bundle ?? signed.envelope));
  const recorders = await recordersOf(tx, service.name, [signed]);
  const signer = signerFor(signed, statement.digests[0] as Digest, recorders, service.repository?.url ?? null);
  const told = toldBy(actor);
  let fresh = false;
  for (const digest of statement.digests) {
    const { predicateType } = statement;
    const there = await recordedAttestations(tx, service.id, digest);
    // A flood must not push out of sight what denies; what is there already may be told again.
    if (there.length >= MOST_OF_ARTIFACT && !there.some((one) => one.envelope === envelope))
      throw tooManyAttestations({ digest, most: MOST_OF_ARTIFACT });
    const id = await insertRecordedAttestation(tx, { service: service.id, digest, predicateType, envelope, told });
    if (id === null) continue;
    fresh = true;
    const body = {
      digest,
      predicateType,
      envelope,
      key: signer.ok && signer.by.kind === 'key' ? signer.by.keyId : null,
      ...signedByOf(signer),
      told,
    };
    await tx.record(attestationRecorded, { subject: service.id, actor, service: service.id, body });
  }
  return { digests: statement.digests, predicateType: statement.predicateType, fresh, signer };
}

/** The identity for the fact; left out where a key signed, or nobody registered. */
function signedByOf(signer: Answer): { identity?: { name: string; subject: string; issuer: string; repository: string | null } } {
  if (!signer.ok || signer.by.kind === 'key') return {};
  const { name, subject, issuer, repository } = signer.by;
  return { identity: { name, subject, issuer, repository } };
}

function signedOf(input: Handed): Signed {
  if ('envelope' in input) return { envelope: input.envelope };
  let value: unknown;
  try {
    value = JSON.parse(input.bundle);
    // What has no canonical form could not be kept by one digest.
    canonicalBytes(value as Json);
  } catch {
    throw badEnvelope({ why: 'the bundle is no JSON that has one meaning' });
  }
  const envelope = envelopeOfBundle(value);
  if (envelope === null) throw badEnvelope({ why: 'it is no Sigstore bundle of a DSSE envelope with one signature' });
  return { envelope, bundle: value as object };
}

/** Trusts a public key to sign attestations of recorded builds, of the services named (null: all). */
export async function addRecorderKey(
  tx: Tx,
  actor: Actor,
  input: { readonly name: string; readonly publicKey: string; readonly services: readonly string[] | null },
): Promise<RecorderKeyRow> {
  const key = publicKeyOf(input.publicKey);
  const der = key.export({ type: 'spki', format: 'der' });
  const keyId = createHash('sha256').update(der).digest('hex');
  const publicKeyPem = key.export({ type: 'spki', format: 'pem' }).toString();
  const id = tx.floor.newId('rky');
  const row = { id, name: input.name, keyId, publicKeyPem, services: input.services, by: actorLabel(actor), at: await tx.now() };
  if (!(await insertRecorderKey(tx, row))) throw keyNameTaken({ name: input.name });
  await tx.record(recorderKeyAdded, {
    subject: id,
    actor,
    body: { name: input.name, key: keyId, services: input.services === null ? null : [...input.services] },
  });
  return found(await recorderKeyById(tx, id), id);
}

/** What this key signed proves nothing from now on. Repeated, it changes nothing. */
export async function revokeRecorderKey(tx: Tx, actor: Actor, id: string): Promise<RecorderKeyRow> {
  const key = found(await recorderKeyById(tx, id), id);
  if (await revokeKey(tx, id, await tx.now()))
    await tx.record(recorderKeyRevoked, { subject: id, actor, body: { name: key.name, key: key.keyId } });
  return found(await recorderKeyById(tx, id), id);
}

function publicKeyOf(pem: string): KeyObject {
  if (!/^-----BEGIN PUBLIC KEY-----\s/.test(pem.trim())) throw badKey({ why: 'it does not begin with -----BEGIN PUBLIC KEY-----' });
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw badKey({ why: 'it can not be read' });
  }
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const fits = key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyType === 'ec' && curve === 'prime256v1');
  if (!fits)
    throw badKey({ why: `it is a key of the kind ${key.asymmetricKeyType ?? 'unknown'}${curve === undefined ? '' : ` on ${curve}`}` });
  return key;
}

function found(row: RecorderKeyRow | null, id: string): RecorderKeyRow {
  if (row === null) throw noSuchKey({ key: id });
  return row;
}
