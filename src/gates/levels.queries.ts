import type { EnvironmentKind } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import { digestOfValue } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { policyOf, type PolicyChange } from './gates.queries.ts';
import { levelAt, levelVersions, MINIMUM, ofTeam, repositoryRulesAt, type StoredLevel } from './levels.store.ts';
import { askedBy, layered, type Level } from './policy/levels.ts';
import type { Origin, Policy } from './policy/policy.ts';
import { readRequirements, REPOSITORY_POLICY, type Above } from './policy/read-requirements.ts';
import { requirementsFrom } from './policy/requirements.ts';
import { NOTHING } from './policy/stricter.ts';

/** Whose rules are meant: the catalog's service, and the commit that a release was made of, where one is. */
export type Whose = Pick<Service, 'id' | 'policy' | 'teamId' | 'team'>;

/**
 * The policy of a service as it holds for it: what the policy asks, tightened by the organisation's minimum, by its team, and
 * by the repository's own file at `commit`. A file that can't be read makes the answer of its gates unknown, and never less.
 */
export async function policyFor(tx: Tx, service: Whose, commit: string | null): Promise<Policy> {
  return layered(await policyOf(tx, service.policy), await levelsOf(tx, service, commit));
}

/** The levels above and beside the policy of a service, highest first. */
export async function levelsOf(tx: Tx, service: Whose, commit: string | null): Promise<Level[]> {
  const minimum = await levelAt(tx, MINIMUM, null);
  const team = await levelAt(tx, ofTeam(service.teamId), null);
  const repository = commit === null ? null : await repositoryLevel(tx, service.id, commit);
  return [
    ...(minimum === null ? [] : [levelFrom(minimum, { level: 'organisation', of: null })]),
    ...(team === null ? [] : [levelFrom(team, { level: 'team', of: service.team })]),
    ...(repository === null ? [] : [repository]),
  ];
}

/** What the organisation's minimum asks; null where there is none. */
export async function minimumAbove(tx: Tx): Promise<Above | null> {
  const minimum = await levelAt(tx, MINIMUM, null);
  if (minimum === null) return null;
  const levels = [levelFrom(minimum, { level: 'organisation', of: null })];
  return { words: "the organisation's minimum", of: (tier, kind) => askedBy(levels, tier, kind) };
}

/** What is asked of a service above its repository: its policy with the minimum and its team's rules. */
export async function aboveRepository(tx: Tx, service: Whose): Promise<Above> {
  const policy = await policyFor(tx, service, null);
  return { words: `what is asked of ${service.team}'s service`, of: (tier, kind) => policy.tiers[tier][kind] };
}

/** Services that have released a commit whose repository asks for something itself. */
export async function servicesWithRules(tx: Tx): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ service: string }>(`select distinct service_id as service from repository_rules where org_id = $1`, [
    tx.org,
  ]);
  return new Set(rows.map((row) => row.service));
}

/**
 * Who changed the minimum or the rules of a service's team after `since` (null: ever), oldest first, where that changed what is
 * asked of its tier in this kind of environment. What a repository asks is changed by commits, whose authors are known as such.
 */
export async function levelChangersSince(
  tx: Tx,
  service: Pick<Service, 'teamId' | 'team' | 'tier'>,
  since: Instant | null,
  kind: EnvironmentKind,
): Promise<PolicyChange[]> {
  const found: PolicyChange[] = [];
  for (const [name, origin] of [
    [MINIMUM, { level: 'organisation', of: null }],
    [ofTeam(service.teamId), { level: 'team', of: service.team }],
  ] as const) {
    let before = digestOfValue(NOTHING);
    for (const version of await levelVersions(tx, name)) {
      const after = digestOfValue(askedBy([levelFrom(version, origin)], service.tier, kind));
      if (after !== before && (since === null || version.at > since))
        found.push({ person: version.by, actor: version.actor, at: version.at });
      before = after;
    }
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** A stored level as decisions read it. */
export function levelFrom({ version, written }: StoredLevel, { level, of }: Pick<Origin, 'level' | 'of'>): Level {
  return { level, of, version, asks: requirementsFrom(written, of ?? 'minimum') };
}

async function repositoryLevel(tx: Tx, serviceId: string, commit: string): Promise<Level | null> {
  const found = await repositoryRulesAt(tx, serviceId, commit);
  if (found === null) return null;
  const level = { level: 'repository' as const, of: commit, version: null };
  const unreadable = (why: string): Level => ({
    ...level,
    asks: [],
    unreadable: `The repository asks for something in ${REPOSITORY_POLICY} that can't be read: ${why}. Correct it in a new commit; ym policy check-level ${REPOSITORY_POLICY} --service SERVICE shows it at its words.`,
  });
  if (found.source === null) return unreadable('the file is larger than 64 KiB');
  // What it says against a level above is no error here: that level may have come later, and holds in any case.
  const read = readRequirements(found.source, REPOSITORY_POLICY, null);
  if (read.ok) return { ...level, asks: requirementsFrom(read.written, 'repository') };
  const [first] = read.diagnostics;
  // The whole of it is shown by the command that the text names: an example that fails quotes every check.
  const said = first === undefined || first.message.length <= 160 ? first?.message : `${first.message.slice(0, 160)}...`;
  return unreadable(first === undefined ? 'nobody knows why' : `line ${first.range.start.line}: ${said}`);
}
