import type { Millis } from '../kernel/time.ts';

export const ENVIRONMENT_KINDS = ['development', 'test', 'staging', 'production'] as const;
/** What an environment is for; policies speak of kinds, not of names. */
export type EnvironmentKind = (typeof ENVIRONMENT_KINDS)[number];

/** How a release reaches an environment. */
export type StrategySpec =
  | { readonly kind: 'all-at-once' }
  | {
      readonly kind: 'canary';
      /** Whether a fresh instance of the running version takes traffic beside the canary, to compare at the same time. */
      readonly baseline: boolean;
      /** `weight` in percent of the traffic, rising. */
      readonly steps: readonly { readonly weight: number; readonly forMs: Millis }[];
      /** How much worse the error rate may be, in permille. */
      readonly maxErrorRateWorse: number;
      /** Fewer requests than this are no evidence. */
      readonly minRequests: number;
    };

export type Environment = {
  readonly id: string;
  readonly name: string;
  readonly kind: EnvironmentKind;
  /** Names of the environments that a release passes before this one. */
  readonly after: readonly string[];
  readonly protected: boolean;
  /** The agent (name or label) that acts here. */
  readonly agent: string;
  /** `external`: a foreign tool deploys here and tells us of it; no agent is needed. */
  readonly deployedBy: 'yardmaster' | 'external';
  readonly strategy: StrategySpec;
  readonly version: number;
};

/**
 * Environments with every one behind those it comes `after`; equals by name. Unknown names and cycles, which a valid
 * catalog has not, are passed over, so that a screen is never empty because of one.
 */
export function inRoadOrder<E extends Pick<Environment, 'name' | 'after'>>(environments: readonly E[]): E[] {
  const left = environments.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const placed = new Set<string>();
  const known = new Set(left.map((one) => one.name));
  const order: E[] = [];
  while (left.length > 0) {
    const ready = left.findIndex((one) => one.after.every((name) => placed.has(name) || !known.has(name)));
    const [next] = left.splice(Math.max(0, ready), 1);
    if (next === undefined) break;
    placed.add(next.name);
    order.push(next);
  }
  return order;
}
