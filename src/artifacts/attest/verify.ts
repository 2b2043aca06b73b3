import { createPublicKey } from 'node:crypto';
import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { X509Certificate } from '@sigstore/core';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import type { Reason } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import { digestOf } from '../../kernel/digest.ts';
import { pae, verifies, strictBase64 } from '../../kernel/dsse.ts';
import type { Entry, Foreign } from './envelopes.ts';
import { faults, type AttestPolicy, type SignedBy } from './policy.ts';
import { readStatement, type Said } from './said.ts';
import type { TrustRoot } from './trust.ts';

/** The artifact by its bytes, or by its digest alone. */
export type Subject = { readonly digest: Digest; readonly bytes: Uint8Array | null };

export type Verified =
  { readonly ok: true; readonly by: SignedBy; readonly said: Said | null } | { readonly ok: false; readonly reasons: readonly Reason[] };

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/**
 * Verifies one attestation against a trust root and a policy, offline: the signature by a trusted key, or by a
 * certificate of Sigstore whose entry in the transparency log is proved within the file; then that it speaks of exactly
 * these bytes; then what it says. Whatever can't be found out is a refusal with its reason. (Sigstore bundles v0.1 to
 * v0.3, https://docs.sigstore.dev/about/bundle; DSSE 1.0.2; in-toto statements v0.1 and v1; SLSA provenance v0.1 to v1.)
 */
export function verifyEntry(entry: Entry, subject: Subject, trust: TrustRoot, policy: AttestPolicy): Verified {
  const opened = openEntry(entry, subject, trust);
  if (!opened.ok) return opened;
  if (opened.payload === null) {
    const told = policySaysMore(policy)
      ? [{ code: 'attest.no-statement', text: 'it signs the bytes alone and says nothing of how they were built' }]
      : [];
    const signer = faults(policy.signers === undefined ? {} : { signers: policy.signers }, NOTHING_SAID, opened.by);
    return told.length + signer.length > 0 ? { ok: false, reasons: [...told, ...signer] } : { ok: true, by: opened.by, said: null };
  }
  const said = readStatement(opened.payload);
  if (said === null) return no('statement', 'the signed bytes are no in-toto statement');
  if (!said.subjects.includes(subject.digest))
    return no('subject', `it speaks of ${said.subjects.slice(0, 5).join(', ') || 'no sha256'}, not of ${subject.digest}`);
  if (entry.form === 'envelope') {
    const other = entry.about.find((one) => one !== subject.digest);
    if (other !== undefined) return no('subject', `the file around it speaks of ${other.slice(0, 100)}`);
    if (entry.beside !== undefined && !sameStatement(entry.beside, opened.payload))
      return no('shown-otherwise', 'the file shows another statement than the one that is signed');
  }
  const reasons = faults(policy, said, opened.by);
  return reasons.length === 0 ? { ok: true, by: opened.by, said } : { ok: false, reasons };
}

/**
 * The first attestation of a file that verifies, or all that is wrong with each. A file is good where one of its
 * attestations is: tools put several beside each other.
 */
export function verifyAny(entries: readonly Entry[], subject: Subject, trust: TrustRoot, policy: AttestPolicy): Verified {
  const answers = entries.map((entry) => verifyEntry(entry, subject, trust, policy));
  const good = answers.find((one) => one.ok);
  return good ?? { ok: false, reasons: answers.flatMap((one) => (one.ok ? [] : one.reasons)) };
}

export type Opened =
  | { readonly ok: true; readonly payload: Uint8Array | null; readonly by: SignedBy }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/** The signed bytes of one attestation and who signed them, whatever they say; `payload` is null where the artifact itself is signed. */
export function openEntry(entry: Entry, subject: Subject, trust: TrustRoot): Opened {
  return entry.form === 'bundle' ? openBundle(entry.bundle, subject, trust) : openForeign(entry.envelope, trust);
}

const NOTHING_SAID: Said = { predicateType: '', subjects: [], builder: null, builderVersion: null, source: null, commit: null, ref: null };

function openForeign(envelope: Foreign, trust: TrustRoot): Opened {
  if (envelope.payloadType !== PAYLOAD_TYPE) return no('payload-type', `the payload type is ${envelope.payloadType.slice(0, 100)}`);
  const payload = bytesOf(envelope.payload);
  if (payload === null) return no('payload', 'the payload is not canonical base64');
  const signed = pae(envelope.payloadType, payload);
  for (const { keyid, sig } of envelope.signatures) {
    const signature = bytesOf(sig);
    const key = trust.keys.find((one) => one.keyId === keyid);
    if (key !== undefined && signature !== null && verifies(key.publicKeyPem, key.over === 'payload' ? payload : signed, signature))
      return { ok: true, payload, by: { kind: 'key', keyId: keyid } };
  }
  if (envelope.signatures.some((one) => one.certified))
    return no(
      'no-log-proof',
      'it is signed with a short-lived certificate, and no proof of the transparency log is in the file; offline nobody can say when it was signed',
    );
  return no('signature', envelope.signatures.length === 0 ? 'it has no signature' : 'no signature by a key of the trust file verifies');
}

