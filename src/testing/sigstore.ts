import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical.ts';
import { pae } from '../kernel/dsse.ts';
import type { Witness } from '../kernel/witness.ts';
import { bits, boolean, context, explicit, integer, octets, oid, sequence, set, text, time } from './der.ts';

/**
 * A small Sigstore instance of one's own: a certificate authority that writes Fulcio's extensions, and a log that
 * promises what it takes. What it makes is verified by Sigstore's own library, which knows nothing of it.
 */
export type TestSigstore = {
  /** Its `trusted_root.json`. */
  readonly root: object;
  /** A bundle (v0.1) of a statement, signed with a certificate of ten minutes. */
  bundle(statement: object, identity: Identity, at?: Date): object;
};

export type Identity = {
  /** The address of the workflow, or an e-mail address. */
  readonly subject: string;
  readonly issuer: string;
  readonly repository?: string;
  readonly ref?: string;
  readonly commit?: string;
};

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const EXTENSIONS = { issuer: 8, repository: 12, commit: 13, ref: 14 } as const;
const DSSE = 'application/vnd.in-toto+json';

export function testSigstore(start = new Date('2026-01-01T00:00:00Z')): TestSigstore {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const end = new Date(start.getTime() + 10 * 365 * 86_400_000);
  const name = sequence(set(sequence(oid('2.5.4.3'), text('test authority'))));
  const ca = certificate({
    serial: 1,
    issuer: name,
    subject: name,
    from: start,
    to: end,
    key: authority.publicKey,
    signer: authority.privateKey,
    extensions: [extension('2.5.29.19', sequence(boolean(true)), true), extension('2.5.29.15', bits(Buffer.of(0x06), 1), true)],
  });
  const logKey = spki(log.publicKey);
  const logId = createHash('sha256').update(logKey).digest();
  let index = 0;
  return {
    root: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [
        {
          baseUrl: 'https://log.test.example',
          hashAlgorithm: 'SHA2_256',
          publicKey: { rawBytes: base64(logKey), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: start.toISOString() } },
          logId: { keyId: base64(logId) },
        },
      ],
      certificateAuthorities: [
        {
          subject: { organization: 'test', commonName: 'test authority' },
          uri: 'https://fulcio.test.example',
          certChain: { certificates: [{ rawBytes: base64(ca) }] },
          validFor: { start: start.toISOString() },
        },
      ],
      ctlogs: [],
      timestampAuthorities: [],
    },
    bundle(statement, identity, at = new Date('2026-06-01T12:00:00Z')) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      index += 1;
      const leaf = certificate({
        serial: index + 1,
        issuer: name,
        subject: sequence(),
        from: new Date(at.getTime() - 60_000),
        to: new Date(at.getTime() + 540_000),
        key: own.publicKey,
        signer: authority.privateKey,
        extensions: identityExtensions(identity),
      });
      const payload = Buffer.from(JSON.stringify(statement));
      const signature = sign('sha256', pae(DSSE, payload), own.privateKey);
      const dsseEnvelope = { payloadType: DSSE, payload: base64(payload), signatures: [{ sig: base64(signature), keyid: '' }] };
      const body = entryBody(payload, signature, leaf);
      const integratedTime = Math.floor(at.getTime() / 1000);
      const promised = { body: base64(body), integratedTime, logIndex: index, logID: logId.toString('hex') };
      const promise = sign('sha256', Buffer.from(canonicalJson(promised)), log.privateKey);
      return {
        mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
        verificationMaterial: {
          x509CertificateChain: { certificates: [{ rawBytes: base64(leaf) }] },
          tlogEntries: [
            {
              logIndex: String(index),
              logId: { keyId: base64(logId) },
              kindVersion: { kind: 'dsse', version: '0.0.1' },
              integratedTime: String(integratedTime),
              inclusionPromise: { signedEntryTimestamp: base64(promise) },
              canonicalizedBody: base64(body),
            },
          ],
        },
        dsseEnvelope,
      };
    },
  };
}

/** The body of Rekor's entry of the type dsse 0.0.1. */
function entryBody(payload: Buffer, signature: Buffer, leaf: Buffer): Buffer {
  const hash = (bytes: Buffer) => ({ algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') });
  const verifier = base64(Buffer.from(`-----BEGIN CERTIFICATE-----\n${base64(leaf)}\n-----END CERTIFICATE-----\n`));
  const spec = { envelopeHash: hash(payload), payloadHash: hash(payload), signatures: [{ signature: base64(signature), verifier }] };
  return Buffer.from(canonicalJson({ apiVersion: '0.0.1', kind: 'dsse', spec }));
}

function identityExtensions(identity: Identity): Buffer[] {
  const name = identity.subject.includes('://') ? context(6, Buffer.from(identity.subject)) : context(1, Buffer.from(identity.subject));
  const told = Object.entries(EXTENSIONS).flatMap(([key, number]) => {
    const value = identity[key as keyof typeof EXTENSIONS];
    return value === undefined ? [] : [extension(`1.3.6.1.4.1.57264.1.${number}`, text(value))];
  });
  return [
    extension('2.5.29.15', bits(Buffer.of(0x80), 7), true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.3'))),
    extension('2.5.29.17', sequence(name), true),
    ...told,
  ];
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

function certificate(of: {
  readonly serial: number;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly from: Date;
  readonly to: Date;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
}): Buffer {
  const body = sequence(
    explicit(0, integer(2)),
    integer(of.serial),
    ECDSA_SHA256,
    of.issuer,
    sequence(time(of.from), time(of.to)),
    of.subject,
    spki(of.key),
    explicit(3, sequence(...of.extensions)),
  );
  return sequence(body, ECDSA_SHA256, bits(sign('sha256', body, of.signer)));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** What the token of a job on the main branch of a repository says, in the shape of GitHub Actions. */
export function jobWitness(repository: string, sha: string): Witness {
  return {
    trust: 'github',
    issuer: 'https://token.actions.githubusercontent.com',
    subject: `repo:${repository}:ref:refs/heads/main`,
    repository,
    repositoryId: '1',
    ref: 'refs/heads/main',
    refProtected: true,
    workflow: `${repository}/.github/workflows/build.yml@refs/heads/main`,
    environment: null,
    runId: '1',
    sha,
  };
}
