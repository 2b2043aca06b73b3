import { packBundle, type Packing } from '../src/evidence/pack.ts';
import type { Sections } from '../src/evidence/verify/format.ts';
import { verifyBundle } from '../src/evidence/verify/verify.ts';
import { canonicalJson } from '../src/kernel/canonical.ts';
import { signCheckpoint } from '../src/kernel/checkpoint.ts';
import { digestOf } from '../src/kernel/digest.ts';
import type { Signer } from '../src/kernel/dsse.ts';
import { inclusionRanges, leafHash, rootOf } from '../src/kernel/merkle.ts';
import { exampleAttestation, makeExample, makeTestKey, type Example } from '../src/testing/evidence-example.ts';

/**
 * Tampers with an evidence bundle in one of many ways and demands that the verifier refuses it and says what.
 *
 * Outsiders have the file and a key of their own. Insiders hold the key that signs bundles (not the past of the log),
 * so their manifest is valid: what refuses them is the log, the digests, or the decision that no longer derives.
 */
export const name = 'tamper';

/** Which check must fail, and the tampered file. */
type Tampered = { readonly bytes: Uint8Array; readonly by: readonly string[] };
type Pick = (below: number) => number;
type Way = (example: Example, pick: Pick) => Tampered;

const stranger = makeTestKey();
let made: Example | null = null;
const theExample = (): Example => (made ??= makeExample());

type Loose = {
  sections: Record<string, unknown>;
  manifest: { payload: string; payloadType: string; signatures: { keyid: string; sig: string }[] };
} & Record<string, unknown>;

function edited(example: Example, change: (bundle: Loose) => void): Uint8Array {
  const bundle = JSON.parse(Buffer.from(example.bytes).toString('utf8')) as Loose;
  change(bundle);
  return Buffer.from(canonicalJson(bundle));
}

/** The same story with other sections, signed again: by the true key (an insider) or by another. */
function repacked(
  example: Example,
  change: (sections: Sections) => void,
  rest: Partial<Packing> = {},
  signer: Signer = example.key,
): Uint8Array {
  const sections = structuredClone(example.packing.sections);
  change(sections);
  return packBundle({ ...example.packing, ...rest, sections }, signer);
}

const facts = (bundle: Loose): Sections['facts'] => bundle.sections['facts'] as Sections['facts'];
const at = <Item>(list: readonly Item[], index: number): Item => list[index % list.length] as Item;

function bend(text: string): string {
  const changed = text.replace('"outcome":"succeeded"', '"outcome":"failed"').replace('"version":"1.0.0"', '"version":"6.6.6"');
  return changed === text ? text.replace('"v":1', '"v":1,"x":1') : changed;
}

