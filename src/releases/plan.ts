import type { Json } from '../kernel/canonical.ts';
import type { Digest } from '../kernel/digest.ts';

export const RELEASE_TYPES = ['standard', 'hotfix', 'emergency'] as const;
export type ReleaseType = (typeof RELEASE_TYPES)[number];

/** How a release goes to one environment. Opaque here but for being JSON: deployments makes and reads it. */
export type ShipPlan = { readonly [key: string]: Json };

/**
 * The way back, made before the way there. `safe`: the release before can run again at once. `unsafe`: going back
 * would destroy data. `forward-only`: there is no way back, only a fix forward.
 */
export type RollbackPlan = {
  readonly kind: 'safe' | 'unsafe' | 'forward-only';
  /** What it goes back to; null where nothing ran before. */
  readonly to: { readonly release: string; readonly digests: readonly Digest[] } | null;
  readonly why: string;
};

/** A change of the data's shape that comes with a release. */
export type SchemaChange = { readonly kind: 'none' | 'compatible' | 'breaking'; readonly digest: Digest | null };
