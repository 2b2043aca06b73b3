import type { ArtifactPort, MadeArtifact } from '../pipelines/artifact.port.ts';
import type { Tx } from '../platform/floor.ts';
import type { RecordedBy } from './artifact.store.ts';
import { insertBuild, keepArtifact } from './artifact.store.ts';
import { artifactPublished } from './artifacts.events.ts';

/** The task that writes and signs what is attested of a build. */
export const SIGN_TASK = 'artifacts.sign';

/**
 * Keeps what a job made, inside the transaction of its finish: the artifact of these bytes, this build of it, the fact,
 * and a wake for its attestations. The same finish told twice changes nothing.
 */
export async function acceptArtifact(tx: Tx, made: MadeArtifact): Promise<void> {
  const at = await tx.now();
  const { kept = true, reference = null, ...recorded } = made.recorded ?? {};
  const artifact = await keepArtifact(tx, { digest: made.digest, size: made.size, name: made.name, at, kept, reference });
  const { repository, ref, trust, executor, isolation, startedAt, finishedAt, planDigest, materials, inputs } = made;
  const whose = made.recorded === undefined ? {} : { recorded: recorded as RecordedBy };
  const build = await insertBuild(tx, {
    id: tx.floor.newId('bld'),
    artifact_id: artifact.id,
    digest: made.digest,
    service_id: made.service,
    run_id: made.run,
    job_id: made.job,
    attempt: made.attempt,
    name: made.name,
    commit_id: made.commit,
    made: { repository, ref, trust, executor, isolation, startedAt, finishedAt, planDigest, materials, inputs, ...whose },
    due_at: at,
    created_at: at,
  });
  if (build === null) return;
  await tx.record(artifactPublished, {
    subject: artifact.id,
    actor: made.actor,
    service: made.service,
    body: {
      digest: made.digest,
      name: made.name,
      size: made.size,
      build: build.id,
      run: made.run,
      job: made.job,
      attempt: made.attempt,
      commit: made.commit,
      repository,
      ref,
      trust,
      executor,
      plan: planDigest,
    },
  });
  await tx.wake(SIGN_TASK, build.id, { build: build.id });
}

/** What pipelines call for each artifact of a job that succeeded. */
export const artifactPort: ArtifactPort = { accept: acceptArtifact };
