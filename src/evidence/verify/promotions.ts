import { z } from 'zod';
import { PROMOTION_PREDICATE, promoterOf, SUMMARY_PREDICATE } from '../../artifacts/promotion/statements.ts';
import { isDigest, type Digest } from '../../kernel/digest.ts';
import { readStatement, namedAttestations, type Readable } from './blobs.ts';
import { checked, type Check, type Opened, type ReadFact } from './check.ts';
import { pinnedDecisions, type PinnedDecision } from './decisions.ts';

const promotedSchema = z.object({
  promotion: z.string(),
  digest: z.string().refine(isDigest),
  destination: z.string(),
  location: z.string(),
  release: z.string().nullable(),
  decision: z.string().nullable(),
  record: z.string(),
  summary: z.string(),
  signers: z.array(z.string()).length(2).optional(),
});

/** What the ledger says of a promotion that was done, with the statements that were signed of it. */
export type PromotedFact = z.infer<typeof promotedSchema> & {
  readonly digest: Digest;
  readonly at: string;
  readonly org: string;
  readonly position: number;
};

/** The promotions that the facts of the bundle tell of. */
export function promotedIn(facts: readonly ReadFact[]): PromotedFact[] {
  return facts.flatMap(({ position, leaf }) => {
    const body = leaf.type === 'artifact.promoted' ? promotedSchema.safeParse(leaf.body).data : undefined;
    return body === undefined ? [] : [{ ...body, digest: body.digest as Digest, at: leaf.at, org: leaf.org, position }];
  });
}

type Part = { readonly what: string; readonly blob: string; readonly signer: string | undefined };

/** The two signed statements of a promotion, by the names under which a bundle lists them where they are missing. */
export function partsOf(fact: PromotedFact): { readonly record: Part; readonly summary: Part } {
  return {
    record: { what: `the promotion record of ${fact.promotion}`, blob: fact.record, signer: fact.signers?.[0] },
    summary: { what: `the verification summary of ${fact.promotion}`, blob: fact.summary, signer: fact.signers?.[1] },
  };
}

/**
 * What is absent of the promotions. Asked only where the fact names who signed: facts of before were bundled without
 * their statements, and those bundles stay good.
 */
export function absentPromotions(facts: readonly ReadFact[], blobs: Readonly<Record<string, string>>): string[] {
  return promotedIn(facts)
    .filter(({ signers }) => signers !== undefined)
    .flatMap((fact) => Object.values(partsOf(fact)))
    .filter(({ blob }) => !Object.hasOwn(blobs, blob))
    .map(({ what }) => what);
}

/**
 * Every promotion in the ledger is the one that was signed: record and verification summary have the digests that the
 * fact names, are signed by a key that counted then, speak of these bytes, this place and this release, and rest on a
 * decision that the ledger pins, that came before and said allow. The summary judged nothing that the ledger does not know.
 */
export function checkPromotions(opened: Opened, facts: readonly ReadFact[]): Check {
  const readable = { sections: opened.bundle.sections, keys: opened.trust.keys };
  const known = contextOf(facts);
  const promoted = promotedIn(facts);
  const wrong = [...unreadable(facts)];
  let proven = 0;
  for (const fact of promoted) {
    const { record, summary } = partsOf(fact);
    const found = [wrongDecision(fact, known), ...[record, summary].map((part) => wrongStatement(readable, fact, part, known))];
    wrong.push(...found.filter((why) => why !== null).map((why) => `${fact.promotion}: ${why}`));
    if ([record, summary].every(({ blob }) => Object.hasOwn(readable.sections.blobs, blob))) proven += 1;
  }
  const rest = proven === promoted.length ? '' : `; of ${promoted.length - proven} more only the fact is here`;
  return checked('promotions', wrong, `${proven} promotions have their signed record and summary, as the ledger tells them${rest}`);
}

function unreadable(facts: readonly ReadFact[]): string[] {
  return facts
    .filter((fact) => fact.leaf.type === 'artifact.promoted' && promotedIn([fact]).length === 0)
    .map(({ position }) => `artifact.promoted at ${position} has the wrong form`);
}

/** What the facts of a bundle let a promotion rest on. */
export type PromotionContext = {
  readonly decisions: ReadonlyMap<string, PinnedDecision>;
  /** `artifact envelope` of every attestation that a fact names: made here, or handed in. */
  readonly attested: ReadonlySet<string>;
};