/** Ways of somebody who has only the file. */
const outsider: Record<string, Way> = {
  'a bit flipped': (example, pick) => {
    const bytes = Uint8Array.from(example.bytes);
    const place = pick(bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << pick(8));
    return { bytes, by: ['form', 'manifest', 'sections'] };
  },
  'a byte replaced by a likely one': (example, pick) => {
    const bytes = Uint8Array.from(example.bytes);
    const place = pick(bytes.length);
    const other = '0123456789abcdefABCDEF+/="{}[],: '.charCodeAt(pick(33));
    bytes[place] = bytes[place] === other ? other + 1 : other;
    return { bytes, by: ['form', 'manifest', 'sections'] };
  },
  'bytes cut out': (example, pick) => {
    const from = pick(example.bytes.length - 1);
    const bytes = Buffer.concat([example.bytes.subarray(0, from), example.bytes.subarray(from + 1 + pick(200))]);
    return { bytes, by: ['form', 'manifest', 'sections'] };
  },
  'the end cut off': (example, pick) => ({ bytes: example.bytes.subarray(0, pick(example.bytes.length)), by: ['form'] }),
  'bytes appended': (example, pick) => ({
    bytes: Buffer.concat([example.bytes, Buffer.from(at([' ', '\n', '{}', '\0'], pick(4)))]),
    by: ['form'],
  }),
  'spelt differently': (example) => ({
    bytes: Buffer.from(JSON.stringify(JSON.parse(Buffer.from(example.bytes).toString()), null, 1)),
    by: ['form'],
  }),
  'a member twice': (example) => ({
    bytes: Buffer.from(Buffer.from(example.bytes).toString().replace('{"format"', '{"format":"x","format"')),
    by: ['form'],
  }),
  'an unknown member': (example) => ({ bytes: edited(example, (bundle) => (bundle['note'] = 'trust me')), by: ['form'] }),
  'a fact removed': (example, pick) => ({
    bytes: edited(example, (bundle) => void facts(bundle).splice(pick(facts(bundle).length), 1)),
    by: ['sections'],
  }),
  'two facts in another order': (example, pick) => ({
    bytes: edited(example, (bundle) => {
      const list = facts(bundle);
      const first = pick(list.length - 1);
      list.splice(first, 2, at(list, first + 1), at(list, first));
    }),
    by: ['sections', 'facts'],
  }),
  'a fact added': (example, pick) => ({
    bytes: edited(example, (bundle) => {
      const model = at(facts(bundle), pick(99));
      facts(bundle).push({ ...model, position: 10_000 + pick(99), leaf: bend(model.leaf) });
    }),
    by: ['sections', 'facts'],
  }),
  'a fact twice': (example, pick) => ({
    bytes: edited(example, (bundle) => void facts(bundle).push(at(facts(bundle), pick(99)))),
    by: ['sections', 'facts'],
  }),
  'a fact changed': (example, pick) => ({
    bytes: edited(example, (bundle) => {
      const fact = at(facts(bundle), pick(99));
      fact.leaf = bend(fact.leaf);
    }),
    by: ['sections', 'facts'],
  }),
  'signed with another key': (example) => ({ bytes: repacked(example, () => undefined, {}, stranger), by: ['manifest'] }),
  'signed with another key under the true name': (example) => ({
    bytes: repacked(example, () => undefined, {}, { keyId: example.key.keyId, sign: stranger.sign }),
    by: ['manifest'],
  }),
  'everything told anew with another key': () => ({ bytes: makeExample(stranger).bytes, by: ['manifest'] }),
  'a second signature': (example) => ({
    bytes: edited(example, (bundle) => void bundle.manifest.signatures.push({ keyid: stranger.keyId, sig: 'AAAA' })),
    by: ['form'],
  }),
  'the manifest of another bundle': (example) => ({
    bytes: edited(example, (bundle) => {
      const other = JSON.parse(Buffer.from(makeExample(example.key, { noise: 12 }).bytes).toString()) as Loose;
      bundle.manifest = other.manifest;
    }),
    by: ['sections'],
  }),
};

