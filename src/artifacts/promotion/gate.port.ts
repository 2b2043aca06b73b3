import type { Actor } from '../../kernel/actor.ts';
import type { Reason, Verdict } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';

export type GateAnswer = {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  /** The recorded decision, where it was recorded. */
  readonly decision: string | null;
  readonly digest: Digest;
  readonly policy: { readonly uri: string; readonly digest: Digest };
};

/** A release as a promotion sees it. */
export type GateRelease = {
  readonly id: string;
  readonly version: string;
  readonly serviceId: string;
  readonly digests: readonly Digest[];
  readonly commit: string | null;
};

/**
 * What promotions ask of releases, which stand to their right: the one answer. `ask` with `record` right before the
 * copy, without it before the tag.
 */
export type PromotionGate = {
  release(tx: Tx, id: string): Promise<GateRelease | null>;
  ask(
    tx: Tx,
    of: { readonly release: string; readonly environment: string; readonly actor: Actor; readonly record: boolean },
  ): Promise<GateAnswer>;
};
