import type { Actor } from '../kernel/actor.ts';
import { actorLabel } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import type { Artifact } from './artifacts.queries.ts';
import { artifactByDigest } from './artifacts.queries.ts';
import { lockArtifact, markRevoked } from './artifact.store.ts';
import { artifactRevoked } from './artifacts.events.ts';
import { noSuchArtifact } from './artifacts.problems.ts';

/** Takes an artifact out of use for ever. Revoking twice keeps the first reason. `service`: whose history the fact joins. */
export async function revokeArtifact(
  tx: Tx,
  actor: Actor,
  input: { readonly digest: string; readonly reason: string; readonly service: string | null },
): Promise<Artifact> {
  const artifact = await lockArtifact(tx, input.digest);
  if (artifact === null) throw noSuchArtifact({ digest: input.digest });
  if (artifact.revoked_at === null) {
    await markRevoked(tx, artifact, actorLabel(actor), input.reason, await tx.now());
    await tx.record(artifactRevoked, {
      subject: artifact.id,
      actor,
      service: input.service,
      // What a person wrote stays out of what is kept for ever.
      body: { digest: input.digest, reasonDigest: digestOf(input.reason) },
    });
  }
  const after = await artifactByDigest(tx, input.digest);
  if (after === null) throw new Error(`artifact ${input.digest} vanished under its own lock`);
  return after;
}
