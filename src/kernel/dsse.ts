import { createPublicKey, verify } from 'node:crypto';

/**
 * DSSE envelopes (https://github.com/secure-systems-lab/dsse, protocol v1.0.2): how everything that leaves the house
 * signed is signed. Ed25519 or ECDSA P-256 keys; the key id is the sha256 hex of the key's SPKI DER.
 */
export type Envelope = {
  readonly payloadType: string;
  /** Base64 of the signed bytes. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
};

export type Signer = { readonly keyId: string; sign(bytes: Uint8Array): Uint8Array };
export type TrustedKey = { readonly keyId: string; readonly publicKeyPem: string };
/** A key whose worth may have ended: what was signed from `revokedFrom` on counts for nothing. */
export type DatedKey = TrustedKey & { readonly revokedFrom?: string | undefined };

/**
 * The keys that count for what was signed at an instant that somebody else than the signer vouches for (the ledger);
 * null: nobody does, and whoever stole a key could say any instant, so that only keys without an end count.
 */
export function keysAt(keys: readonly DatedKey[], at: string | null): readonly DatedKey[] {
  return keys.filter(({ revokedFrom }) => revokedFrom === undefined || (at !== null && at < revokedFrom));
}

/** The pre-authentication encoding: what is really signed. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Signs `payload` into an envelope. */
export function sealEnvelope(payloadType: string, payload: Uint8Array, signer: Signer): Envelope {
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: signer.keyId, sig: Buffer.from(signer.sign(pae(payloadType, payload))).toString('base64') }],
  };
}

export type Opened =
  { readonly ok: true; readonly payload: Uint8Array; readonly keyId: string } | { readonly ok: false; readonly why: string };

/**
 * Opens an envelope: the payload, once one signature by a trusted key verifies. Base64 must be the canonical form of
 * its bytes, so that no second text has the same signature. Keys named inside the envelope are never trusted.
 */
export function openEnvelope(envelope: Envelope, payloadType: string, keys: readonly TrustedKey[]): Opened {
  if (envelope.payloadType !== payloadType) return { ok: false, why: `the payload type is ${envelope.payloadType}, not ${payloadType}` };
  const payload = strictBase64(envelope.payload);
  if (payload === null) return { ok: false, why: 'the payload is not canonical base64' };
  const signed = pae(payloadType, payload);
  for (const { keyid, sig } of envelope.signatures) {
    const signature = strictBase64(sig);
    const key = keys.find((candidate) => candidate.keyId === keyid);
    if (signature !== null && key !== undefined && verifies(key.publicKeyPem, signed, signature))
      return { ok: true, payload, keyId: key.keyId };
  }
  return { ok: false, why: 'no signature by a trusted key verifies' };
}

/** Bytes of canonical base64 (RFC 4648, with padding), or null where the text is not exactly how these bytes encode. */
export function strictBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** Whether `signature` is this key's over `bytes`. A key or signature of a wrong form is simply no. */
export function verifies(publicKeyPem: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey(publicKeyPem);
    if (key.asymmetricKeyType === 'ed25519') return verify(null, bytes, key, signature);
    return key.asymmetricKeyType === 'ec' && verify('sha256', bytes, { key, dsaEncoding: 'der' }, signature);
  } catch {
    return false;
  }
}