/** Ways of somebody who holds the key that signs bundles, but can't change what the log already said. */
const insider: Record<string, Way> = {
  'a fact changed and signed': (example, pick) => ({
    bytes: repacked(example, (sections) => {
      const fact = at(sections.facts, pick(99));
      fact.leaf = bend(fact.leaf);
    }),
    by: ['facts'],
  }),
  'a fact invented and signed': (example, pick) => ({
    bytes: repacked(example, (sections) => {
      const model = at(sections.facts, pick(99));
      sections.facts.push({ ...model, position: example.log.length - 1, leaf: bend(model.leaf) });
    }),
    by: ['facts'],
  }),
  'positions swapped and signed': (example, pick) => ({
    bytes: repacked(example, (sections) => {
      const first = pick(sections.facts.length - 1);
      const [a, b] = [at(sections.facts, first), at(sections.facts, first + 1)];
      [a.position, b.position] = [b.position, a.position];
      sections.facts.sort((x, y) => x.position - y.position);
    }),
    by: ['facts'],
  }),
  'two facts in another order and signed': (example, pick) => ({
    bytes: repacked(example, ({ facts }) => {
      const first = pick(facts.length - 1);
      facts.splice(first, 2, at(facts, first + 1), at(facts, first));
    }),
    by: ['facts'],
  }),
  'a fact twice and signed': (example, pick) => ({
    bytes: repacked(example, ({ facts }) => {
      const place = pick(facts.length);
      facts.splice(place, 0, at(facts, place));
    }),
    by: ['facts'],
  }),
  'a proof changed and signed': (example, pick) => ({
    bytes: repacked(example, (sections) => {
      const { proof } = at(sections.facts, pick(99));
      proof[pick(proof.length)] = Buffer.from(leafHash(Buffer.from('x'))).toString('base64');
    }),
    by: ['facts'],
  }),
  'the checkpoint signed by another key': (example) => ({
    bytes: repacked(example, (sections) => {
      const { origin, size } = example.packing;
      sections.checkpoint = signCheckpoint({ origin, size, root: rootOf(example.log), extensions: [] }, stranger, stranger.publicKeyPem);
    }),
    by: ['checkpoint'],
  }),
  'a checkpoint of another log': (example) => ({
    bytes: repacked(example, (sections) => (sections.checkpoint = makeExample(example.key, { noise: 30 }).packing.sections.checkpoint)),
    by: ['checkpoint'],
  }),
  'another past of the log': (example) => ({ bytes: makeExample(example.key, { forked: true }).bytes, by: ['history'] }),
  'the log cut behind what was kept outside': (example) => ({ bytes: makeExample(example.key, { noise: 20 }).bytes, by: ['history'] }),
  'no proof of continuing': (example) => ({ bytes: repacked(example, (sections) => (sections.consistency = [])), by: ['history'] }),
  'bytes of a blob changed': (example, pick) => ({
    bytes: repacked(example, ({ blobs }) => {
      const digest = at(Object.keys(blobs), pick(99));
      blobs[digest] = Buffer.from('{"another":"input"}').toString('base64');
    }),
    by: ['blobs'],
  }),
  'a decision input left out in silence': (example, pick) => ({
    bytes: repacked(example, ({ blobs, decisions }) => {
      const inputs = Object.values(at(decisions, pick(2)).answer['inputs'] as Record<string, string>);
      delete blobs[at(inputs, pick(99))];
    }),
    by: ['missing'],
  }),
  'the answer of a decision bent': (example, pick) => ({
    bytes: repacked(example, ({ decisions }) => (at(decisions, pick(2)).answer['notAfter'] = '2030-01-01T00:00:00.000Z')),
    by: ['decisions'],
  }),
  'an answer bent with a digest to fit': (example, pick) => ({
    bytes: repacked(example, ({ decisions }) => {
      const { answer } = at(decisions, pick(2));
      answer['verdict'] = 'allow';
      answer['at'] = '2026-11-23T11:11:11.000Z';
      answer['digest'] = digestOf(canonicalJson({ ...answer, digest: undefined }));
    }),
    by: ['decisions'],
  }),
  'a decision left out in silence': (example, pick) => ({
    bytes: repacked(example, ({ decisions }) => void decisions.splice(pick(2), 1)),
    by: ['missing'],
  }),
  'the fact of a decision left out in silence': (example) => ({
    bytes: repacked(example, (sections) => {
      const gone = sections.decisions.splice(1, 1)[0]?.decision ?? '';
      sections.facts = sections.facts.filter(({ leaf }) => !leaf.includes(`"subject":"${gone}"`));
    }),
    by: ['missing'],
  }),
  'a policy with other rules': (example) => ({
    bytes: repacked(example, ({ policies }) => {
      const resolved = policies[0]?.resolved as { rules: { supplyChain: { sbom: boolean } } };
      resolved.rules.supplyChain.sbom = false;
    }),
    by: ['policies'],
  }),
  'the policy left out in silence': (example) => ({ bytes: repacked(example, (sections) => (sections.policies = [])), by: ['missing'] }),
  'an attestation left out in silence': (example, pick) => ({
    bytes: repacked(example, ({ attestations }) => void attestations.splice(pick(2), 1)),
    by: ['missing'],
  }),
  'an attestation by another key': (example) => ({
    bytes: repacked(example, forgedAttestation(exampleAttestation('https://slsa.dev/provenance/v1', stranger))),
    by: ['attestations'],
  }),
  'an attestation of another artifact': (example) => ({
    bytes: repacked(
      example,
      forgedAttestation(exampleAttestation('https://slsa.dev/provenance/v1', example.key, digestOf('another artifact'))),
    ),
    by: ['attestations'],
  }),
  'an attestation written afterwards': (example) => ({
    bytes: repacked(example, forgedAttestation(exampleAttestation('https://slsa.dev/provenance/v1?really', example.key))),
    by: ['attestations'],
  }),
  'a byte of what was signed of a promotion changed and signed': (example, pick) => ({
    bytes: repacked(example, ({ blobs }) => {
      const blob = promotionBlobs(example)[pick(2)] ?? '';
      const bytes = Buffer.from(blobs[blob] ?? '', 'base64');
      const place = pick(bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << pick(8));
      blobs[blob] = bytes.toString('base64');
    }),
    by: ['blobs'],
  }),
  'what was signed of a promotion left out in silence': (example, pick) => ({
    bytes: repacked(example, ({ blobs }) => void delete blobs[promotionBlobs(example)[pick(2)] ?? '']),
    by: ['missing'],
  }),
  'a promotion signed by another key': (example) => ({
    bytes: makeExample(example.key, { promoted: { signer: stranger } }).bytes,
    by: ['promotions'],
  }),
  'a promotion of other bytes': (example) => ({
    bytes: makeExample(example.key, { promoted: { digest: digestOf('another artifact') } }).bytes,
    by: ['promotions'],
  }),
  'a promotion to another place': (example, pick) => ({
    bytes: makeExample(example.key, {
      promoted: {
        destination: at(
          [
            { name: 'prod-images', location: 'oci://evil.example/acme/cart' },
            { name: 'evil', location: 'oci://registry.example/acme/cart' },
          ],
          pick(2),
        ),
      },
    }).bytes,
    by: ['promotions'],
  }),
  'a promotion of another release': (example) => ({
    bytes: makeExample(example.key, { promoted: { release: { id: 'rel_00000000000000000000000000000000', version: '9.9.9' } } }).bytes,
    by: ['promotions'],
  }),
  'a promotion on a decision that said no': (example) => ({
    bytes: makeExample(example.key, { promoted: { restsOn: 0 } }).bytes,
    by: ['promotions'],
  }),
  'a promotion on a decision with another answer': (example) => {
    const policy = { uri: 'urn:yardmaster:policy:startup', digest: digestOf('policy') };
    const id = example.packing.sections.decisions[1]?.decision ?? null;
    return {
      bytes: makeExample(example.key, { promoted: { decision: { id, digest: digestOf('yes'), policy } } }).bytes,
      by: ['promotions'],
    };
  },
  'a summary of attestations that nobody made': (example) => ({
    bytes: makeExample(example.key, { promoted: { judged: [digestOf('invented')] } }).bytes,
    by: ['promotions'],
  }),
  'the bundle of another release': (example) => ({
    bytes: repacked(example, () => undefined, { release: 'rel_00000000000000000000000000000000' }),
    by: ['story', 'missing'],
  }),
  'another size of the log': (example, pick) => ({
    bytes: repacked(example, () => undefined, { size: example.packing.size + 1 + pick(9) }),
    by: ['checkpoint'],
  }),
  'a proof for another place': (example, pick) => ({
    bytes: repacked(example, (sections) => {
      const fact = at(sections.facts, pick(99));
      fact.proof = inclusionRanges((fact.position + 1) % example.log.length, example.log.length).map(({ from, to }) =>
        Buffer.from(rootOf(example.log.slice(from, to))).toString('base64'),
      );
    }),
    by: ['facts'],
  }),
};

