import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { artifactByDigest, attestationsOf } from '../artifacts.queries.ts';
import { hasSbom, noImage, noSuchArtifact } from '../artifacts.problems.ts';
import { beginImageSbom, imageSbomOf, type ImageSbomRow } from './image.store.ts';

/** Wakes who reads an image. */
export const IMAGE_TASK = 'artifacts.read-image';

/**
 * Asks for the SBOM of an image that was recorded by its digest and lies in a connected registry. Repeated while it is
 * read it changes nothing; after a failure it begins anew. Problems: `artifacts.no-image`, `artifacts.has-sbom`.
 */
export async function askImageSbom(tx: Tx, actor: Actor, digest: Digest): Promise<ImageSbomRow> {
  const artifact = await artifactByDigest(tx, digest);
  if (artifact === null) throw noSuchArtifact({ digest });
  if (artifact.kept || artifact.reference === null) throw noImage({ digest });
  const before = await imageSbomOf(tx, digest);
  if (before?.state === 'reading') return before;
  if ((await attestationsOf(tx, digest)).some(({ kind }) => kind === 'sbom')) throw hasSbom({ digest });
  const at = await tx.now();
  const begun = await beginImageSbom(tx, { artifactId: artifact.id, digest, requestedBy: actorLabel(actor), at });
  if (begun === null) throw hasSbom({ digest });
  await tx.wake(IMAGE_TASK, digest, { digest, org: tx.org });
  await tx.notify('artifact', artifact.id);
  return begun;
}
