import type { Leaf, MissingEvidence, Sections } from './format.ts';
import type { ReadFact } from './check.ts';
import { inputDigestsOf, pinnedDecisions } from './decisions.ts';
import { absentPromotions } from './promotions.ts';

/** How an attestation is read, or null where it isn't valid: its predicate type, and the documents that it refers to by digest. */
export type PredicateOf = (
  artifact: string,
  blob: string,
) => { readonly predicateType: string; readonly references: readonly string[] } | null;

const PROVENANCE = 'https://slsa.dev/provenance/v1';
const RECORDED = 'urn:yardmaster:recorded:v1';
const SBOM = 'https://cyclonedx.org/bom';
/** A signed statement that names a document by digest: how a large SBOM is attested (in-toto reference predicate). */
const REFERENCE = 'https://in-toto.io/attestation/reference/v0.1';

/**
 * What a complete bundle of this release would hold and this one doesn't, by name. The maker of a bundle lists it in
 * the signed manifest with the reason; the verifier computes it again, and whatever is absent but not listed is refused.
 */
export function absentEvidence(
  release: string,
  facts: readonly ReadFact[],
  sections: Pick<Sections, 'decisions' | 'policies' | 'blobs' | 'attestations'>,
  predicateOf: PredicateOf,
): string[] {
  const created = facts.find(({ leaf }) => leaf.type === 'release.created' && leaf.subject === release)?.leaf;
  return [
    ...(created === undefined
      ? [`the fact that ${release} was created`]
      : artifactsOf(created).flatMap((artifact) => absentAttestations(artifact, sections, predicateOf))),
    ...absentDecisionParts(facts, sections),
    ...unpinnedDecisions(facts),
    ...absentPromotions(facts, sections.blobs),
  ];
}

/** The artifacts that a release is made of, by the fact of its creation. */
export function artifactsOf(created: Leaf): string[] {
  const { digests } = created.body as { digests?: unknown };
  return Array.isArray(digests) ? digests.filter((digest): digest is string => typeof digest === 'string') : [];
}

function absentAttestations(artifact: string, sections: Pick<Sections, 'attestations' | 'blobs'>, predicateOf: PredicateOf): string[] {
  const read = sections.attestations.filter((one) => one.artifact === artifact).flatMap(({ blob }) => predicateOf(artifact, blob) ?? []);
  const referring = read.filter((one) => one.predicateType === REFERENCE && one.references.length > 0);
  const absent: string[] = [];
  // Of what another CI built there is the statement of who told it, and no provenance of ours.
  if (!read.some((one) => one.predicateType === PROVENANCE || one.predicateType === RECORDED)) absent.push(`provenance of ${artifact}`);
  if (referring.length === 0 && !read.some((one) => one.predicateType.startsWith(SBOM))) absent.push(`SBOM of ${artifact}`);
  // A statement about a document proves nothing to somebody who has not got the document.
  const documents = referring.flatMap((one) => one.references).filter((digest) => !Object.hasOwn(sections.blobs, digest));
  return [...absent, ...documents.map((digest) => `the document ${digest} of ${artifact}`)];
}

function absentDecisionParts(facts: readonly ReadFact[], sections: Pick<Sections, 'decisions' | 'policies' | 'blobs'>): string[] {
  const answers = new Map(sections.decisions.map(({ decision, answer }) => [decision, answer]));
  const policies = new Set(sections.policies.map(({ digest }) => digest));
  return pinnedDecisions(facts).flatMap(({ id }) => {
    const answer = answers.get(id);
    if (answer === undefined) return [`the answer of ${id}`];
    const absent = [...inputDigestsOf(answer)]
      .filter(([, digest]) => !Object.hasOwn(sections.blobs, digest))
      .map(([name]) => `the input "${name}" of ${id}`);
    const policy = (answer['policy'] as { digest?: unknown } | undefined)?.digest;
    return typeof policy === 'string' && !policies.has(policy) ? [...absent, `the policy ${policy} of ${id}`] : absent;
  });
}

/** Facts that say they rest on a decision whose own fact is not here. */
function unpinnedDecisions(facts: readonly ReadFact[]): string[] {
  const pinned = new Set(pinnedDecisions(facts).map(({ id }) => id));
  const named = facts.flatMap(({ leaf }) => {
    const decision = typeof leaf.body === 'object' && leaf.body !== null ? (leaf.body as { decision?: unknown }).decision : undefined;
    return typeof decision === 'string' && decision.startsWith('dec_') && !pinned.has(decision) ? [decision] : [];
  });
  return [...new Set(named)].map((id) => `the fact that records ${id}`);
}

/** The lines for the manifest: everything absent, with the reason that the packer knows. */
export function listMissing(absent: readonly string[], why: (what: string) => string): MissingEvidence[] {
  return [...new Set(absent)].sort().map((what) => ({ what: what.slice(0, 300), why: why(what).slice(0, 1000) }));
}