const handedIn = z.object({ digest: z.string(), envelope: z.string() });

export function contextOf(facts: readonly ReadFact[]): PromotionContext {
  const attested = new Set(namedAttestations(facts).keys());
  for (const { leaf } of facts) {
    const body = leaf.type === 'attestation.recorded' ? handedIn.safeParse(leaf.body).data : undefined;
    if (body !== undefined) attested.add(`${body.digest} ${body.envelope}`);
  }
  return { decisions: new Map(pinnedDecisions(facts).map((one) => [one.id, one])), attested };
}

function wrongDecision(fact: PromotedFact, { decisions }: PromotionContext): string | null {
  const decision = fact.decision === null ? undefined : decisions.get(fact.decision);
  // One that is not here at all is for the check of what is missing.
  if (decision === undefined) return null;
  if (decision.position > fact.position) return `it came before its decision ${decision.id}`;
  return decision.verdict === 'allow' ? null : `it rests on ${decision.id}, which said ${decision.verdict}`;
}

/** What is wrong with one of the two statements; null: nothing, or its bytes are not here. */
export function wrongStatement(
  readable: Readable,
  fact: PromotedFact,
  { what, blob, signer }: Part,
  known: PromotionContext,
): string | null {
  if (!Object.hasOwn(readable.sections.blobs, blob)) return null;
  const read = readStatement(readable, fact.digest, blob, fact.at);
  if (!read.ok) return `${what}: ${read.why}`;
  if (signer !== undefined && read.keyId !== signer) return `${what} is signed by another key than the ledger names`;
  const differs = blob === fact.record ? recordDiffers(read, fact, known) : summaryDiffers(read, fact, known);
  return differs === null ? null : `${what} ${differs}`;
}

type Read = { readonly predicateType: string; readonly predicate: unknown };

const sha256 = z.object({ sha256: z.string() });
const recordSchema = z.object({
  promoter: z.object({ id: z.string() }),
  promotion: z.string(),
  to: z.object({ destination: z.string(), location: z.string() }),
  release: z.object({ id: z.string() }).nullable(),
  decidedAt: z.string(),
  decision: z.object({ id: z.string().nullable(), digest: sha256 }),
});

function recordDiffers({ predicateType, predicate }: Read, fact: PromotedFact, { decisions }: PromotionContext): string | null {
  const said = recordSchema.safeParse(predicate).data;
  if (predicateType !== PROMOTION_PREDICATE || said === undefined) return 'is none';
  const pinned = said.decision.id === null ? undefined : decisions.get(said.decision.id);
  return firstDiffering({
    'another promoter': said.promoter.id === promoterOf(fact.org),
    'another promotion': said.promotion === fact.promotion,
    'another place': said.to.destination === fact.destination && said.to.location === fact.location,
    'another release': (said.release?.id ?? null) === fact.release,
    'another decision':
      said.decision.id === fact.decision && (pinned === undefined || pinned.digest === `sha256:${said.decision.digest.sha256}`),
    'a later time': said.decidedAt <= fact.at,
  });
}

const summarySchema = z.object({
  verifier: z.object({ id: z.string() }),
  timeVerified: z.string(),
  resourceUri: z.string(),
  inputAttestations: z.array(z.object({ digest: sha256 })),
  verificationResult: z.string(),
});

function summaryDiffers({ predicateType, predicate }: Read, fact: PromotedFact, { attested }: PromotionContext): string | null {
  const said = summarySchema.safeParse(predicate).data;
  if (predicateType !== SUMMARY_PREDICATE || said === undefined) return 'is none';
  return firstDiffering({
    'another verifier': said.verifier.id === promoterOf(fact.org),
    'another place': said.resourceUri === fact.location,
    'another result than PASSED': said.verificationResult === 'PASSED',
    'attestations that no fact names': said.inputAttestations.every(({ digest }) => attested.has(`${fact.digest} sha256:${digest.sha256}`)),
    'a later time': said.timeVerified <= fact.at,
  });
}

function firstDiffering(holds: Readonly<Record<string, boolean>>): string | null {
  const [differs] = Object.entries(holds).find(([, one]) => !one) ?? [];
  return differs === undefined ? null : `tells of ${differs}`;
}
