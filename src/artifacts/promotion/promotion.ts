import type { Reason } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import { defineMachine } from '../../kernel/machine.ts';
import type { Instant } from '../../kernel/time.ts';

/** `asked`: it will be copied, or is being; `refused`: it might not; `failed`: it could not, and is not tried again by itself. */
export type PromotionState = 'asked' | 'promoted' | 'refused' | 'failed';

/** What was refused or failed may be asked for again; what was promoted stays. */
export const promotionMachine = defineMachine<PromotionState>('promotion', 'asked', {
  asked: ['promoted', 'refused', 'failed'],
  refused: ['asked'],
  failed: ['asked'],
  promoted: [],
});

export type DestinationRow = {
  readonly id: string;
  readonly name: string;
  readonly connectionId: string;
  readonly connection: string;
  readonly repository: string;
  readonly environmentId: string | null;
  readonly tiers: readonly number[] | null;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly version: number;
};

export type PromotionRow = {
  readonly id: string;
  readonly org: string;
  readonly artifactId: string;
  readonly digest: Digest;
  readonly serviceId: string;
  readonly destinationId: string;
  readonly releaseId: string | null;
  readonly releaseVersion: string | null;
  readonly environmentId: string | null;
  readonly tag: string | null;
  readonly state: PromotionState;
  readonly requestedBy: string;
  readonly askedAt: Instant;
  readonly decisionId: string | null;
  readonly recordDigest: Digest | null;
  readonly summaryDigest: Digest | null;
  readonly location: string | null;
  readonly manifestDigest: Digest | null;
  readonly carried: number;
  readonly reasons: readonly Reason[];
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly promotedAt: Instant | null;
  readonly version: number;
};

/** Whether a service of this tier is promoted to a destination on its way to an environment. */
export function isFor(destination: DestinationRow, environmentId: string, tier: number): boolean {
  return destination.environmentId === environmentId && (destination.tiers === null || destination.tiers.includes(tier));
}

/** `{service}` and `{artifact}` of a repository filled in; small letters, and what no repository can hold becomes a dash. */
export function repositoryOf(pattern: string, of: { readonly service: string; readonly artifact: string }): string {
  const part = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, '-')
      .replaceAll(/(?:[._-]*[._][._-]*)|-{2,}/g, (run) => run.slice(0, 1))
      .replaceAll(/^[._-]+|[._-]+$/g, '') || 'unnamed';
  return pattern.replaceAll(/\{(service|artifact)\}/g, (_, name: 'service' | 'artifact') => part(of[name]));
}

const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 30 * 60_000;
/** After so many failures that might pass it is failed: the registry was away for most of a day. */
export const MOST_ATTEMPTS = 40;
/** What is in one hand is left alone for so long; whoever copies says again and again that it goes on. */
export const IN_HAND_MS = 30_000;

/** How long to wait after the `attempts`-th failure: doubling, half an hour at most. */
export function retryIn(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20), LAST_RETRY_MS);
}

/** Problems that another try may not meet: the other side is away, slow or busy, or we are not ready. All others want a person. */
export function mayPass(code: string): boolean {
  return [
    'artifacts.not-signed-yet',
    'egress.failed',
    'registries.answered-badly',
    'connections.quiet',
    'platform.storage-full',
    'platform.database-unavailable',
    'platform.in-other-hands',
  ].includes(code);
}
