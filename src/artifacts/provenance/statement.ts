import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { canonicalBytes, canonicalJson } from '../../kernel/canonical.ts';
import type { Reason } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import { hexOf } from '../../kernel/digest.ts';
import type { Envelope, Signer, TrustedKey } from '../../kernel/dsse.ts';
import { openEnvelope, sealEnvelope } from '../../kernel/dsse.ts';

/** In-toto Statement v1 (https://in-toto.io/Statement/v1): what is said of which bytes. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/**
 * The in-toto predicate that vouches for a document by its digest. SBOMs are signed so: they can hold megabytes, and
 * every decision reads the statement.
 */
export const SBOM_PREDICATE = 'https://in-toto.io/attestation/reference/v0.1';
export const SBOM_MEDIA_TYPE = 'application/vnd.cyclonedx+json';
export const PROVENANCE_PREDICATE = 'https://slsa.dev/provenance/v1';

export type Statement<Predicate = unknown> = {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: Predicate;
};

/** A statement about one artifact. */
export function makeStatement<Predicate>(name: string, digest: Digest, predicateType: string, predicate: Predicate): Statement<Predicate> {
  return { _type: STATEMENT_TYPE, subject: [{ name, digest: { sha256: hexOf(digest) } }], predicateType, predicate };
}

/** Signs the canonical bytes of a statement with a key at hand; the server signs with `attest` of sign.api.ts. */
export function signStatement(statement: Statement, signer: Signer): Envelope {
  return sealEnvelope(PAYLOAD_TYPE, canonicalBytes(statement), signer);
}

const statementSchema = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) })).length(1),
  predicateType: z.string(),
  predicate: z.record(z.string(), z.unknown()),
});

export type OpenedStatement =
  | { readonly ok: true; readonly predicate: Readonly<Record<string, unknown>>; readonly keyId: string }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/**
 * Opens a signed statement and checks that it speaks of `digest` and of nothing else. The payload must be canonical
 * JSON, so that no duplicate member can say one thing to us and another to the next reader.
 */
export function openStatement(envelope: Envelope, keys: readonly TrustedKey[], predicateType: string, digest: Digest): OpenedStatement {
  const opened = openEnvelope(envelope, PAYLOAD_TYPE, keys);
  if (!opened.ok) return refuse('artifacts.signature', `the signature is not good: ${opened.why}`);
  const value = parseCanonical(opened.payload);
  const parsed = statementSchema.safeParse(value);
  if (!parsed.success) return refuse('artifacts.statement', 'the signed bytes are no statement that we know how to read');
  if (parsed.data.predicateType !== predicateType)
    return refuse('artifacts.predicate', `it is a statement of another kind: ${parsed.data.predicateType.slice(0, 200)}`);
  const subject = parsed.data.subject[0]?.digest.sha256;
  if (subject !== hexOf(digest)) return refuse('artifacts.subject', `it speaks of sha256:${subject ?? ''}, not of ${digest}`);
  return { ok: true, predicate: parsed.data.predicate, keyId: opened.keyId };
}

function parseCanonical(payload: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
    const value = JSON.parse(text) as Json;
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function refuse(code: string, text: string): OpenedStatement {
  return { ok: false, reasons: [{ code, text }] };
}
