import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { afterAll, expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import type { Envelope, Signer, TrustedKey } from '../../kernel/dsse.ts';
import { writeProvenance } from './provenance.ts';
import { writeReference } from './reference.ts';
import { signStatement } from './statement.ts';

// Others' verifiers read what we sign: Python with openssl as the guide shows it, and Sigstore's own library.

const folder = mkdtempSync(join(tmpdir(), 'ym-outside-attest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const guide = readFileSync(join(import.meta.dirname, '../../../docs/guide/verify-evidence.md'), 'utf8');
const script = /```python\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;
const openssl = /^OpenSSL 3/.test(spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? '');
if (!python || !openssl) console.log('skipped: python3 (3.9) and openssl (3) are not both here');

type Key = { readonly signer: Signer; readonly trusted: TrustedKey; readonly publicKey: KeyObject };
function keyOf({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): Key {
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  const over = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return {
    signer: { keyId, sign: (bytes) => sign(over, bytes, privateKey) },
    trusted: { keyId, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
    publicKey,
  };
}
const keys = {
  Ed25519: keyOf(generateKeyPairSync('ed25519')),
  'ECDSA P-256': keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
};

const artifact = Buffer.from('the bytes of shop');
const commit = 'c'.repeat(40);
const provenance = (signer: Signer, from = commit, about: Buffer = artifact): Envelope =>
  signStatement(
    writeProvenance({
      org: 'org_1',
      service: 'svc_shop',
      run: 'run_1',
      job: 'job_1',
      attempt: 1,
      name: 'shop',
      digest: digestOf(about),
      repository: 'https://git.example/shop.git',
      ref: 'refs/heads/main',
      commit: from,
      trust: 'protected',
      executor: 'sandbox',
      isolation: ['no network'],
      planDigest: digestOf('plan'),
      startedAt: '2026-11-23T12:00:00.000Z',
      finishedAt: '2026-11-23T12:01:00.000Z',
      materials: [],
      inputs: [],
    }),
    signer,
  );
const sbom = (signer: Signer): Envelope =>
  signStatement(writeReference({ org: 'org_1', name: 'shop', digest: digestOf(artifact) }, digestOf('bom')), signer);

function outside(lines: readonly string[], trust: readonly object[], bytes = artifact, wanted = commit) {
  const paths = ['verify.py', 'attestations', 'trust.json', 'artifact'].map((name) => join(folder, name));
  const contents = [script, `${lines.join('\n')}\n`, JSON.stringify({ keys: trust }), bytes];
  for (const [at, path] of paths.entries()) writeFileSync(path, contents[at] ?? '');
  const { status, stdout, stderr } = spawnSync('python3', [...paths, wanted], { encoding: 'utf8' });
  return { status, says: stdout + stderr };
}

test.skipIf(!python || !openssl)(
  'the Python of the guide accepts what we attest, and refuses what is not so',
  () => {
    const { Ed25519: key, 'ECDSA P-256': other } = keys;
    for (const one of [key, other]) {
      const { status, says } = outside(
        [provenance(one.signer), sbom(one.signer)].map((envelope) => JSON.stringify(envelope)),
        [one.trusted],
      );
      expect(says).toContain(`built by urn:yardmaster:builder:org_1/sandbox from ${commit}`);
      expect(says).toContain('ok   https://in-toto.io/attestation/reference/v0.1');
      expect(status).toBe(0);
    }
    // The same bytes, built from another commit as well.
    const twice = [provenance(key.signer, 'e'.repeat(40)), provenance(key.signer)].map((envelope) => JSON.stringify(envelope));
    expect(outside(twice, [key.trusted])).toMatchObject({ status: 0, says: expect.stringContaining('e'.repeat(40)) as string });
    const good = provenance(key.signer);
    const text = JSON.stringify(good);
    const payload = Buffer.from(good.payload, 'base64').toString();
    const refused: [string, ReturnType<typeof outside>][] = [
      ['other bytes', outside([text], [key.trusted], Buffer.from('other'))],
      ['another commit', outside([text], [key.trusted], artifact, 'd'.repeat(40))],
      ['a stranger', outside([text], [other.trusted])],
      ['a revoked key', outside([text], [{ ...key.trusted, revokedFrom: '2026-11-20T00:00:00.000Z' }])],
      [
        'a changed payload',
        outside(
          [JSON.stringify({ ...good, payload: Buffer.from(payload.replace('sandbox', 'sandbow')).toString('base64') })],
          [key.trusted],
        ),
      ],
      ['another type', outside([JSON.stringify({ ...good, payloadType: 'application/json' })], [key.trusted])],
      ['a member twice', outside([text.replace('{', '{"payload":"e30=",')], [key.trusted])],
      ['no provenance', outside([JSON.stringify(sbom(key.signer))], [key.trusted])],
    ];
    for (const [what, { status, says }] of refused)
      expect({ what, status, fails: says.includes('FAIL') }).toEqual({ what, status: 1, fails: true });
  },
  180_000,
);

test.each(Object.entries(keys))('Sigstore’s library verifies our envelope by key: %s', (_, { signer, trusted, publicKey }) => {
  const bundle = (envelope: Envelope) =>
    bundleFromJSON({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: trusted.keyId }, tlogEntries: [] },
      dsseEnvelope: envelope,
    });
  // A key of one's own stands in no log: what is asked of Sigstore here is its reading of envelope and signature.
  const verifier = new Verifier(
    toTrustMaterial(TrustedRoot.fromJSON({ tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] }), () => ({
      publicKey,
      validFor: () => true,
    })),
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  );
  const good = provenance(signer);
  expect(() => verifier.verify(toSignedEntity(bundle(good)))).not.toThrow();
  const payload = Buffer.from(good.payload, 'base64').toString().replace('sandbox', 'sandbow');
  expect(() => verifier.verify(toSignedEntity(bundle({ ...good, payload: Buffer.from(payload).toString('base64') })))).toThrow();
});
