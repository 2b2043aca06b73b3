import type { Missing, Read, Reason, RuleAnswer, Verdict } from '../kernel/decision.ts';
import { answer, worse, worst } from '../kernel/decision.ts';
import type { Digest } from '../kernel/digest.ts';
import { keysAt, type DatedKey, type Envelope } from '../kernel/dsse.ts';
import type { Instant } from '../kernel/time.ts';
import type { RecorderKey } from './recorded/foreign.ts';
import { judgeRecorded, type RecordedInput } from './recorded/judge.ts';
import type { RecordedLevel } from './recorded/levels.ts';
import type { Recorders } from './recorded/signers.ts';
import { openReference } from './provenance/reference.ts';
import { verifyProvenance } from './provenance/verify.ts';

export const SUPPLY_CHAIN = 'supply-chain';

/** Which of the two a policy asks for. What is there is verified in any case. */
export type SupplyChainPolicy = {
  readonly sbom: boolean;
  readonly provenance: boolean;
  /** What is asked of a build that was recorded and not made here; absent: signed provenance, the strictest. */
  readonly recorded?: RecordedLevel;
};

export type AttestationInput = {
  readonly id: string;
  readonly kind: 'sbom' | 'provenance';
  readonly envelopeDigest: Digest;
  /** null: its bytes are gone or damaged. */
  readonly envelope: Envelope | null;
  /** The SBOM, or the provenance itself, that the envelope vouches for, and whether its bytes are there. */
  readonly document: Digest;
  readonly documentThere: boolean;
  /** What the SBOM says that it can't know. */
  readonly incomplete: readonly string[];
  /** When it was kept, as the ledger dates it; absent in inputs of before keys could end. */
  readonly signedAt?: Instant;
};

export type BuildInput = {
  readonly id: string;
  readonly state: 'accepted' | 'signed';
  /** Why signing failed the last time. */
  readonly lastError: string | null;
  readonly attestations: readonly AttestationInput[];
  /** Of a build that a foreign CI did and told: our statement of it. Absent: we built it. */
  readonly recorded?: RecordedInput['statement'];
};

/** Everything that the rule reads about one digest; plain JSON, so that a decision can be replayed from it. */
export type SupplyChainInput = {
  readonly digest: Digest;
  readonly service: { readonly id: string; readonly name: string };
  readonly artifact: {
    readonly id: string;
    readonly name: string;
    readonly revoked: { readonly at: Instant; readonly reason: string } | null;
    readonly damagedAt: Instant | null;
  } | null;
  /** The builds of this service that yielded the digest. */
  readonly builds: readonly BuildInput[];
  readonly keys: readonly DatedKey[];
  /** The repository that the catalog names for the service; null: none. */
  readonly expectedSource: string | null;
  readonly expectedBuilder: string;
  /** Of recorded builds: what others signed about these bytes, and whose signatures count. */
  readonly attested?: RecordedInput['attested'];
  readonly recorderKeys?: readonly RecorderKey[];
  readonly recorderIdentities?: Recorders['identities'];
  readonly sigstoreRoots?: Recorders['roots'];
};

type Judged = {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly read: readonly Read[];
  readonly missing: readonly Missing[];
};

/**
 * The supply-chain rule of mayShip over every digest of a release: SBOM present, provenance and signature good for
 * this digest, source and builder as expected, not revoked, bytes whole. No digest at all is unknown, never yes.
 */
export function supplyChain(inputs: readonly SupplyChainInput[], policy: SupplyChainPolicy): RuleAnswer {
  if (inputs.length === 0) return answer(SUPPLY_CHAIN, 'unknown', [{ code: 'artifacts.none', text: 'the release names no artifact' }]);
  const judged = inputs.map((input) => judgeDigest(input, policy));
  return answer(
    SUPPLY_CHAIN,
    worst(judged.map((one) => one.verdict)),
    judged.flatMap((one) => one.reasons),
    { read: judged.flatMap((one) => one.read), missing: judged.flatMap((one) => one.missing) },
  );
}

