import { isIdentity, bare } from '../attest/policy.ts';
import { readTrust } from '../attest/trust.ts';
import { openEntry } from '../attest/verify.ts';
import type { Digest } from '../../kernel/digest.ts';
import { strictBase64, type Envelope } from '../../kernel/dsse.ts';
import { sourceName } from '../../kernel/told.ts';
import { signerOf, type RecorderKey } from './foreign.ts';

/** An identity of Sigstore certificates that an admin registered, by the name it was given. */
export type RecorderIdentity = {
  readonly name: string;
  readonly issuer: string;
  /** To the letter, or with one `*` at its end for any rest without `@`. */
  readonly subject: string;
  /** The source repository that the certificate must name; null: the service's own. */
  readonly repository: string | null;
};

/** Whose signatures count for a service: keys, identities, and the Sigstore trust roots by which certificates are judged. */
export type Recorders = {
  readonly keys: readonly RecorderKey[];
  readonly identities: readonly RecorderIdentity[];
  /** `trusted_root.json` as parsed JSON, each by its name. */
  readonly roots: readonly { readonly name: string; readonly root: unknown }[];
};

/** A signed statement of somebody else: an envelope, or a Sigstore bundle around one. */
export type Signed = { readonly envelope: Envelope; readonly bundle?: object | undefined };

/** Who signed, once it is verified and registered. The other members of an identity are as its certificate says them. */
export type SignedFor =
  | { readonly kind: 'key'; readonly name: string; readonly keyId: string }
  | {
      readonly kind: 'identity';
      readonly name: string;
      readonly subject: string;
      readonly issuer: string;
      readonly repository: string | null;
      readonly ref: string | null;
      readonly commit: string | null;
    };

export type Answer = { readonly ok: true; readonly by: SignedFor } | { readonly ok: false; readonly why: string };

/**
 * Who of those registered signed this, for a service of the repository at `source` (null: the catalog names none). A
 * key counts by itself. A certificate counts where its bundle proves it against one of the trust roots, its identity is
 * registered, and the repository that it names is the one that is expected: a reusable workflow's identity is shared by all who call it.
 */
export function signerFor(signed: Signed, digest: Digest, recorders: Recorders, source: string | null): Answer {
  const key = signerOf(signed.envelope, recorders.keys);
  if (key !== null) return { ok: true, by: { kind: 'key', name: key.name, keyId: key.keyId } };
  if (signed.bundle === undefined) return no('no registered key signed it');
  if (recorders.roots.length === 0) return no('it is signed with a certificate, and no Sigstore trust root is registered to judge it by');
  let why = '';
  for (const { name, root } of recorders.roots) {
    const trust = readTrust(JSON.stringify(root));
    if (!trust.ok) continue;
    const opened = openEntry({ form: 'bundle', bundle: signed.bundle }, { digest, bytes: null }, trust.trust);
    if (!opened.ok) {
      why ||= `by the trust root ${name}: ${opened.reasons[0]?.text ?? 'it does not verify'}`;
      continue;
    }
    if (opened.by.kind !== 'identity' || !same(opened.payload, strictBase64(signed.envelope.payload)))
      return no('its bundle and its envelope say different things');
    return registered(opened.by, recorders.identities, source);
  }
  return no(why || 'no trust root can be read');
}

type Certified = Omit<Extract<SignedFor, { kind: 'identity' }>, 'name'>;

function registered(by: Certified, identities: readonly RecorderIdentity[], source: string | null): Answer {
  const whom = `${by.subject} (${by.issuer})`.slice(0, 500);
  const named = identities.filter((one) => isIdentity(one, by));
  if (named.length === 0) return no(`it is signed by ${whom}, and that identity is not registered`);
  const fits = named.find((one) => isExpected(by.repository, one.repository ?? source, one.repository !== null));
  if (fits !== undefined) return { ok: true, by: { ...by, name: fits.name } };
  return no(`it is signed by ${whom} in ${by.repository ?? 'no repository'}, which is not the repository expected`);
}

/** A certificate that names no repository (a person's, a cloud account's) speaks for the service unless one is asked for by name. */
function isExpected(certified: string | null, expected: string | null, asked: boolean): boolean {
  if (certified === null) return !asked;
  return expected !== null && isSameRepository(certified, expected);
}

/** Whether the repository of a certificate is the one at an address, as forges compare: without case. */
export function isSameRepository(certified: string, url: string): boolean {
  return bare(certified).toLowerCase() === (sourceName(url) ?? bare(url)).toLowerCase();
}

/** A signer in words for reasons and screens. */
export function signedWords(by: SignedFor): string {
  if (by.kind === 'key') return `the key ${by.name}`;
  const from = by.repository === null ? '' : ` of ${bare(by.repository)}`;
  return `${by.subject}${from}, as ${by.issuer} attests (identity ${by.name})`.slice(0, 700);
}

function same(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one !== null && other !== null && Buffer.from(one).equals(other);
}

function no(why: string): Answer {
  return { ok: false, why };
}
