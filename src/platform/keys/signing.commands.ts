import { actorLabel, system, type Actor } from '../../kernel/actor.ts';
import { pae, type DatedKey, type Envelope } from '../../kernel/dsse.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Floor, Tx } from '../floor.ts';
import { signingKeyAdded, signingKeyRevoked } from './keys.events.ts';
import { noSuchSigningKey, revokedInFuture, signingKeyCurrent, signingKeyEnded, signingKeyOfInstance } from './keys.problems.ts';
import type { SignerKey } from './signer.port.ts';
import { endSigningKey, insertSigningKey, lockSigningKey, signingKeys, type SigningKeyRow } from './signing.store.ts';

/** Seals a payload as evidence: signed with the current key, which is noted before anything signed with it is. Never inside a transaction. */
export async function sealEvidence(floor: Floor, payloadType: string, payload: Uint8Array): Promise<Envelope & { readonly keyId: string }> {
  const key = await floor.signer.current();
  await noteKey(floor, key, system(floor.org, 'signing'));
  const signature = await floor.signer.sign(key, pae(payloadType, payload));
  const signatures = [{ keyid: key.keyId, sig: Buffer.from(signature).toString('base64') }];
  return { payloadType, payload: Buffer.from(payload).toString('base64'), signatures, keyId: key.keyId };
}

/** Notes a key and its fact at its first use. Throws `platform.signing-key-ended` where the key's worth has ended: nothing is signed with it. */
async function noteKey(floor: Floor, key: SignerKey, actor: Actor): Promise<void> {
  const known = (await floor.db.read('*', signingKeys)).find(({ keyId }) => keyId === key.keyId);
  if (known?.revokedFrom != null) throw signingKeyEnded({ key: key.keyId });
  if (known !== undefined) return;
  await floor.db.tx(floor.org, async (tx) => {
    if (!(await insertSigningKey(tx, key, floor.signer.kind))) return;
    const body = { key: key.keyId, kind: floor.signer.kind, name: key.name };
    await tx.record(signingKeyAdded, { subject: floor.org, actor, body });
  });
}

/** Makes a new key; evidence is signed with it from now on, by every server. What older ones signed stays good. */
export async function rotateSigning(floor: Floor, actor: Actor): Promise<SignerKey> {
  const key = await floor.signer.rotate();
  await noteKey(floor, key, actor);
  return key;
}

/**
 * Ends the worth of a key: what it signed from `from` on counts for nothing; what the ledger dates before that stays
 * good. The current key is rotated away first. Repeated with a later instant it changes nothing.
 */
export async function revokeSigning(
  floor: Floor,
  actor: Actor,
  input: { readonly key: string; readonly from: Instant | null; readonly reason: string },
): Promise<SigningKeyRow> {
  if (floor.keys.all.some(({ keyId }) => keyId === input.key)) throw signingKeyOfInstance({ key: input.key });
  if ((await floor.signer.current()).keyId === input.key) throw signingKeyCurrent({ key: input.key });
  return floor.db.tx(floor.org, async (tx) => {
    const row = await lockSigningKey(tx, input.key);
    if (row === null) throw noSuchSigningKey({ key: input.key });
    const now = await tx.now();
    const from = input.from ?? now;
    if (from > now) throw revokedInFuture({ from });
    const { reason } = input;
    if (await endSigningKey(tx, input.key, { from, by: actorLabel(actor), reason }))
      await tx.record(signingKeyRevoked, { subject: floor.org, actor, body: { key: input.key, from, reason } });
    return (await lockSigningKey(tx, input.key)) ?? row;
  });
}

/** Every key that evidence may be verified with, oldest first: the instance's own, and all that ever signed, with the ends of their worth. */
export async function evidenceKeys(tx: Tx): Promise<DatedKey[]> {
  const rows = await signingKeys(tx);
  const own = tx.floor.keys.all.filter(({ keyId }) => !rows.some((row) => row.keyId === keyId));
  return [
    ...own.map(({ keyId, publicKeyPem }) => ({ keyId, publicKeyPem })),
    ...rows.map(({ keyId, publicKeyPem, revokedFrom }) => ({ keyId, publicKeyPem, ...(revokedFrom === null ? {} : { revokedFrom }) })),
  ];
}