function judgeDigest(input: SupplyChainInput, policy: SupplyChainPolicy): Judged {
  const { artifact, digest } = input;
  const label = artifact === null ? digest : `${artifact.name} (${digest.slice(0, 19)})`;
  const no = (code: string, text: string): Judged => ({
    verdict: 'deny',
    reasons: [{ code, text: `${label}: ${text}` }],
    read: [{ kind: 'artifact', id: artifact?.id ?? digest, digest }],
    missing: [],
  });
  if (artifact === null || input.builds.length === 0) return no('artifacts.not-built-here', `no run of ${input.service.name} built it`);
  if (artifact.revoked !== null) return no('artifacts.revoked', `revoked at ${artifact.revoked.at}: ${artifact.revoked.reason}`);
  if (artifact.damagedAt !== null) return no('artifacts.damaged', `its stored bytes were found damaged at ${artifact.damagedAt}`);
  // Several builds may have yielded the same bytes; one that stands is enough.
  const builds = input.builds.map((build) => judgeBuild(input, build, policy));
  const best = builds.reduce((a, b) => (worse(a.verdict, b.verdict) === a.verdict && a.verdict !== b.verdict ? b : a));
  return { ...best, reasons: best.reasons.map(({ code, text }) => ({ code, text: `${label}: ${text}` })) };
}

function judgeBuild(input: SupplyChainInput, build: BuildInput, policy: SupplyChainPolicy): Judged {
  const { recorded } = build;
  const made = recorded === undefined ? judgeProvenance(input, build, policy) : judgeTold(input, recorded, policy);
  const parts = [judgeSbom(input, build, policy), made];
  return {
    verdict: worst(parts.map((part) => part.verdict)),
    reasons: parts.flatMap((part) => part.reasons),
    read: parts.flatMap((part) => part.read),
    missing: parts.flatMap((part) => part.missing),
  };
}

/** Of a build that was told and not seen, it is judged who told it and who signed for it. */
function judgeTold(input: SupplyChainInput, statement: RecordedInput['statement'], policy: SupplyChainPolicy): Judged {
  const { attested = [], recorderKeys = [], recorderIdentities = [], sigstoreRoots = [] } = input;
  const recorders = { keys: recorderKeys, identities: recorderIdentities, roots: sigstoreRoots };
  return judgeRecorded({ ...input, statement, attested, recorders }, policy.recorded ?? 'attestation');
}

function judgeSbom(input: SupplyChainInput, build: BuildInput, policy: SupplyChainPolicy): Judged {
  const found = present(build, 'sbom', policy.sbom);
  if ('verdict' in found) return found;
  const opened = openReference(found.envelope, keysAt(input.keys, found.attestation.signedAt ?? null), input.digest);
  if (!opened.ok)
    return { ...found.base, verdict: 'deny', reasons: opened.reasons.map(({ code, text }) => ({ code, text: `SBOM: ${text}` })) };
  const { document, documentThere } = found.attestation;
  if (opened.document !== document)
    return {
      ...found.base,
      verdict: 'deny',
      reasons: [{ code: 'artifacts.sbom-swapped', text: `SBOM: ${opened.document} is signed, ${document} is stored` }],
    };
  if (!documentThere)
    return { ...found.base, verdict: 'unknown', reasons: [{ code: 'artifacts.sbom-unreadable', text: "the SBOM's bytes are gone" }] };
  const { incomplete } = found.attestation;
  if (build.recorded !== undefined)
    return {
      ...found.base,
      verdict: 'allow',
      reasons: [{ code: 'artifacts.sbom', text: 'an SBOM was recorded for it; it was told, not written here' }],
    };
  const text =
    incomplete.length === 0 ? 'SBOM present and signed' : `SBOM present and signed; it says that it is incomplete: ${incomplete[0]}`;
  return { ...found.base, verdict: 'allow', reasons: [{ code: 'artifacts.sbom', text }] };
}

