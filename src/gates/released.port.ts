import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';

/**
 * What this slice needs from environments, which are to its right: the digests of the last release of a service, which is
 * what runs in production, or where nothing does in the environment that it reached last. Empty: nothing was released yet.
 */
export type Released = { lastRelease(tx: Tx, serviceId: string): Promise<readonly Digest[]> };
