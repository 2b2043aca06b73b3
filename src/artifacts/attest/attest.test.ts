import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf, hexOf } from '../../kernel/digest.ts';
import { sealEnvelope } from '../../kernel/dsse.ts';
import { readEntries } from './envelopes.ts';
import { attestPolicySchema, isVersion, type AttestPolicy } from './policy.ts';
import { readTrust } from './trust.ts';
import { subjectOf, verifyAny } from './verify.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const keyId = hexOf(digestOf(publicKey.export({ type: 'spki', format: 'der' })));
const signer = { keyId, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) };
const artifact = Buffer.from('the bytes that are shipped');
const subject = subjectOf(artifact);

const statement = (change: object = {}) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'shop.tgz', digest: { sha256: hexOf(subject.digest) } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref: 'refs/tags/v1.2.3', repository: 'https://github.com/acme/shop', path: '.github/workflows/build.yml' },
      },
      resolvedDependencies: [{ uri: 'git+https://github.com/acme/shop@refs/tags/v1.2.3', digest: { gitCommit: 'a'.repeat(40) } }],
    },
    runDetails: { builder: { id: 'https://acme.example/builder@v2' } },
  },
  ...change,
});
const sealed = (value: object): string =>
  JSON.stringify(sealEnvelope('application/vnd.in-toto+json', Buffer.from(JSON.stringify(value)), signer));
const trust = () => {
  const read = readTrust(pem);
  if (!read.ok) throw new Error(read.why);
  return read.trust;
};
const judge = (text: string, policy: AttestPolicy = {}, about = subject) => {
  const read = readEntries(text);
  return read.ok
    ? verifyAny(read.entries, about, trust(), policy)
    : { ok: false as const, reasons: [{ code: 'attest.file', text: `${read.why} (${read.place})` }] };
};
const codes = (answer: ReturnType<typeof judge>): string[] => (answer.ok ? [] : answer.reasons.map((one) => one.code));

test('a signed statement about these bytes is accepted, and what it says is told', () => {
  const policy = attestPolicySchema.parse({
    signers: [{ key: keyId }],
    builder: 'https://acme.example/builder@v2',
    predicate: 'https://slsa.dev/provenance/v1',
    source: { repository: 'github.com/acme/shop', tag: 'v1.2.3', versionedTag: 'v1', commit: 'a'.repeat(40) },
  });
  expect(judge(sealed(statement()), policy)).toMatchObject({
    ok: true,
    by: { kind: 'key', keyId },
    said: { builder: 'https://acme.example/builder', builderVersion: 'v2', source: 'github.com/acme/shop', ref: 'refs/tags/v1.2.3' },
  });
});

test('each thing that the policy names is refused by its own name', () => {
  const text = sealed(statement());
  const cases: [AttestPolicy, string][] = [
    [{ signers: [{ key: 'another' }] }, 'attest.signer'],
    [{ signers: [{ issuer: 'https://token.actions.githubusercontent.com', subject: '*' }] }, 'attest.signer'],
    [{ builder: 'https://acme.example/builder@v3' }, 'attest.builder'],
    [{ builder: 'https://acme.example/build' }, 'attest.builder'],
    [{ predicate: 'https://spdx.dev/Document' }, 'attest.predicate'],
    [{ source: { repository: 'github.com/acme/shop2' } }, 'attest.source'],
    [{ source: { repository: 'github.com/acme/sho' } }, 'attest.source'],
    [{ source: { branch: 'main' } }, 'attest.branch'],
    [{ source: { tag: 'v1.2' } }, 'attest.tag'],
    [{ source: { versionedTag: 'v1.3' } }, 'attest.tag'],
    [{ source: { commit: 'b'.repeat(40) } }, 'attest.commit'],
  ];
  for (const [policy, code] of cases) expect(codes(judge(text, policy)), JSON.stringify(policy)).toEqual([code]);
  expect(codes(judge(text, {}, subjectOf(Buffer.from('other bytes'))))).toEqual(['attest.subject']);
  // What a statement does not say is not fulfilled.
  const silent = sealed(statement({ predicateType: 'https://example.org/other', predicate: {} }));
  expect(judge(silent)).toMatchObject({ ok: true });
  expect(codes(judge(silent, { builder: 'x', source: { repository: 'github.com/acme/shop', branch: 'main' } }))).toEqual([
    'attest.builder',
    'attest.source',
    'attest.branch',
  ]);
});

