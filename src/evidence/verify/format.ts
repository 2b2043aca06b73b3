import { z } from 'zod';

/**
 * The form of an evidence bundle. The file is the canonical JSON (RFC 8785) of one object, so that it has exactly one
 * spelling: a changed byte is either another object or no bundle at all.
 */
export const FORMAT = 'yardmaster-evidence-bundle/1';
export const MANIFEST_TYPE = 'application/vnd.yardmaster.bundle-manifest+json';
/** Larger files are refused before they are parsed. */
export const MAX_BUNDLE_BYTES = 256 * 1024 ** 2;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const hash = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const whole = z.number().int().min(0);
const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

const envelope = z.strictObject({
  payloadType: z.string().max(200),
  payload: base64,
  signatures: z.array(z.strictObject({ keyid: z.string().max(200), sig: base64.max(1000) })).length(1),
});

const sections = z.strictObject({
  /** The signed note of the checkpoint that covers all facts. */
  checkpoint: z.string().max(16_384),
  /** Proofs that the ledger of this checkpoint begins with earlier ones, for whoever kept one. */
  consistency: z.array(z.strictObject({ origin: z.string().max(200), size: whole, proof: z.array(hash).max(64) })).max(1000),
  /** In the order of the ledger: the exact text of each leaf, its position, its inclusion proof. */
  facts: z.array(z.strictObject({ position: whole, leaf: z.string().max(16 * 1024 ** 2), proof: z.array(hash).max(64) })).max(200_000),
  /** Which blob is an attestation (a DSSE envelope) about which artifact. */
  attestations: z.array(z.strictObject({ artifact: digest, blob: digest })).max(10_000),
  /** The recorded answers of mayShip, in full; their digests stand in the ledger. */
  decisions: z.array(z.strictObject({ decision: z.string().max(100), answer: z.record(z.string(), z.unknown()) })).max(50_000),
  /** The policy as resolved, by the digest that release intents carry. */
  policies: z.array(z.strictObject({ digest, resolved: z.unknown() })).max(1000),
  /** Bytes by digest: decision inputs, attestations, and what was signed of promotions. */
  blobs: z.record(digest, base64),
});

export const bundleSchema = z.strictObject({ format: z.literal(FORMAT), manifest: envelope, sections });
export type Bundle = z.infer<typeof bundleSchema>;
export type Sections = z.infer<typeof sections>;
export type SectionName = keyof Sections;
export const SECTIONS = Object.keys(sections.shape) as SectionName[];

/** What the maker of a bundle signs: which release, which log, and the digest of every section. */
export const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  release: z.string().max(100),
  origin: z.string().max(200),
  size: whole,
  madeAt: z.string().max(40),
  /** Digest of the canonical JSON of each section. */
  sections: z.strictObject({
    checkpoint: digest,
    consistency: digest,
    facts: digest,
    attestations: digest,
    decisions: digest,
    policies: digest,
    blobs: digest,
  }),
  counts: z.strictObject({ facts: whole, attestations: whole, decisions: whole, blobs: whole }),
  /** Evidence that should be here and is not. */
  missing: z.array(z.strictObject({ what: z.string().max(300), why: z.string().max(1000) })).max(10_000),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type MissingEvidence = Manifest['missing'][number];

/** The exact members of a fact's leaf. */
export const leafSchema = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  org: z.string(),
  type: z.string(),
  subject: z.string(),
  service: z.string().nullable(),
  actor: z.string(),
  at: z.string(),
  body: z.unknown(),
});
export type Leaf = z.infer<typeof leafSchema>;

/** What a stranger trusts, got over another way than the bundle: keys, and checkpoints that he kept. */
export const trustSchema = z.object({
  keys: z
    .array(
      z.object({
        keyId: z.string().max(200),
        publicKeyPem: z.string().max(10_000),
        /** What it signed from this instant on counts for nothing. */
        revokedFrom: z.string().max(40).optional(),
      }),
    )
    .min(1)
    .max(1000),
  checkpoints: z.array(z.string().max(16_384)).max(10_000).optional(),
});
export type Trust = z.infer<typeof trustSchema>;
