import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';

/** What runs of one service in one environment, as last acted and recorded. */
export type Running = {
  readonly serviceId: string;
  readonly environmentId: string;
  readonly releaseId: string;
  /** The release's version: `1.4.2`. */
  readonly version: string;
  readonly artifactDigests: readonly Digest[];
  readonly configurationDigest: Digest;
  readonly deploymentId: string;
  readonly since: Instant;
};

/** How it came to run: the first of its service here, a newer or other release, or the way back. */
export type RunningChange = 'deployed' | 'upgraded' | 'rolledback';

/** Which word of CDEvents says what `next` is after `before`. A rollback is what the act says it is, never guessed from versions. */
export function changeOf(before: Pick<Running, 'releaseId'> | null, rollback: boolean): RunningChange {
  if (rollback) return 'rolledback';
  return before === null ? 'deployed' : 'upgraded';
}
