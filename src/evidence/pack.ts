import { canonicalBytes } from '../kernel/canonical.ts';
import { digestOfValue } from '../kernel/digest.ts';
import { sealEnvelope, type Envelope, type Signer } from '../kernel/dsse.ts';
import type { Instant } from '../kernel/time.ts';
import { digestOfPolicy } from './verify/decisions.ts';
import { FORMAT, MANIFEST_TYPE, type Bundle, type Manifest, type MissingEvidence, type Sections } from './verify/format.ts';

export type Packing = {
  readonly release: string;
  readonly origin: string;
  readonly size: number;
  readonly madeAt: Instant;
  readonly sections: Sections;
  readonly missing: readonly MissingEvidence[];
};

/** The bytes of a bundle: canonical JSON with a manifest over every section, signed. The same input gives the same bytes. */
export function packBundle(packing: Packing, signer: Signer): Uint8Array {
  return bundleOf(packing, sealEnvelope(MANIFEST_TYPE, manifestOf(packing), signer));
}

/** What is signed of a bundle: the canonical bytes of its manifest. */
export function manifestOf({ release, origin, size, madeAt, sections, missing }: Packing): Uint8Array {
  const digests = Object.fromEntries(Object.entries(sections).map(([name, value]) => [name, digestOfValue(value)])) as Manifest['sections'];
  const counts = {
    facts: sections.facts.length,
    attestations: sections.attestations.length,
    decisions: sections.decisions.length,
    blobs: Object.keys(sections.blobs).length,
  };
  const manifest: Manifest = { format: FORMAT, release, origin, size, madeAt, sections: digests, counts, missing: [...missing] };
  return canonicalBytes(manifest);
}

/** The bytes of a bundle with its signed manifest. */
export function bundleOf({ sections }: Packing, { payloadType, payload, signatures }: Envelope): Uint8Array {
  const bundle: Bundle = { format: FORMAT, manifest: { payloadType, payload, signatures: [...signatures] }, sections };
  return canonicalBytes(bundle);
}

/** The policies as resolved that stand in decision inputs (`rules` for a `tier` and `kind`), by digest. */
export function policiesIn(inputs: readonly unknown[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const input of inputs) {
    for (const candidate of [input, ...(typeof input === 'object' && input !== null ? Object.values(input) : [])]) {
      const digest = digestOfPolicy(candidate);
      if (digest !== null) found.set(digest, candidate);
    }
  }
  return found;
}
