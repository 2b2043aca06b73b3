import type { SupplyChainPolicy } from '../../artifacts/supply-chain.ts';
import type { EnvironmentKind } from '../../catalog/environment.ts';
import type { Tier } from '../../catalog/service.ts';
import type { Digest } from '../../kernel/digest.ts';
import { digestOfValue } from '../../kernel/digest.ts';
import type { Instant, Millis } from '../../kernel/time.ts';

export type { Tier, EnvironmentKind };
export const TIERS: readonly Tier[] = [1, 2, 3];

/** One question about facts, in CEL, and what to do when the answer is not true. */
export type Check = {
  readonly id: string;
  readonly title: string;
  /** CEL over the facts of facts.ts. An error, a missing fact or a non-boolean answers `unknown`, never allow. */
  readonly rule: string;
  readonly remedy: string;
  /** `warn` lets pass and says so. */
  readonly mode: 'block' | 'warn';
  /** A check that blocks does so from here on, and warns before. */
  readonly blockFrom?: Instant;
};

export type ApprovalStep = { readonly role: 'approver' | 'release-manager' | 'admin'; readonly count: number };
/** Whose approval doesn't count, by what they did in this release. Rules are about persons. */
export type Exclusion = 'author' | 'committer' | 'co-author' | 'requester' | 'config-changer' | 'policy-changer';

export type ApprovalRoute = {
  readonly id: string;
  readonly steps: readonly ApprovalStep[];
  readonly exclude: readonly Exclusion[];
  /** What an unmapped committer does to the answer: `unknown` blocks until mapped, `ignore` is for teams just starting. */
  readonly unmapped: 'unknown' | 'ignore';
  readonly expiresAfter: Millis;
  readonly onePersonOneRole: boolean;
};

/** What must be true in front of one environment for a service of one tier. */
export type EnvironmentPolicy = {
  readonly checks: readonly Check[];
  readonly supplyChain: SupplyChainPolicy;
  readonly lifecycle: { readonly verifiedBefore: boolean; readonly soak: Millis };
  /** After a deployment here these make the release verified here. */
  readonly verification: { readonly checks: readonly ('health' | 'smoke' | 'person')[]; readonly maxAge: Millis | null };
  /** null: approved by policy, and says so. */
  readonly approval: ApprovalRoute | null;
  readonly readiness: { readonly rollbackPlan: boolean; readonly dependencies: boolean; readonly checklist: readonly string[] };
  readonly breakGlass: { readonly persons: 1 | 2; readonly timeBox: Millis; readonly debtDue: Millis };
};

export type Policy = {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly tiers: { readonly [T in Tier]: { readonly [K in EnvironmentKind]: EnvironmentPolicy } };
};

/** The policy as resolved for one service and environment: what release intents carry the digest of. */
export type ResolvedPolicy = {
  readonly name: string;
  readonly version: number;
  readonly tier: Tier;
  readonly kind: EnvironmentKind;
  readonly rules: EnvironmentPolicy;
};

/** Resolves `policy` for a tier and an environment kind. */
export function resolvePolicy(policy: Policy, tier: Tier, kind: EnvironmentKind): ResolvedPolicy {
  return { name: policy.name, version: policy.version, tier, kind, rules: policy.tiers[tier][kind] };
}

/** The digest of the rules that apply, without name and version: an edit elsewhere in the policy voids nothing here. */
export function policyDigest({ tier, kind, rules }: ResolvedPolicy): Digest {
  // `recorded` came after the first release. Left out, rules keep their digest over the upgrade: nothing that was allowed is
  // void, and servers of both releases agree. The rule itself is asked again at every act, by what the policy says then.
  const { recorded: _since, ...supplyChain } = rules.supplyChain;
  return digestOfValue({ tier, kind, rules: { ...rules, supplyChain } });
}
