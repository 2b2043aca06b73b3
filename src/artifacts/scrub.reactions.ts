import { system } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import { plus } from '../kernel/time.ts';
import type { Floor, Sweeper, Task } from '../platform/floor.ts';
import { lockArtifact, markChecked, uncheckedSince } from './artifact.store.ts';
import { artifactDamaged, artifactRepaired } from './artifacts.events.ts';

const SCRUB_TASK = 'artifacts.scrub';
/** Every artifact is read once in this time; one that is quarantined more often, so that repaired bytes are noticed. */
const EVERY_MS = 24 * 3_600_000;
const DAMAGED_EVERY_MS = 5 * 60_000;
/** Per sweep: the scrub is slow on purpose. */
const AT_ONCE = 2;

/**
 * Reads an artifact's bytes and compares them with their digest. What differs, or is gone, is quarantined and
 * announced; what is right again is released and announced. A disk that can't be read at all says nothing about the bytes.
 */
export async function scrubArtifact(floor: Floor, org: string, digest: Digest): Promise<void> {
  const found = await readThrough(floor, digest);
  await floor.db.tx(org, async (tx) => {
    const artifact = await lockArtifact(tx, digest);
    if (artifact === null) return;
    const at = await tx.now();
    await markChecked(tx, artifact, at, found === null ? null : (artifact.damaged_at ?? at));
    const said = { subject: artifact.id, actor: system(org, 'artifacts') };
    if (found !== null && artifact.damaged_at === null) await tx.record(artifactDamaged, { ...said, body: { digest, found } });
    if (found === null && artifact.damaged_at !== null) await tx.record(artifactRepaired, { ...said, body: { digest } });
  });
}

/** Null: the bytes are whole. Else what was found in their place. */
async function readThrough(floor: Floor, digest: Digest): Promise<string | null> {
  try {
    for await (const _ of await floor.blobs.open(digest));
    return null;
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith('platform.blob-')) throw error;
    floor.log.error({ digest, code: error.code }, 'an artifact is damaged');
    return typeof error.data['found'] === 'string' ? error.data['found'] : 'nothing';
  }
}

export const scrubTask: Task = {
  name: SCRUB_TASK,
  run: async (floor, payload, org) => {
    if (typeof payload['digest'] === 'string') await scrubArtifact(floor, org, payload['digest'] as Digest);
  },
};

export const scrubSweeper: Sweeper = {
  name: 'artifacts.scrub',
  sweep: async (tx) => {
    const now = await tx.now();
    for (const { digest, org_id: org } of await uncheckedSince(tx, plus(now, -EVERY_MS), plus(now, -DAMAGED_EVERY_MS), AT_ONCE)) {
      await tx.wake(SCRUB_TASK, `${org}:${digest}`, { digest, org });
    }
  },
};
