import { removeArtifactBytes } from '../../artifacts/remove.api.ts';
import type { RetentionRule } from '../../platform/retention/retention.port.ts';
import { dueArtifacts, listDueArtifacts } from './due.views.ts';
import { KEPT, REACHES } from './reach.ts';

/**
 * How long the bytes of artifacts are kept, by how far they came. Never removed: what runs anywhere, is one of the last
 * versions of a place (a way back), is being deployed, is among the newest of its service, or is under a legal hold.
 */
export const artifactRetention: readonly RetentionRule[] = REACHES.map((reach) => ({
  ...KEPT[reach],
  due: (tx, before, keep = KEPT[reach].keep) => dueArtifacts(tx, reach, before, keep),
  list: async (tx, before, limit, keep = KEPT[reach].keep, all = false) =>
    (await listDueArtifacts(tx, reach, before, keep, limit, all)).map(({ digest, size, usedAt, held, stays }) => ({
      name: digest,
      size,
      since: usedAt,
      held,
      stays,
    })),
  async remove(tx, before, limit, keep = KEPT[reach].keep) {
    const due = (await listDueArtifacts(tx, reach, before, keep, limit)).filter((one) => !one.held);
    const digests = await removeArtifactBytes(
      tx,
      due.map((one) => one.id),
    );
    return { things: digests.length, digests };
  },
}));