function judgeProvenance(input: SupplyChainInput, build: BuildInput, policy: SupplyChainPolicy): Judged {
  const found = present(build, 'provenance', policy.provenance);
  if ('verdict' in found) return found;
  if (input.expectedSource === null) {
    const missing = [{ what: `the repository of ${input.service.name} in the catalog`, who: ['release-manager', 'admin'] }];
    return policy.provenance
      ? {
          ...found.base,
          verdict: 'unknown',
          missing,
          reasons: [
            {
              code: 'artifacts.no-source',
              text: `the catalog names no repository for ${input.service.name}, so the source can't be judged`,
            },
          ],
        }
      : {
          ...found.base,
          verdict: 'allow',
          reasons: [
            { code: 'artifacts.not-asked', text: 'the policy asks for no provenance, and the catalog names no repository to judge it by' },
          ],
        };
  }
  const expected = { digest: input.digest, builder: input.expectedBuilder, source: input.expectedSource, service: input.service.id };
  const verified = verifyProvenance(found.envelope, expected, keysAt(input.keys, found.attestation.signedAt ?? null));
  if (!verified.ok)
    return { ...found.base, verdict: 'deny', reasons: verified.reasons.map(({ code, text }) => ({ code, text: `provenance: ${text}` })) };
  const { executor } = verified.provenance.buildDefinition.internalParameters;
  return {
    ...found.base,
    verdict: 'allow',
    reasons: [
      { code: 'artifacts.provenance', text: `provenance verified: built from ${input.expectedSource} by the ${executor} executor` },
    ],
  };
}

/** The evidence of a recorded build may come after it, so that its absence is not yet a no. */
function stillToCome(word: string): Judged {
  return {
    verdict: 'unknown',
    reasons: [{ code: 'artifacts.not-recorded-yet', text: `no ${word} was recorded for it` }],
    read: [],
    missing: [{ what: `its ${word}: ym record report --kind cyclonedx FILE`, who: ['whoever keeps the CI of this service'] }],
  };
}

type Present = {
  readonly attestation: AttestationInput;
  readonly envelope: Envelope;
  readonly base: { readonly read: readonly Read[]; readonly missing: readonly Missing[] };
};

/** The attestation of a kind with its envelope, or the answer for its absence: never yes where the policy asks for it. */
function present(build: BuildInput, kind: 'sbom' | 'provenance', asked: boolean): Present | Judged {
  const word = kind === 'sbom' ? 'SBOM' : 'provenance';
  const attestation = build.attestations.find((one) => one.kind === kind);
  if (attestation === undefined && !asked)
    return { verdict: 'allow', reasons: [{ code: 'artifacts.not-asked', text: `the policy asks for no ${word}` }], read: [], missing: [] };
  if (attestation === undefined) {
    const missing = [{ what: `${word} of build ${build.id}`, who: ['the server, which writes and signs it'] }];
    if (build.recorded !== undefined) return stillToCome(word);
    if (build.state === 'signed')
      return { verdict: 'deny', reasons: [{ code: `artifacts.no-${kind}`, text: `there is no ${word}` }], read: [], missing };
    const why = build.lastError === null ? '' : `; signing failed: ${build.lastError}`;
    return {
      verdict: 'unknown',
      reasons: [{ code: 'artifacts.not-signed-yet', text: `the ${word} is not written yet${why}` }],
      read: [],
      missing,
    };
  }
  const read = [{ kind: 'attestation', id: attestation.id, digest: attestation.envelopeDigest }];
  if (attestation.envelope === null)
    return {
      verdict: 'unknown',
      reasons: [{ code: 'artifacts.envelope-unreadable', text: `the ${word}'s bytes can't be read` }],
      read,
      missing: [],
    };
  return { attestation, envelope: attestation.envelope, base: { read, missing: [] } };
}
