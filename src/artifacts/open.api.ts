import { streamOf } from '../host/stream.system.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { artifactByDigest } from './artifacts.queries.ts';
import { damaged, liesElsewhere, noSuchArtifact, removed } from './artifacts.problems.ts';

export type OpenedArtifact = { readonly name: string; readonly size: number; readonly stream: ReadableStream<Uint8Array> };

/**
 * An artifact's bytes, verified as they are read: the stream fails at its end where they are not what the digest says.
 * Quarantined bytes are refused at once. Revoked ones are readable: evidence must be; that they never ship is decided
 * by the supply-chain rule. Who may read them is the caller's question.
 */
export async function openArtifact(floor: Floor, org: string, digest: Digest): Promise<OpenedArtifact> {
  return floor.db.read(org, (tx) => openArtifactIn(tx, digest));
}

/** {@link openArtifact} inside a transaction; the stream may outlive it. */
export async function openArtifactIn(tx: Tx, digest: Digest): Promise<OpenedArtifact> {
  const artifact = await artifactByDigest(tx, digest);
  if (artifact === null) throw noSuchArtifact({ digest });
  if (artifact.removedAt !== null) throw removed({ digest, at: artifact.removedAt });
  if (!artifact.kept) throw liesElsewhere({ digest, reference: artifact.reference });
  if (artifact.damagedAt !== null) throw damaged({ digest });
  const bytes = await tx.floor.blobs.open(digest);
  return { name: artifact.name, size: artifact.size, stream: streamOf(bytes) };
}
