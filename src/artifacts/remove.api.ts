import type { Tx } from '../platform/floor.ts';
import { markRemoved } from './artifact.store.ts';

/**
 * Takes the bytes of artifacts (by id) out of keeping: they can't be opened or deployed any more, and are deleted when
 * nothing else names them. What was built, attested and decided stays. Answers their digests.
 */
export async function removeArtifactBytes(tx: Tx, artifacts: readonly string[]): Promise<string[]> {
  return markRemoved(tx, artifacts, await tx.now());
}
