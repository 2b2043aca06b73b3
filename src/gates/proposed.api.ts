import { mustTeam, teamsInOrder } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import type { Tx } from '../platform/floor.ts';
import { policyOf } from './gates.queries.ts';
import { levelsOf, minimumAbove, type Whose } from './levels.queries.ts';
import { noSuchPolicy, noSuchProposal, nothingToTry, policyOtherName } from './gates.problems.ts';
import { invalid } from './policy.commands.ts';
import { isLevel, MINIMUM, ofTeam } from './levels.store.ts';
import { proposalById } from './proposal.store.ts';
import { layered, type Level } from './policy/levels.ts';
import type { Policy } from './policy/policy.ts';
import { readRequirements } from './policy/read-requirements.ts';
import { requirementsFrom } from './policy/requirements.ts';
import { readPolicy } from './policy/read.ts';

/** What somebody would change: a policy of services, the organisation's minimum, what a team asks, or as somebody proposed. */
export type Proposed =
  { readonly policy: string } | { readonly level: 'organisation' } | { readonly team: string } | { readonly proposal: string };

/** A change that is not in force: which services it concerns, and what they would be asked beside what they are asked now. */
export type TriedOut = {
  concerns(service: Pick<Service, 'policy' | 'teamId'>): boolean;
  /** `commit`: of the release, for what its repository asks; null: nothing. */
  policies(service: Whose, commit: string | null): Promise<{ readonly now: Policy; readonly proposed: Policy }>;
};

/**
 * Reads a change as it would be read when it is made, and stores nothing. `source`: its text; null for a proposal, which has its own.
 * Throws `gates.policy-invalid` with each error at its words, `gates.no-such-proposal`, `catalog.no-such-team`, and a problem where
 * the document is another policy than the one meant, or where there is none.
 */
export async function tryOut(tx: Tx, change: Proposed, source: string | null): Promise<TriedOut> {
  if ('proposal' in change) {
    const found = await proposalById(tx, change.proposal);
    if (found === null) throw noSuchProposal({ id: change.proposal }, 'body.change.proposal');
    return named(tx, found.name, found.source);
  }
  if (source === null) throw nothingToTry({}, 'body.source');
  if ('policy' in change) return policyTried(tx, change.policy, source);
  return levelTried(tx, 'team' in change ? await mustTeam(tx, change.team) : null, source);
}

/** By the name under which versions are kept. */
async function named(tx: Tx, name: string, source: string): Promise<TriedOut> {
  if (!isLevel(name)) return policyTried(tx, name, source);
  if (name === MINIMUM) return levelTried(tx, null, source);
  const team = (await teamsInOrder(tx)).find(({ id }) => ofTeam(id) === name);
  if (team === undefined) throw noSuchPolicy({ policy: name });
  return levelTried(tx, team, source);
}

/** `team` null: the organisation's minimum. */
async function levelTried(tx: Tx, team: { readonly id: string; readonly name: string } | null, source: string): Promise<TriedOut> {
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
