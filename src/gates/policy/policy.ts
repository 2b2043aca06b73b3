import type { LicencePolicy } from '../../artifacts/sbom/licence.ts';
import type { SupplyChainPolicy } from '../../artifacts/supply-chain.ts';
import type { EnvironmentKind } from '../../catalog/environment.ts';
import type { Tier } from '../../catalog/service.ts';
import type { Digest } from '../../kernel/digest.ts';
import { digestOfValue } from '../../kernel/digest.ts';
import type { Instant, Millis } from '../../kernel/time.ts';
import type { OpaAsk } from './opa.ts';

export type { Tier, EnvironmentKind };
export const TIERS: readonly Tier[] = [1, 2, 3];

/** One question about facts, in CEL or to an OPA elsewhere, and what to do when the answer is not true. */
export type Check = {
  readonly id: string;
  readonly title: string;
  /** CEL over the facts of facts.ts. An error, a missing fact or a non-boolean answers `unknown`, never allow. Empty where `opa` is asked. */
  readonly rule: string;
  readonly opa?: OpaAsk;
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
  /** Which licences packages may have, by everybody who said so: each of them has to allow. Absent: nobody did. */
  readonly licences?: readonly LicencePolicy[];
  readonly lifecycle: { readonly verifiedBefore: boolean; readonly soak: Millis };
  /** After a deployment here these make the release verified here. */
  readonly verification: { readonly checks: readonly ('health' | 'smoke' | 'person')[]; readonly maxAge: Millis | null };
  /** null: approved by policy, and says so. */
  readonly approval: ApprovalRoute | null;
  readonly readiness: { readonly rollbackPlan: boolean; readonly dependencies: boolean; readonly checklist: readonly string[] };
  readonly breakGlass: { readonly persons: 1 | 2; readonly timeBox: Millis; readonly debtDue: Millis };
};

/** Who added a rule to the policy of a service, or raised it. `of`: the team, or the commit; `version` is null for a commit. */
export type Origin = {
  readonly level: 'organisation' | 'team' | 'repository';
  readonly of: string | null;
  readonly version: number | null;
};
/** By the rule's path: `checks.ID`, `lifecycle.soak`, `approval`. What is not in it, the policy asks itself. */
export type Origins = Readonly<Record<string, Origin>>;

export type Policy = {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly tiers: { readonly [T in Tier]: { readonly [K in EnvironmentKind]: EnvironmentPolicy } };
  /** Where levels beside the policy added something; absent: none did. */
  readonly origins?: { readonly [T in Tier]: { readonly [K in EnvironmentKind]: Origins } };
  /** Levels that ask something that nobody can read, in words. */
  readonly unreadable?: readonly string[];
};

/** The policy as resolved for one service and environment: what release intents carry the digest of. */
export type ResolvedPolicy = {
  readonly name: string;
  readonly version: number;
  readonly tier: Tier;
  readonly kind: EnvironmentKind;
  readonly rules: EnvironmentPolicy;
  /** Beside the digest: who asks for a rule changes nothing of what is asked. */
  readonly origins?: Origins;
  readonly unreadable?: readonly string[];
};

/** Resolves `policy` for a tier and an environment kind. */
export function resolvePolicy(policy: Policy, tier: Tier, kind: EnvironmentKind): ResolvedPolicy {
  const { name, version, origins, unreadable } = policy;
  return {
    name,
    version,
    tier,
    kind,
    rules: policy.tiers[tier][kind],
    ...(origins === undefined ? {} : { origins: origins[tier][kind] }),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

/** The digest of the rules that apply, without name and version: an edit elsewhere in the policy voids nothing here. */
export function policyDigest({ tier, kind, rules }: ResolvedPolicy): Digest {
  // `recorded` came after the first release. Left out, rules keep their digest over the upgrade: nothing that was allowed is
  // void, and servers of both releases agree. The rule itself is asked again at every act, by what the policy says then.
  const { recorded: _since, ...supplyChain } = rules.supplyChain;
  return digestOfValue({ tier, kind, rules: { ...rules, supplyChain } });
}

/** A level in words: `the organisation's minimum`. */
export function originWords({ level, of, version }: Origin): string {
  if (level === 'organisation') return `the organisation's minimum${version === null ? '' : ` (version ${version})`}`;
  if (level === 'team') return `the team ${of ?? ''}${version === null ? '' : ` (version ${version})`}`;
  return `the repository${of === null ? '' : ` at ${of.slice(0, 12)}`}`;
}