/** The blobs of the promotion record and of the verification summary. */
function promotionBlobs(example: Example): string[] {
  const { leaf } = example.packing.sections.facts.find(({ leaf }) => leaf.includes('"type":"artifact.promoted"')) ?? { leaf: '{}' };
  const { body } = JSON.parse(leaf) as { body: { record: string; summary: string } };
  return [body.record, body.summary];
}

function forgedAttestation(text: string): (sections: Sections) => void {
  return ({ attestations, blobs }) => {
    const [first] = attestations;
    if (first === undefined) throw new Error('the example has attestations');
    first.blob = digestOf(text);
    blobs[first.blob] = Buffer.from(text).toString('base64');
  };
}

/** Every way by name: the tests walk all of them, seeds pick among them. */
export const ways: Readonly<Record<string, Way>> = { ...outsider, ...insider };

/** Tampers in one way, with `seed` choosing the place, and throws where the bundle still verifies or the reason is another. */
export function tamperOnce(how: string, seed: number): void {
  const way = ways[how];
  if (way === undefined) throw new Error(`no way "${how}"`);
  const example = theExample();
  const { bytes, by } = way(example, randomOf(seed));
  if (Buffer.compare(bytes, example.bytes) === 0) throw new Error(`${how} (seed ${seed}): nothing was changed`);
  const verified = verifyBundle(bytes, example.trust);
  const failed = verified.checks.filter((check) => !check.ok);
  if (verified.ok || failed.length === 0) throw new Error(`${how} (seed ${seed}): the bundle still verifies`);
  if (!failed.some((check) => by.includes(check.name) && check.why !== '')) {
    throw new Error(`${how} (seed ${seed}): refused by ${failed.map((check) => check.name).join(', ')}, expected ${by.join(' or ')}`);
  }
}

/** One tampering chosen by the seed. First the untouched bundle must verify: a verifier that refuses all proves nothing. */
export async function run(seed: number): Promise<void> {
  const example = theExample();
  const untouched = verifyBundle(example.bytes, example.trust);
  if (!untouched.ok) throw new Error(`the untouched bundle is refused: ${JSON.stringify(untouched.checks.filter((check) => !check.ok))}`);
  tamperOnce(at(Object.keys(ways), seed), seed);
}

/** A small seeded generator (mulberry32); `pick(n)` is a whole number below n. */
function randomOf(seed: number): Pick {
  let state = (seed + 0x9e3779b9) | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}