test('no changed byte of an envelope is accepted', () => {
  const text = sealed(statement());
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, mask) => {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ mask) + text.slice(at + 1);
      const answer = judge(changed);
      // Spaces and members beside the four that are read mean nothing.
      if (answer.ok) expect(JSON.parse(changed)).toMatchObject({ payload: JSON.parse(text).payload });
    }),
    { numRuns: 400 },
  );
});

test('one good attestation of several is enough; none says what is wrong with each', () => {
  const other = JSON.stringify({
    payloadType: 'application/vnd.in-toto+json',
    payload: 'e30=',
    signatures: [{ keyid: '', sig: 'AAAA', cert: 'x' }],
  });
  expect(judge(`${other}\n${sealed(statement())}\n`)).toMatchObject({ ok: true });
  expect(codes(judge(`${other}\n${other}`))).toEqual(['attest.no-log-proof', 'attest.no-log-proof']);
  expect(codes(judge('{"verificationMaterial": {}}'))).toEqual(['attest.no-trust-root']);
  for (const bad of ['', '[]', '{}', '3', 'not json\n{}', '{"payload": 1}', '{"provenance_summary": {}}'])
    expect(codes(judge(bad))).toEqual(['attest.file']);
});

test('a trust file is read, or says what is wrong with it', () => {
  expect(readTrust(JSON.stringify({ keys: [{ publicKeyPem: pem }] }))).toMatchObject({
    ok: true,
    trust: { keys: [{ keyId }], sigstore: null },
  });
  for (const bad of [
    '',
    '{}',
    '{"keys": 1}',
    '{"keys": [{}]}',
    '{"keys": [{"publicKeyPem": "x"}]}',
    '{"tlogs": 1}',
    '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
  ])
    expect(readTrust(bad).ok, bad).toBe(false);
});

test('a key that the trust file says was revoked verifies no lone attestation: nothing proves when it was signed', () => {
  const revoked = readTrust(JSON.stringify({ keys: [{ keyId, publicKeyPem: pem, revokedFrom: '2099-01-01T00:00:00.000Z' }] }));
  const entries = readEntries(sealed(statement()));
  if (!revoked.ok || !entries.ok) throw new Error('not read');
  expect(verifyAny(entries.entries, subject, revoked.trust, {}).ok).toBe(false);
});

test('versioned tags', () => {
  const yes = [['v14', 'v14'], ['v14', 'v14.0'], ['v14.2', 'v14'], ['v14.2.1', 'v14.2'], ['v1.2.3-rc.1', 'v1.2.3-rc.1'], ['v1.2.3+5', 'v1.2']]; // prettier-ignore
  const no = [['v14', 'v14.1'], ['v14.2', 'v14.2.1'], ['v1.2.3-rc.1', 'v1.2.3'], ['v12', 'v1'], ['1.2.3', 'v1'], ['v1.2.3', '1'], ['v01', 'v1']]; // prettier-ignore
  for (const [tag = '', asked = ''] of yes) expect(isVersion(tag, asked), `${tag} of ${asked}`).toBe(true);
  for (const [tag = '', asked = ''] of no) expect(isVersion(tag, asked), `${tag} of ${asked}`).toBe(false);
});

test.each(['ssh://git@git.example/acme/shop.git', 'file:///srv/git/shop.git', 'git@git.example:acme/shop.git'])(
  'the commit of a repository at %s is read from our own provenance',
  (repository) => {
    const own = (commit: string) => ({
      buildDefinition: {
        buildType: 'urn:yardmaster:build:job:v1',
        externalParameters: { source: { repository, ref: 'refs/heads/main' } },
        resolvedDependencies: [{ uri: `git+${repository}@refs/heads/main`, digest: { gitCommit: commit } }],
      },
      runDetails: { builder: { id: 'urn:yardmaster:builder:org_1/host' } },
    });
    const text = sealed(statement({ predicate: own('a'.repeat(40)) }));
    const asks = (commit: string) => attestPolicySchema.parse({ source: { repository, branch: 'main', commit } });
    expect(judge(text, asks('a'.repeat(40)))).toMatchObject({ ok: true, said: { commit: 'a'.repeat(40), ref: 'refs/heads/main' } });
    expect(codes(judge(text, asks('b'.repeat(40))))).toEqual(['attest.commit']);
  },
);