function openBundle(json: object, subject: Subject, trust: TrustRoot): Opened {
  if (trust.sigstore === null) return no('no-trust-root', 'it is a Sigstore bundle, and the trust file has no Sigstore trust root');
  let bundle: Bundle;
  try {
    bundle = bundleFromJSON(json);
  } catch (error) {
    return no('bundle', `it is no Sigstore bundle: ${wordsOf(error)}`);
  }
  const content = bundle.content;
  if (content.$case === 'dsseEnvelope' && content.dsseEnvelope.payloadType !== PAYLOAD_TYPE)
    return no('payload-type', `the payload type is ${content.dsseEnvelope.payloadType.slice(0, 100)}`);
  if (content.$case === 'messageSignature' && subject.bytes === null) return no('no-bytes', 'it signs bytes that are not at hand');
  try {
    const verifier = new Verifier(
      toTrustMaterial(trust.sigstore, (hint) => {
        const key = trust.keys.find((one) => one.keyId === hint) ?? onlyKey(trust);
        if (key === undefined) throw new Error('the key that it names is not in the trust file');
        return { publicKey: createPublicKey(key.publicKeyPem), validFor: () => true };
      }),
      thresholdsOf(trust.sigstore),
    );
    const signer = verifier.verify(toSignedEntity(bundle, subject.bytes === null ? undefined : Buffer.from(subject.bytes)));
    const by = signedBy(bundle, signer.identity?.subjectAlternativeName, signer.identity?.extensions?.issuer, trust);
    if (by === null) return no('identity', 'its certificate names nobody');
    return { ok: true, payload: content.$case === 'dsseEnvelope' ? content.dsseEnvelope.payload : null, by };
  } catch (error) {
    return no('signature', `the bundle does not verify: ${wordsOf(error)}`);
  }
}

/**
 * What must prove the time of a signature and the issuing of its certificate: whatever the trust root has. An instance without
 * a transparency log (GitHub's for private repositories) has a time stamp authority instead; one of neither proves nothing.
 */
function thresholdsOf(root: TrustedRoot): { tlogThreshold: number; ctlogThreshold: number; timestampThreshold: number } {
  const stamped = root.tlogs.length === 0 && root.timestampAuthorities.length > 0;
  return { tlogThreshold: stamped ? 0 : 1, ctlogThreshold: root.ctlogs.length === 0 ? 0 : 1, timestampThreshold: 1 };
}

/** Extensions of Fulcio's certificates (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md): source repository, its commit and its ref. */
const SOURCE_URI = '1.3.6.1.4.1.57264.1.12';
const SOURCE_DIGEST = '1.3.6.1.4.1.57264.1.13';
const SOURCE_REF = '1.3.6.1.4.1.57264.1.14';

function signedBy(bundle: Bundle, subject: string | undefined, issuer: string | undefined, trust: TrustRoot): SignedBy | null {
  const material = bundle.verificationMaterial.content;
  if (material.$case === 'publicKey') {
    const key = trust.keys.find((one) => one.keyId === material.publicKey.hint) ?? onlyKey(trust);
    return key === undefined ? null : { kind: 'key', keyId: key.keyId };
  }
  if (subject === undefined || issuer === undefined) return null;
  const raw = material.$case === 'certificate' ? material.certificate.rawBytes : material.x509CertificateChain.certificates[0]?.rawBytes;
  const certificate = raw === undefined ? null : X509Certificate.parse(Buffer.from(raw));
  const told = (oid: string): string | null => {
    const value = certificate?.extension(oid)?.valueObj.subs[0]?.value;
    return value === undefined ? null : value.toString('utf8');
  };
  return { kind: 'identity', subject, issuer, repository: told(SOURCE_URI), ref: told(SOURCE_REF), commit: told(SOURCE_DIGEST) };
}

/** A trust file of one key means that key, whatever a bundle calls it. */
function onlyKey(trust: TrustRoot): TrustRoot['keys'][number] | undefined {
  return trust.keys.length === 1 ? trust.keys[0] : undefined;
}

/** What the file shows beside the signed payload; members that it wrote for a table are left out. */
function sameStatement(shown: unknown, payload: Uint8Array): boolean {
  const signed = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, Json>;
  try {
    return Object.entries((shown ?? {}) as Record<string, Json>).every(
      ([name, value]) => signed[name] !== undefined && canonicalJson(value) === canonicalJson(signed[name]),
    );
  } catch {
    // What has no canonical form is nobody's statement.
    return false;
  }
}

function policySaysMore(policy: AttestPolicy): boolean {
  return policy.predicate !== undefined || policy.builder !== undefined || policy.source !== undefined;
}

/** Bytes of canonical base64, in either alphabet. */
function bytesOf(text: string): Uint8Array | null {
  return strictBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}

/** The digest of an artifact at hand. */
export function subjectOf(bytes: Uint8Array): Subject {
  return { digest: digestOf(bytes), bytes };
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.slice(0, 300) ?? '';
}

function no(code: string, text: string): { readonly ok: false; readonly reasons: readonly Reason[] } {
  return { ok: false, reasons: [{ code: `attest.${code}`, text }] };
}
