import type { Reason } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Envelope, TrustedKey } from '../../kernel/dsse.ts';
import type { Provenance } from './provenance.ts';
import { BUILDERS, provenanceSchema, sourceUri } from './provenance.ts';
import { openStatement, PROVENANCE_PREDICATE } from './statement.ts';

export type ProvenanceExpected = {
  readonly digest: Digest;
  /** A builder's whole id, or a prefix that ends in `/`. */
  readonly builder: string;
  /** The repository's address, to the letter. */
  readonly source: string;
  readonly service?: string;
  readonly commit?: string;
};

export type VerifiedProvenance =
  | { readonly ok: true; readonly provenance: Provenance; readonly keyId: string }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/**
 * Verifies a provenance: signed by one of `keys`, about exactly these bytes, by the builder and from the source that
 * are expected. A good signature on a statement about something else is a refusal; every fault is named.
 */
export function verifyProvenance(envelope: Envelope, expected: ProvenanceExpected, keys: readonly TrustedKey[]): VerifiedProvenance {
  const opened = openStatement(envelope, keys, PROVENANCE_PREDICATE, expected.digest);
  if (!opened.ok) return opened;
  const parsed = provenanceSchema.safeParse(opened.predicate);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') ?? '';
    return {
      ok: false,
      reasons: [{ code: 'artifacts.provenance-form', text: `the provenance says something that we do not know how to judge, at ${place}` }],
    };
  }
  const reasons = faults(parsed.data, expected);
  return reasons.length === 0 ? { ok: true, provenance: parsed.data, keyId: opened.keyId } : { ok: false, reasons };
}

function faults({ buildDefinition, runDetails }: Provenance, expected: ProvenanceExpected): Reason[] {
  const reasons: Reason[] = [];
  const add = (code: string, text: string): void => void reasons.push({ code, text });
  const { service, source } = buildDefinition.externalParameters;
  const { executor, trust } = buildDefinition.internalParameters;
  const builder = runDetails.builder.id;
  if (!isBuilder(builder, expected.builder)) add('artifacts.builder', `it was built by ${builder}, not by ${expected.builder}`);
  else if (!builder.endsWith(`/${executor}`))
    add('artifacts.builder', `the builder ${builder} and the executor ${executor} contradict each other`);
  if (source.repository !== expected.source)
    add('artifacts.source', `it was built from ${source.repository ?? 'no repository'}, not from ${expected.source}`);
  if (expected.service !== undefined && service !== expected.service)
    add('artifacts.service', `it is an artifact of ${service}, not of ${expected.service}`);
  if (trust === 'untrusted') add('artifacts.untrusted', 'it was built from a source that is not trusted, such as a fork');
  const commits = buildDefinition.resolvedDependencies.filter((entry) => entry.digest['gitCommit'] !== undefined);
  const [commit] = commits;
  // Exactly one: two sources would let either be shown for the other.
  if (commits.length !== 1 || commit === undefined) add('artifacts.commit', `it names ${commits.length} source commits, not one`);
  else {
    if (commit.uri !== sourceUri(expected.source, source.ref)) add('artifacts.source', `its commit is of ${commit.uri ?? 'no repository'}`);
    if (expected.commit !== undefined && commit.digest['gitCommit'] !== expected.commit)
      add('artifacts.commit', `it was built from commit ${commit.digest['gitCommit'] ?? ''}, not from ${expected.commit}`);
  }
  return reasons;
}

function isBuilder(id: string, expected: string): boolean {
  return expected.endsWith('/') ? BUILDERS.some((executor) => id === `${expected}${executor}`) : id === expected;
}
