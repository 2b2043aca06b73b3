import { createPublicKey } from 'node:crypto';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { digestOf, hexOf } from '../../kernel/digest.ts';
import type { TrustedKey } from '../../kernel/dsse.ts';

/** What a verifier starts from, got from elsewhere: public keys by id, and a Sigstore trust root. Nothing in a file that is verified adds to it. */
export type TrustRoot = { readonly keys: readonly AttestKey[]; readonly sigstore: TrustedRoot | null };
/** `over: 'payload'`: signs the payload's bytes themselves and not their DSSE encoding, as Google Cloud Build's older keys do. */
export type AttestKey = TrustedKey & { readonly over?: 'payload' };
export type ReadTrust = { readonly ok: true; readonly trust: TrustRoot } | { readonly ok: false; readonly why: string };

const PEM = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]{1,8000}-----END PUBLIC KEY-----/g;

/**
 * Reads a trust file: PEM public keys; Sigstore's `trusted_root.json`; our own trust file (`{"keys": [{keyId, publicKeyPem, over}]}`);
 * or one object with `keys` and `sigstore`. A key without an id is known by the sha256 hex of its SPKI DER.
 */
export function readTrust(text: string): ReadTrust {
  if (text.length > 4_000_000) return no('it is larger than 4 MB');
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) {
    const found = trimmed.match(PEM) ?? [];
    return found.length === 0
      ? no('it holds no PEM public key and is no JSON')
      : keyed(
          found.map((publicKeyPem) => ({ publicKeyPem })),
          null,
        );
  }
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return no('it is no JSON');
  }
  const file = value as { keys?: unknown; sigstore?: unknown; tlogs?: unknown };
  const sigstore = file.sigstore ?? (file.tlogs === undefined ? undefined : value);
  if (file.keys === undefined && sigstore === undefined) return no('it names neither keys nor a Sigstore trust root');
  const root = sigstore === undefined ? null : rootOf(sigstore);
  if (typeof root === 'string') return no(root);
  const keys = file.keys ?? [];
  return Array.isArray(keys) && keys.length <= 1000 ? keyed(keys, root) : no('its keys are no list of 1,000 at most');
}

function keyed(given: readonly unknown[], sigstore: TrustedRoot | null): ReadTrust {
  const keys: AttestKey[] = [];
  for (const one of given) {
    const { keyId, publicKeyPem, over, revokedFrom } = (one ?? {}) as Readonly<Record<string, unknown>>;
    // An envelope does not prove when it was signed: whoever has a stolen key would say it was before.
    if (revokedFrom !== undefined && revokedFrom !== null) continue;
    if (typeof publicKeyPem !== 'string' || (keyId !== undefined && typeof keyId !== 'string')) return no('a key has no publicKeyPem');
    if (over !== undefined && over !== 'payload') return no('a key signs over something that is not known');
    const own = ownId(publicKeyPem);
    if (own === null) return no('a key is no PEM public key');
    keys.push({ keyId: keyId ?? own, publicKeyPem, ...(over === undefined ? {} : { over }) });
  }
  return { ok: true, trust: { keys, sigstore } };
}

/** The sha256 hex of a PEM key's SPKI DER; null: it is none. */
function ownId(pem: string): string | null {
  try {
    return hexOf(digestOf(createPublicKey(pem).export({ type: 'spki', format: 'der' })));
  } catch {
    return null;
  }
}

function rootOf(value: unknown): TrustedRoot | string {
  try {
    const root = TrustedRoot.fromJSON(value);
    if (root.tlogs.length + root.certificateAuthorities.length === 0) return 'it names no log and no certificate authority';
    // A log whose key says no beginning of its validity would be valid for ever: it is no trust at all. Where none is left,
    // the root is not one without a log: less would be asked of it.
    const tlogs = root.tlogs.filter((log) => log.publicKey?.validFor?.start !== undefined);
    if (root.tlogs.length > 0 && tlogs.length === 0) return { ...root, tlogs, timestampAuthorities: [] };
    return { ...root, tlogs };
  } catch {
    return 'it is no Sigstore trust root';
  }
}

function no(why: string): ReadTrust {
  return { ok: false, why };
}
