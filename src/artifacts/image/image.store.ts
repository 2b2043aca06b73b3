import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

/** The SBOM of an image that somebody had made here. */
export type ImageSbomRow = {
  readonly artifactId: string;
  readonly org: string;
  readonly digest: Digest;
  readonly requestedBy: string;
  readonly at: Instant;
} & (
  | { readonly state: 'reading'; readonly why: null; readonly packages: null }
  | { readonly state: 'made'; readonly why: null; readonly packages: number }
  | { readonly state: 'failed'; readonly why: string; readonly packages: null }
);

const COLUMNS = `artifact_id as "artifactId", org_id as org, digest, state, why, packages, requested_by as "requestedBy", at`;

/** Begins to read an image, where it is not being read and none was made; null where one is. */
export function beginImageSbom(
  tx: Tx,
  of: { readonly artifactId: string; readonly digest: Digest; readonly requestedBy: string; readonly at: Instant },
): Promise<ImageSbomRow | null> {
  return tx.maybe<ImageSbomRow>(
    `insert into image_sbom (artifact_id, org_id, digest, state, requested_by, at) values ($1, $2, $3, 'reading', $4, $5)
     on conflict (artifact_id) do update set state = 'reading', why = null, requested_by = excluded.requested_by, at = excluded.at
     where image_sbom.state = 'failed' returning ${COLUMNS}`,
    [of.artifactId, tx.org, of.digest, of.requestedBy, of.at],
  );
}

/** What became of the SBOM of an image; null: nobody asked for one. */
export function imageSbomOf(tx: Tx, digest: string): Promise<ImageSbomRow | null> {
  return tx.maybe<ImageSbomRow>(`select ${COLUMNS} from image_sbom where org_id = $1 and digest = $2`, [tx.org, digest]);
}

/** Says how it ended; once. */
export async function endImageSbom(
  tx: Tx,
  artifactId: string,
  end: { readonly packages: number } | { readonly why: string },
): Promise<boolean> {
  const [state, packages, why] = 'why' in end ? ['failed', null, end.why] : ['made', end.packages, null];
  return (
    (await tx.write(`update image_sbom set state = $2, packages = $3, why = $4 where artifact_id = $1 and state = 'reading'`, [
      artifactId,
      state,
      packages,
      why,
    ])) === 1
  );
}

/** Images that were begun before `before` and are still read: their server may have ended. Of all organisations. */
export function imagesBeingRead(tx: Tx, before: Instant, limit: number): Promise<{ digest: string; org: string }[]> {
  return tx.query(`select digest, org_id as org from image_sbom where state = 'reading' and at <= $1 order by at limit $2`, [
    before,
    limit,
  ]);
}
