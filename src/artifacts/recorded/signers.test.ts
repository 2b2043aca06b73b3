import { expect, test } from 'vitest';
import { digestOf, hexOf } from '../../kernel/digest.ts';
import { testSigstore, type Identity } from '../../testing/sigstore.ts';
import { envelopeOfBundle } from './foreign.ts';
import { signedWords, signerFor, type RecorderIdentity, type Recorders } from './signers.ts';

const ours = testSigstore();
const stranger = testSigstore();
const GITHUB = 'https://token.actions.githubusercontent.com';
const SOURCE = 'https://github.com/acme/shop.git';
const digest = digestOf('shop');
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'shop', digest: { sha256: hexOf(digest) } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {},
};
const job: Identity = {
  subject: 'https://github.com/acme/shop/.github/workflows/build.yml@refs/heads/main',
  issuer: GITHUB,
  repository: 'https://github.com/acme/shop',
  ref: 'refs/heads/main',
  commit: 'c'.repeat(40),
};
const main: RecorderIdentity = { name: 'main', issuer: GITHUB, subject: job.subject, repository: null };
const recorders = (change: Partial<Recorders> = {}): Recorders => ({
  keys: [],
  identities: [main],
  roots: [{ name: 'ours', root: ours.root }],
  ...change,
});
function judge(bundle: object, change: Partial<Recorders> = {}, source: string | null = SOURCE): string {
  const envelope = envelopeOfBundle(bundle);
  if (envelope === null) throw new Error('no bundle');
  const answer = signerFor({ envelope, bundle }, digest, recorders(change), source);
  return answer.ok ? `yes: ${signedWords(answer.by)}` : answer.why;
}
const signed = (identity: Identity = job): object => ours.bundle(statement, identity);

test('a certificate of a registered identity, proved in its bundle, is told in words', () => {
  expect(judge(signed())).toBe(`yes: ${job.subject} of github.com/acme/shop, as ${GITHUB} attests (identity main)`);
  expect(judge(signed(), {}, 'git@github.com:Acme/shop.git')).toMatch(/^yes/);
  expect(judge(signed(), { roots: [{ name: 'other', root: stranger.root }, { name: 'ours', root: ours.root }] })).toMatch(/^yes/); // prettier-ignore
});

test('whom nobody registered, whatever he says of himself, counts for nothing', () => {
  expect(judge(stranger.bundle(statement, job))).toMatch(/^by the trust root ours: the bundle does not verify/);
  expect(judge(signed(), { roots: [] })).toMatch(/no Sigstore trust root is registered/);
  expect(judge(signed(), { identities: [] })).toMatch(/that identity is not registered/);
  for (const change of [
    { subject: job.subject.replace('main', 'topic') },
    { subject: job.subject.replace('build.yml', 'other.yml') },
    { issuer: 'https://gitlab.com' },
  ])
    expect(judge(signed({ ...job, ...change })), JSON.stringify(change)).toMatch(/not registered/);
  const any = { ...main, subject: 'https://github.com/acme/shop/.github/workflows/build.yml@*' };
  expect(judge(signed({ ...job, subject: job.subject.replace('main', 'topic') }), { identities: [any] })).toMatch(/^yes/);
  expect(judge(signed({ ...job, subject: 'https://github.com/acme/shop/.github/workflows/build.yml@a@b' }), { identities: [any] })).toMatch(/not registered/); // prettier-ignore
});

test('a workflow that many repositories call speaks only for the one that its certificate names', () => {
  const shared = { ...main, subject: 'https://github.com/slsa/generator/.github/workflows/generic.yml@refs/tags/v2' };
  const call = (repository: string | undefined): object => {
    const { repository: _, ...rest } = job;
    return signed({ ...rest, subject: shared.subject, ...(repository === undefined ? {} : { repository }) });
  };
  expect(judge(call('https://github.com/acme/shop'), { identities: [shared] })).toMatch(/^yes/);
  expect(judge(call('https://github.com/evil/shop'), { identities: [shared] })).toMatch(/not the repository expected/);
  expect(judge(call('https://github.com/acme/shop'), { identities: [shared] }, null)).toMatch(/not the repository expected/);
  const central = { ...shared, repository: 'https://github.com/acme/ci' };
  expect(judge(call('https://github.com/acme/ci'), { identities: [central] })).toMatch(/^yes/);
  expect(judge(call('https://github.com/acme/shop'), { identities: [central] })).toMatch(/not the repository expected/);
  expect(judge(call(undefined), { identities: [central] })).toMatch(/not the repository expected/);
  const person = { name: 'ada', issuer: 'https://accounts.example', subject: 'ada@example.org', repository: null };
  expect(judge(signed({ subject: person.subject, issuer: person.issuer }), { identities: [person] })).toMatch(/^yes/);
});

test('no changed byte of payload, signature, certificate or proof is accepted', () => {
  const bundle = signed();
  const text = JSON.stringify(bundle);
  const values = [...text.matchAll(/"(?:payload|sig|rawBytes|signedEntryTimestamp|canonicalizedBody|integratedTime)":"([^"]+)"/g)];
  expect(values).toHaveLength(6);
  for (const match of values) {
    const value = match[1] ?? '';
    const at = match.index + match[0].length - 1 - Math.ceil(value.length / 2);
    const changed = `${text.slice(0, at)}${text[at] === '1' ? '2' : '1'}${text.slice(at + 1)}`;
    expect(judge(JSON.parse(changed) as object), match[0].slice(0, 20)).not.toMatch(/^yes/);
  }
});

test('the envelope beside a bundle must be the one in it', () => {
  const bundle = signed();
  const other = envelopeOfBundle(ours.bundle({ ...statement, predicate: { other: true } }, job));
  if (other === null) throw new Error('no bundle');
  expect(signerFor({ envelope: other, bundle }, digest, recorders(), SOURCE)).toMatchObject({ ok: false });
});
