import { expect, test } from 'vitest';
import { digestOf } from '../kernel/digest.ts';
import { supplyChain } from './supply-chain.ts';
import type { BuildInput, SupplyChainInput } from './supply-chain.ts';

const both = { sbom: true, provenance: true };
const neither = { sbom: false, provenance: false };
const build: BuildInput = { id: 'bld_1', state: 'accepted', lastError: null, attestations: [] };
const input: SupplyChainInput = {
  digest: digestOf('app'),
  service: { id: 'svc_1', name: 'shop' },
  artifact: { id: 'art_1', name: 'app', revoked: null, damagedAt: null },
  builds: [build],
  keys: [],
  expectedSource: 'https://git.example/shop.git',
  expectedBuilder: 'urn:yardmaster:builder:org_1/',
};
const verdict = (more: Partial<SupplyChainInput>, policy = both): string => supplyChain([{ ...input, ...more }], policy).verdict;

test('nothing known is never yes', () => {
  expect(supplyChain([], both).verdict).toBe('unknown');
  expect(supplyChain([], neither).verdict).toBe('unknown');
  expect(verdict({ artifact: null }, neither)).toBe('deny');
  expect(verdict({ builds: [] }, neither)).toBe('deny');
  expect(verdict({})).toBe('unknown');
  expect(verdict({ builds: [{ ...build, state: 'signed' }] })).toBe('deny');
  expect(verdict({ builds: [{ ...build, state: 'signed' }] }, { sbom: true, provenance: false })).toBe('deny');
  expect(verdict({ builds: [{ ...build, state: 'signed' }] }, { sbom: false, provenance: true })).toBe('deny');
});

test('a policy that asks for nothing lets pass what says nothing, but not what is revoked, damaged or badly signed', () => {
  expect(verdict({}, neither)).toBe('allow');
  expect(
    verdict(
      { artifact: { id: 'art_1', name: 'app', revoked: { at: '2026-01-01T00:00:00.000Z', reason: 'bad' }, damagedAt: null } },
      neither,
    ),
  ).toBe('deny');
  expect(verdict({ artifact: { id: 'art_1', name: 'app', revoked: null, damagedAt: '2026-01-01T00:00:00.000Z' } }, neither)).toBe('deny');
  const forged = {
    id: 'att_1',
    kind: 'provenance',
    envelopeDigest: digestOf('e'),
    document: digestOf('d'),
    documentThere: true,
    incomplete: [],
  } as const;
  const envelope = { payloadType: 'application/vnd.in-toto+json', payload: 'e30=', signatures: [{ keyid: 'x', sig: 'AAAA' }] };
  expect(verdict({ builds: [{ ...build, attestations: [{ ...forged, envelope }] }] }, neither)).toBe('deny');
  expect(verdict({ builds: [{ ...build, attestations: [{ ...forged, envelope: null }] }] }, neither)).toBe('unknown');
  expect(verdict({ builds: [{ ...build, attestations: [{ ...forged, kind: 'sbom', envelope }] }] }, neither)).toBe('deny');
});

test('the worst digest of a release decides, and every reason names its artifact', () => {
  const other = { ...input, digest: digestOf('other'), artifact: null };
  const answer = supplyChain([input, other], neither);
  expect(answer.verdict).toBe('deny');
  expect(answer.reasons.every((reason) => reason.text.startsWith('app (') || reason.text.startsWith(other.digest))).toBe(true);
  expect(answer.reasons).toHaveLength(3);
});

test('of several builds one that stands is enough, in any order', () => {
  const unsigned: BuildInput = { ...build, id: 'bld_2', state: 'signed' };
  expect(verdict({ builds: [unsigned, build] })).toBe('unknown');
  expect(verdict({ builds: [build, unsigned] })).toBe('unknown');
  expect(verdict({ builds: [unsigned, unsigned] })).toBe('deny');
});

test('what is missing says who supplies it', () => {
  expect(supplyChain([input], both).missing).toMatchObject([{ what: 'SBOM of build bld_1' }, { what: 'provenance of build bld_1' }]);
});
