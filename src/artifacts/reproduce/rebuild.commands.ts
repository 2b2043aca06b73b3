import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import { buildAgain } from '../../pipelines/rebuild.api.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { artifactByDigest } from '../artifacts.queries.ts';
import { noSuchArtifact, notRebuildable } from '../artifacts.problems.ts';
import { keepRebuild, rebuildOf, type RebuildRow } from './rebuild.store.ts';
import { settleRebuild } from './rebuild.reactions.ts';
import { everyOwnBuild } from './reproduction.store.ts';

export type AskRebuild = {
  readonly digest: Digest;
  /** Also on a runner that built it the first time. */
  readonly anyRunner: boolean;
  /** The request's Idempotency-Key: the same request again answers the rebuild that it began. */
  readonly key: string | null;
};

/**
 * Begins to build an artifact again, from the commit that its first build here was of, and remembers it: when that run
 * ends, what it made is compared by itself. Problems: `artifacts.not-rebuildable`, `pipelines.no-other-runner`,
 * `pipelines.other-runners-silent`.
 */
export async function askRebuild(floor: Floor, actor: Actor, { digest, anyRunner, key }: AskRebuild): Promise<RebuildRow> {
  const { artifactId, run } = await floor.db.read(actor.org, (tx) => firstBuild(tx, digest));
  const again = await buildAgain(floor, actor, { run, elsewhere: !anyRunner, key });
  const kept = await floor.db.tx(actor.org, async (tx) => {
    const at = await tx.now();
    const row = await keepRebuild(tx, {
      id: tx.floor.newId('rbd'),
      artifactId,
      digest,
      run: again.id,
      anyRunner,
      requestedBy: actorLabel(actor),
      at,
    });
    await tx.notify('artifact', artifactId);
    return row;
  });
  // A pipeline that can't be read ends its run before anybody could remember what it was for.
  await settleRebuild(floor, actor.org, again.id);
  return (await floor.db.read(actor.org, (tx) => rebuildOf(tx, again.id))) ?? kept;
}

async function firstBuild(tx: Tx, digest: Digest): Promise<{ artifactId: string; run: string }> {
  const artifact = await artifactByDigest(tx, digest);
  if (artifact === null) throw noSuchArtifact({ digest });
  const build = (await everyOwnBuild(tx, digest)).find((one) => one.commit !== null);
  if (build === undefined) throw notRebuildable({ digest });
  return { artifactId: artifact.id, run: build.run };
}
