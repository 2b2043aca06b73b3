import { ENVIRONMENT_KINDS } from '../catalog/environment.ts';
import { allServices } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import type { PolicyLevel } from '../contract/policy-levels.ts';
import { personLabel } from '../identity/identity.queries.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { levelFrom, levelsOf, policyFor } from './levels.queries.ts';
import { levelAt, MINIMUM, ofTeam } from './levels.store.ts';
import { askedBy, changed, type Level } from './policy/levels.ts';
import { policyDigest, resolvePolicy, TIERS, type Origin, type Tier } from './policy/policy.ts';
import { requirementsFrom, type Requirement, type WrittenRequirements } from './policy/requirements.ts';
import { NOTHING } from './policy/stricter.ts';
import { ruleLines } from './policy/words.ts';

type Cell = { readonly tier: Tier; readonly kind: (typeof ENVIRONMENT_KINDS)[number] };
const CELLS: readonly Cell[] = TIERS.flatMap((tier) => ENVIRONMENT_KINDS.map((kind) => ({ tier, kind })));

/** What a level asks, for people. `team` null: the organisation's minimum. */
export async function levelView(tx: Tx, team: { readonly id: string; readonly name: string } | null): Promise<PolicyLevel> {
  const stored = await levelAt(tx, team === null ? MINIMUM : ofTeam(team.id), null);
  const services = (await allServices(tx)).filter((one) => team === null || one.teamId === team.id).length;
  const about = { level: team === null ? ('organisation' as const) : ('team' as const), team: team?.name ?? null, services };
  if (stored === null)
    return { ...about, version: 1, title: '', source: null, approvals: 0, digest: null, changedBy: null, changedAt: null, asks: [] };
  const names = await personLabel(tx, stored.by === null ? [] : [stored.by]);
  const level = levelFrom(stored, { level: about.level, of: about.team });
  return {
    ...about,
    version: stored.version,
    title: stored.written.title,
    source: stored.source,
    approvals: stored.written.changes?.approvals ?? 0,
    digest: stored.digest as Digest,
    changedBy: stored.by === null ? null : { id: stored.by, name: names.get(stored.by) ?? stored.by },
    changedAt: stored.at,
    asks: CELLS.flatMap((cell) => {
      const words = wordsOf([level], cell);
      return words.length === 0 ? [] : [{ ...cell, words }];
    }),
  };
}

/** Only what it adds to nothing, in words. */
function wordsOf(levels: readonly Level[], { tier, kind }: Cell): string[] {
  const rules = askedBy(levels, tier, kind);
  const added = new Set(changed(NOTHING, rules));
  return ruleLines(rules).flatMap(({ paths, words }) => (paths.some((path) => added.has(path)) ? [words] : []));
}

/** The tiers and kinds of environment for which a level would ask something else than it did. */
export function changedAsks(before: WrittenRequirements | null, asks: readonly Requirement[]): Cell[] {
  const level = (of: readonly Requirement[]): Level => ({ level: 'organisation', of: null, version: null, asks: of });
  const old = level(before === null ? [] : requirementsFrom(before, 'added'));
  return CELLS.filter(({ tier, kind }) => canonicalJson(askedBy([old], tier, kind)) !== canonicalJson(askedBy([level(asks)], tier, kind)));
}

/** What is asked of a service in the end, and by which level. */
export async function rulesOfService(tx: Tx, service: Service, commit: string | null) {
  const policy = await policyFor(tx, service, commit);
  const levels = await levelsOf(tx, service, commit);
  return {
    service: service.name,
    team: service.team,
    tier: service.tier,
    policy: { name: policy.name, version: policy.version },
    commit,
    levels: levels.map(({ level, of, version }) => ({ level, of, version })),
    unreadable: [...(policy.unreadable ?? [])],
    kinds: ENVIRONMENT_KINDS.toReversed().map((kind) => {
      const resolved = resolvePolicy(policy, service.tier, kind);
      const rules = ruleLines(resolved.rules).map(({ paths, words }) => ({
        words,
        check: paths[0]?.startsWith('checks.') === true ? paths[0].slice('checks.'.length) : null,
        origin: lowest(paths.flatMap((path) => resolved.origins?.[path] ?? [])),
      }));
      return { kind, digest: policyDigest(resolved), rules };
    }),
  };
}

const ORDER = ['organisation', 'team', 'repository'] as const;

/** Of several levels that made one sentence what it is, the one that spoke last. */
function lowest(origins: readonly Origin[]): Origin | null {
  return origins.toSorted((a, b) => ORDER.indexOf(b.level) - ORDER.indexOf(a.level))[0] ?? null;
}
