import type { Tx } from '../platform/floor.ts';
import type { BlobNames } from '../platform/retention/retention.port.ts';

async function named(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select envelope_digest from attestation where envelope_digest = any($1)
     union select document_digest from attestation where document_digest = any($1)
     union select envelope_digest from recorded_attestation where envelope_digest = any($1)
     union select record_digest from promotion where record_digest = any($1)
     union select summary_digest from promotion where summary_digest = any($1)
     union select document_digest from sigstore_root where document_digest = any($1)
     union select d from artifact_build, unnest($1::text[]) as d where state = 'accepted' and strpos(made::text, d) > 0`,
    [digests],
  );
  return rows.map((row) => row.digest);
}

/** Names of artifacts themselves, which give way where retention removed them. */
async function asArtifact(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select digest from artifact where digest = any($1) union select digest from artifact_build where digest = any($1)`,
    [digests],
  );
  return rows.map((row) => row.digest);
}

/** Of these digests those whose artifact every organisation that had it has removed. */
export async function removedArtifacts(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `select digest from artifact where digest = any($1) group by digest having bool_and(removed_at is not null)`,
    [digests],
  );
  return rows.map((row) => row.digest);
}

/** Artifacts, what is attested of them, and what the provenance of those not signed yet is made from. */
export const artifactBytes: BlobNames = {
  name: 'artifacts',
  columns: [
    'artifact.digest',
    'artifact_build.digest',
    'attestation.digest',
    'attestation.envelope_digest',
    'attestation.document_digest',
    'recorded_attestation.envelope_digest',
    'sigstore_root.document_digest',
    'artifact_component.digest',
    'artifact_contents.digest',
    'artifact_contents.document_digest',
    'advisory_match.digest',
    'promotion.digest',
    'reproduction.digest',
    'reproduction.other_digest',
    'rebuild.digest',
    'image_sbom.digest',
    'promotion.record_digest',
    'promotion.summary_digest',
  ],
  named,
  asArtifact,
};
