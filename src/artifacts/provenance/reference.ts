import { z } from 'zod';
import type { Reason } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import { hexOf } from '../../kernel/digest.ts';
import type { Envelope, TrustedKey } from '../../kernel/dsse.ts';
import { builderPrefix } from './provenance.ts';
import type { Statement } from './statement.ts';
import { makeStatement, openStatement, SBOM_MEDIA_TYPE, SBOM_PREDICATE } from './statement.ts';

const referenceSchema = z.strictObject({
  attester: z.strictObject({ id: z.string() }),
  references: z
    .array(
      z.strictObject({
        name: z.string(),
        mediaType: z.literal(SBOM_MEDIA_TYPE),
        digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
      }),
    )
    .length(1),
});
export type Reference = z.infer<typeof referenceSchema>;

/** States that the CycloneDX document with the digest `sbom` is the SBOM of an artifact. */
export function writeReference(
  artifact: { readonly org: string; readonly name: string; readonly digest: Digest },
  sbom: Digest,
): Statement<Reference> {
  return makeStatement(artifact.name, artifact.digest, SBOM_PREDICATE, {
    attester: { id: `${builderPrefix(artifact.org)}server` },
    references: [{ name: 'sbom.cdx.json', mediaType: SBOM_MEDIA_TYPE, digest: { sha256: hexOf(sbom) } }],
  });
}

/** The digest of the SBOM that a signed statement names for the artifact `digest`. */
export function openReference(
  envelope: Envelope,
  keys: readonly TrustedKey[],
  digest: Digest,
): { readonly ok: true; readonly document: Digest } | { readonly ok: false; readonly reasons: readonly Reason[] } {
  const opened = openStatement(envelope, keys, SBOM_PREDICATE, digest);
  if (!opened.ok) return opened;
  const sha256 = referenceSchema.safeParse(opened.predicate).data?.references[0]?.digest.sha256;
  if (sha256 === undefined) return { ok: false, reasons: [{ code: 'artifacts.reference-form', text: 'it names no CycloneDX document' }] };
  return { ok: true, document: `sha256:${sha256}` };
}
