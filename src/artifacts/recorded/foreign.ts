import { z } from 'zod';
import { hexOf, type Digest } from '../../kernel/digest.ts';
import { openEnvelope, strictBase64, type Envelope, type TrustedKey } from '../../kernel/dsse.ts';
import { PAYLOAD_TYPE } from '../provenance/statement.ts';

/** A key that an admin registered, by the name it was given. */
export type RecorderKey = TrustedKey & { readonly name: string };

/** SLSA provenance of any version: https://slsa.dev/spec. */
const SLSA = 'https://slsa.dev/provenance/';

const digests = z.record(z.string(), z.string());
const statementSchema = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z
    .array(z.object({ name: z.string().optional(), digest: digests }))
    .min(1)
    .max(1000),
  predicateType: z.string().min(1).max(500),
  predicate: z.unknown().optional(),
});

/** What is read of SLSA provenance v1 and v0.2: from which commits, and by which builder. */
const provenanceSchema = z.object({
  buildDefinition: z.object({ resolvedDependencies: z.array(z.object({ digest: digests.optional() })).optional() }).optional(),
  materials: z.array(z.object({ digest: digests.optional() })).optional(),
  runDetails: z.object({ builder: z.object({ id: z.string() }) }).optional(),
  builder: z.object({ id: z.string() }).optional(),
});

export type ForeignStatement = {
  readonly predicateType: string;
  /** The artifacts that it speaks of, as far as they are named by a sha256. */
  readonly digests: readonly Digest[];
  readonly isProvenance: boolean;
  /** Git commits that the provenance names as what was built from. */
  readonly commits: readonly string[];
  readonly builder: string | null;
};

/** Reads what an envelope of somebody else says, without asking who signed it; a sentence where it can't be read. */
export function readForeign(envelope: Envelope): ForeignStatement | string {
  if (envelope.payloadType !== PAYLOAD_TYPE) return `its payload type is ${envelope.payloadType.slice(0, 100)}, not ${PAYLOAD_TYPE}`;
  const bytes = strictBase64(envelope.payload);
  if (bytes === null) return 'its payload is not canonical base64';
  const parsed = statementSchema.safeParse(parse(bytes)).data;
  if (parsed === undefined) return 'its payload is no in-toto statement';
  const named = parsed.subject.flatMap(({ digest }) =>
    /^[0-9a-f]{64}$/.test(digest['sha256'] ?? '') ? [`sha256:${digest['sha256']}` as Digest] : [],
  );
  if (named.length === 0) return 'none of its subjects has a sha256';
  const isProvenance = parsed.predicateType.startsWith(SLSA);
  const provenance = isProvenance ? provenanceSchema.safeParse(parsed.predicate).data : undefined;
  const built = [...(provenance?.buildDefinition?.resolvedDependencies ?? []), ...(provenance?.materials ?? [])];
  return {
    predicateType: parsed.predicateType,
    digests: [...new Set(named)],
    isProvenance: isProvenance && provenance !== undefined,
    commits: built.flatMap(({ digest }) => digest?.['gitCommit'] ?? digest?.['sha1'] ?? []),
    builder: provenance?.runDetails?.builder.id ?? provenance?.builder?.id ?? null,
  };
}

const bundleSchema = z.object({
  verificationMaterial: z.unknown(),
  dsseEnvelope: z.object({
    payloadType: z.string(),
    payload: z.string(),
    signatures: z.array(z.object({ keyid: z.string().default(''), sig: z.string() })).length(1),
  }),
});

/** The DSSE envelope in a Sigstore bundle (v0.1 to v0.3); null: the value is no bundle of one. Nothing is verified. */
export function envelopeOfBundle(value: unknown): Envelope | null {
  const bundle = bundleSchema.safeParse(value).data;
  if (typeof bundle?.verificationMaterial !== 'object' || bundle.verificationMaterial === null) return null;
  return bundle.dsseEnvelope;
}

/**
 * The registered key by which an envelope is signed, or null. Other tools name keys in other ways, or not at all, so
 * that each signature is tried with each key; a key id in the envelope is a hint and proves nothing.
 */
export function signerOf(envelope: Envelope, keys: readonly RecorderKey[]): RecorderKey | null {
  const signed = (key: RecorderKey): boolean => {
    const signatures = envelope.signatures.map(({ sig }) => ({ keyid: key.keyId, sig }));
    return openEnvelope({ ...envelope, signatures }, PAYLOAD_TYPE, [key]).ok;
  };
  return keys.find(signed) ?? null;
}

/** Whether the statement speaks of these bytes. */
export function speaksOf(statement: ForeignStatement, digest: Digest): boolean {
  return statement.digests.some((one) => hexOf(one) === hexOf(digest));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
