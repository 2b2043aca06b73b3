import { ENVIRONMENT_KINDS, type EnvironmentKind } from '../../catalog/environment.ts';
import type { Tier } from '../../catalog/service.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import type { EnvironmentPolicy, Origin, Policy } from './policy.ts';
import { TIERS } from './policy.ts';
import type { Requirement } from './requirements.ts';
import { NOTHING, strictest } from './stricter.ts';

/** What one level asks; `unreadable`: there is something, and nobody can say what. */
export type Level = Origin & { readonly asks: readonly Requirement[]; readonly unreadable?: string };

/**
 * The policy of a service with what the levels add, highest first: the organisation's minimum, its team, its repository.
 * Each can only tighten. `origins` says of every rule that a level brought or raised which one did; a policy that no level
 * touches is the same value as before, and its digest the same.
 */
export function layered(policy: Policy, levels: readonly Level[]): Policy {
  const speaking = levels.filter(({ asks, unreadable }) => asks.length > 0 || unreadable !== undefined);
  if (speaking.length === 0) return policy;
  const unreadable = speaking.flatMap((level) => (level.unreadable === undefined ? [] : [level.unreadable]));
  type Cell = { readonly rules: EnvironmentPolicy; readonly origins: Readonly<Record<string, Origin>> };
  const cell = (tier: Tier, kind: EnvironmentKind): Cell =>
    speaking.reduce<Cell>((below, level) => raised(below, level, tier, kind), { rules: policy.tiers[tier][kind], origins: {} });
  const cells = new Map(TIERS.flatMap((tier) => ENVIRONMENT_KINDS.map((kind) => [`${tier} ${kind}`, cell(tier, kind)] as const)));
  const of = (tier: Tier, kind: EnvironmentKind): Cell => cells.get(`${tier} ${kind}`) ?? cell(tier, kind);
  return {
    ...policy,
    tiers: everyCell((tier, kind) => of(tier, kind).rules),
    origins: everyCell((tier, kind) => of(tier, kind).origins),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  };
}

/** What levels ask of a tier and kind of environment, over nothing at all: what a lower level is held against. */
export function askedBy(levels: readonly Level[], tier: Tier, kind: EnvironmentKind): EnvironmentPolicy {
  return levels.reduce<EnvironmentPolicy>((rules, level) => raised({ rules, origins: {} }, level, tier, kind).rules, NOTHING);
}

function raised(
  below: { readonly rules: EnvironmentPolicy; readonly origins: Readonly<Record<string, Origin>> },
  level: Level,
  tier: Tier,
  kind: EnvironmentKind,
): { readonly rules: EnvironmentPolicy; readonly origins: Readonly<Record<string, Origin>> } {
  const rules = level.asks
    .filter(({ tiers, kinds }) => tiers.includes(tier) && kinds.includes(kind))
    .reduce((sum, { rules: more }) => strictest(sum, more, level.level), below.rules);
  const { level: name, of, version } = level;
  const origin: Origin = { level: name, of, version };
  return { rules, origins: { ...below.origins, ...Object.fromEntries(changed(below.rules, rules).map((path) => [path, origin])) } };
}

/** The rules that differ, by path: `checks.ID`, `lifecycle.soak`, `approval`. */
export function changed(before: EnvironmentPolicy, after: EnvironmentPolicy): string[] {
  const old = flat(before);
  return [...flat(after)].flatMap(([path, value]) => (old.get(path) === value ? [] : [path]));
}

function flat(rules: EnvironmentPolicy): Map<string, string> {
  const { checks, approval, licences, supplyChain, lifecycle, verification, readiness, breakGlass } = rules;
  const parts = { supplyChain, lifecycle, verification, readiness, breakGlass };
  return new Map([
    ...checks.map((check): [string, string] => [`checks.${check.id}`, text(check)]),
    ['approval', text(approval)] as [string, string],
    ...(licences === undefined ? [] : [['licences', text(licences)] as [string, string]]),
    ...Object.entries(parts).flatMap(([part, values]) =>
      Object.entries(values).map(([name, value]): [string, string] => [`${part}.${name}`, text(value)]),
    ),
  ]);
}

function text(value: unknown): string {
  return canonicalJson(value ?? null);
}

function everyCell<Value>(of: (tier: Tier, kind: EnvironmentKind) => Value): Record<Tier, Record<EnvironmentKind, Value>> {
  const kinds = (tier: Tier): Record<EnvironmentKind, Value> =>
    Object.fromEntries(ENVIRONMENT_KINDS.map((kind) => [kind, of(tier, kind)])) as Record<EnvironmentKind, Value>;
  return { 1: kinds(1), 2: kinds(2), 3: kinds(3) };
}
