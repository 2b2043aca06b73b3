import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import { runnerOf } from '../../pipelines/rebuild.api.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { artifactsOfRun, artifactByDigest } from '../artifacts.queries.ts';
import { artifactReproduced } from '../artifacts.events.ts';
import { noRebuild, noSuchArtifact } from '../artifacts.problems.ts';
import { explain } from './compare.api.ts';
import { buildIn, insertReproduction, ownBuilds, reproductionsOf, type BuildOf, type ReproductionRow } from './reproduction.store.ts';

/**
 * Compares an artifact with what another run of the same commit made under the same name, keeps the answer and tells it
 * as a fact. The bytes are read outside the transaction. The same two builds are compared once. `requestedBy`: who asked,
 * where it is not who acts.
 */
export async function compareRebuild(
  floor: Floor,
  actor: Actor,
  digest: Digest,
  run: string,
  requestedBy = actorLabel(actor),
): Promise<ReproductionRow> {
  const { org } = actor;
  const of = await floor.db.read(org, (tx) => findPair(tx, digest, run));
  const same = of.again.digest === digest;
  const causes = same ? [] : await explain(floor, org, digest, of.again.digest);
  return floor.db.tx(org, async (tx) => {
    const row = {
      id: tx.floor.newId('rpd'),
      artifactId: of.artifact,
      digest,
      otherDigest: of.again.digest,
      buildId: of.build.id,
      rebuildId: of.again.id,
      same,
      ...of.on,
      causes,
      requestedBy,
      at: await tx.now(),
    };
    const kept = await insertReproduction(tx, row);
    if (kept === null) {
      const before = (await reproductionsOf(tx, digest)).find((one) => one.rebuildId === of.again.id && one.buildId === of.build.id);
      if (before === undefined) throw new Error(`the comparison of ${of.build.id} and ${of.again.id} is neither new nor there`);
      return before;
    }
    const body = {
      digest,
      other: of.again.digest,
      build: of.build.id,
      rebuild: of.again.id,
      same,
      runners: of.on.runners,
      causes: causes.map(({ cause }) => cause),
    };
    await tx.record(artifactReproduced, { subject: of.artifact, actor, service: of.again.service, body });
    return kept;
  });
}

async function findPair(tx: Tx, digest: Digest, run: string) {
  const artifact = await artifactByDigest(tx, digest);
  if (artifact === null) throw noSuchArtifact({ digest });
  const [any] = await artifactsOfRun(tx, run);
  if (any === undefined) throw noRebuild({ run, why: 'it made nothing' });
  for (const build of await ownBuilds(tx, digest, any.service)) {
    const again = await buildIn(tx, run, build.name);
    if (build.run === run || again === null) continue;
    if (build.commit === null || build.commit !== again.commit) throw noRebuild({ run, why: 'it built another commit' });
    return { artifact: artifact.id, build, again, on: await runnersOf(tx, build, again) };
  }
  throw noRebuild({ run, why: 'it made nothing of the same service under the same name, or is the very run that made the artifact' });
}

async function runnersOf(tx: Tx, one: BuildOf, other: BuildOf): Promise<Pick<ReproductionRow, 'runners' | 'builtOn' | 'rebuiltOn'>> {
  const [first, second] = [await runnerOf(tx, one.job, one.attempt), await runnerOf(tx, other.job, other.attempt)];
  const on = { builtOn: first?.name ?? null, rebuiltOn: second?.name ?? null };
  if (first === null || second === null) return { runners: 'unknown', ...on };
  return { runners: first.id === second.id ? 'same' : 'other', ...on };
}
