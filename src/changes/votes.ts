import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';

/** One person's word on one release for one environment. It never changes its meaning; it can only stop counting. */
export type Vote = {
  readonly id: string;
  /** Who spoke. */
  readonly person: string;
  /** In whose place, by a delegation; null for oneself. */
  readonly onBehalfOf: string | null;
  readonly verdict: 'approve' | 'reject';
  readonly intent: Digest;
  readonly at: Instant;
  readonly expiresAt: Instant;
  readonly withdrawnAt: Instant | null;
  /** The deployment that used it up; it counts for no other. */
  readonly usedBy: string | null;
};

export type VoteState = 'active' | 'withdrawn' | 'expired' | 'void' | 'used';

/** What a vote is worth now, for this intent, to this deployment (null: asked without one). */
export function voteState(vote: Vote, intent: Digest, deployment: string | null, now: Instant): VoteState {
  if (vote.withdrawnAt !== null) return 'withdrawn';
  if (vote.usedBy !== null && vote.usedBy !== deployment) return 'used';
  if (vote.intent !== intent) return 'void';
  // A deployment that began on an approval may end on it, however long its waves take.
  if (vote.expiresAt <= now && vote.usedBy === null) return 'expired';
  return 'active';
}
