import type { Digest } from '../../kernel/digest.ts';
import { hexOf } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import { builderPrefix } from '../provenance/provenance.ts';
import { makeStatement, type Statement } from '../provenance/statement.ts';

/** Our signed record of one promotion: which bytes, from where, to where, for which release, by whose wish and decision. */
export const PROMOTION_PREDICATE = 'urn:yardmaster:promotion:v1';
/** SLSA's verification summary (https://slsa.dev/spec/v1.1/verification_summary). */
export const SUMMARY_PREDICATE = 'https://slsa.dev/verification_summary/v1';

/** Everything that both statements say, as it was known right before the copy. */
export type Promoted = {
  readonly org: string;
  readonly name: string;
  readonly digest: Digest;
  readonly promotion: string;
  readonly service: string;
  readonly destination: { readonly name: string; readonly location: string };
  readonly source: string | null;
  readonly release: { readonly id: string; readonly version: string } | null;
  readonly environment: string | null;
  readonly requestedBy: string;
  readonly at: Instant;
  /** What was asked, by which rule or policy, and with what answer. */
  readonly decision: {
    readonly id: string | null;
    readonly digest: Digest;
    readonly policy: { readonly uri: string; readonly digest: Digest };
  };
  /** Digests of the envelopes that were judged. */
  readonly judged: readonly Digest[];
  readonly level: SlsaLevel;
};

export type SlsaLevel = 'SLSA_BUILD_LEVEL_UNEVALUATED' | 'SLSA_BUILD_LEVEL_2' | 'SLSA_BUILD_LEVEL_3';

/** The promotion record. */
export function writePromotion(of: Promoted): Statement {
  return makeStatement(of.name, of.digest, PROMOTION_PREDICATE, {
    promoter: { id: promoterOf(of.org) },
    promotion: of.promotion,
    service: of.service,
    from: { location: of.source },
    to: { destination: of.destination.name, location: of.destination.location },
    release: of.release === null ? null : { id: of.release.id, version: of.release.version },
    environment: of.environment,
    requestedBy: of.requestedBy,
    decidedAt: of.at,
    decision: { id: of.decision.id, digest: { sha256: hexOf(of.decision.digest) } },
    policy: { uri: of.decision.policy.uri, digest: { sha256: hexOf(of.decision.policy.digest) } },
  });
}

/**
 * The verification summary: that we judged these bytes by this policy and found them good, for somebody who trusts us
 * and does not want to judge every attestation again.
 */
export function writeSummary(of: Promoted): Statement {
  return makeStatement(of.name, of.digest, SUMMARY_PREDICATE, {
    verifier: { id: promoterOf(of.org) },
    timeVerified: of.at,
    resourceUri: of.destination.location,
    policy: { uri: of.decision.policy.uri, digest: { sha256: hexOf(of.decision.policy.digest) } },
    inputAttestations: of.judged.map((digest) => ({ digest: { sha256: hexOf(digest) } })),
    verificationResult: 'PASSED',
    verifiedLevels: [of.level],
    slsaVersion: '1.1',
  });
}

/** Who promotes and verifies: the server of this organisation. */
export function promoterOf(org: string): string {
  return `${builderPrefix(org)}server`;
}

/**
 * The SLSA build level that our own provenance supports: the sandbox keeps steps from each other and from the keys; the
 * host executor isolates nothing. Of what others built no level is claimed.
 */
export function levelOf(executor: string | null): SlsaLevel {
  if (executor === 'sandbox') return 'SLSA_BUILD_LEVEL_3';
  return executor === 'host' ? 'SLSA_BUILD_LEVEL_2' : 'SLSA_BUILD_LEVEL_UNEVALUATED';
}
