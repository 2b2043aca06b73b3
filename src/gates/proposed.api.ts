import { mustTeam } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import type { Tx } from '../platform/floor.ts';
import { policyOf } from './gates.queries.ts';
import { levelsOf, minimumAbove, type Whose } from './levels.queries.ts';
import { policyOtherName } from './gates.problems.ts';
import { invalid } from './policy.commands.ts';
import { layered, type Level } from './policy/levels.ts';
import type { Policy } from './policy/policy.ts';
import { readRequirements } from './policy/read-requirements.ts';
import { requirementsFrom } from './policy/requirements.ts';
import { readPolicy } from './policy/read.ts';

/** What somebody would change: a policy of services, the organisation's minimum, or what a team asks. */
export type Proposed = { readonly policy: string } | { readonly level: 'organisation' } | { readonly team: string };

/** A change that is not in force: which services it concerns, and what they would be asked beside what they are asked now. */
export type TriedOut = {
  concerns(service: Pick<Service, 'policy' | 'teamId'>): boolean;
  /** `commit`: of the release, for what its repository asks; null: nothing. */
  policies(service: Whose, commit: string | null): Promise<{ readonly now: Policy; readonly proposed: Policy }>;
};

/**
 * Reads a change as it would be read when it is made, and stores nothing. Throws `gates.policy-invalid` with each error at its
 * words, `catalog.no-such-team`, and a problem where the document is another policy than the one meant.
 */
export async function tryOut(tx: Tx, change: Proposed, source: string): Promise<TriedOut> {
  if ('policy' in change) return policyTried(tx, change.policy, source);
  const team = 'team' in change ? await mustTeam(tx, change.team) : null;
  const read = readRequirements(source, 'policy.yaml', team === null ? null : await minimumAbove(tx));
  if (!read.ok) throw invalid(source, read.diagnostics);
  const level: Level = {
    level: team === null ? 'organisation' : 'team',
    of: team?.name ?? null,
    version: null,
    asks: requirementsFrom(read.written, team?.name ?? 'minimum'),
  };
  return {
    concerns: ({ teamId }) => team === null || teamId === team.id,
    policies: async (service, commit) => {
      const policy = await policyOf(tx, service.policy);
      const levels = await levelsOf(tx, service, commit);
      return {
        now: layered(policy, levels),
        proposed: layered(policy, inTheirOrder([...levels.filter((one) => one.level !== level.level), level])),
      };
    },
  };
}

async function policyTried(tx: Tx, name: string, source: string): Promise<TriedOut> {
  const current = await policyOf(tx, name);
  const read = readPolicy(source, `${name}.yaml`, current.version + 1, await minimumAbove(tx));
  if (!read.ok) throw invalid(source, read.diagnostics);
  if (read.policy.name !== name) throw policyOtherName({ named: read.policy.name, policy: name }, 'body.source');
  return {
    concerns: ({ policy }) => policy === name,
    policies: async (service, commit) => {
      const levels = await levelsOf(tx, service, commit);
      return { now: layered(current, levels), proposed: layered(read.policy, levels) };
    },
  };
}

const ORDER = ['organisation', 'team', 'repository'] as const;

function inTheirOrder(levels: readonly Level[]): Level[] {
  return [...levels].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
}
