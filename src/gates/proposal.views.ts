import { stringify } from 'yaml';
import { teamsInOrder } from '../catalog/catalog.queries.ts';
import type { ProposalView } from '../contract/gates.ts';
import { personLabel } from '../identity/identity.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { changedAsks } from './levels.views.ts';
import { isLevel, levelAt, teamOf } from './levels.store.ts';
import { policyAt } from './policy.store.ts';
import { changedCells } from './policy.views.ts';
import { lineDiff } from './policy/diff.ts';
import { readRequirements } from './policy/read-requirements.ts';
import { readPolicy } from './policy/read.ts';
import { refuseDecision } from './proposal.ts';
import type { Proposal } from './proposal.store.ts';

/** What goes over the wire of a text that is long. */
const MOST_LINES = 2000;

const BECAUSE = {
  'not-a-person': 'a person has to decide on it',
  'own-proposal': 'you proposed it: another person has to decide',
  'already-ended': 'it has been decided on',
  'approved-already': 'you approved it; another person has to, too',
  'not-yours': 'only who proposed it may take it back',
} as const;

/** Proposals for people: what each takes away and adds, for whom it changes something, and what `actor` may do. */
export async function proposalViews(tx: Tx, actor: Actor, proposals: readonly Proposal[]): Promise<ProposalView[]> {
  const ids = proposals.flatMap((one) => [one.proposedBy, ...one.approvedBy, ...(one.decidedBy === null ? [] : [one.decidedBy])]);
  const names = await personLabel(tx, [...new Set(ids)]);
  const person = (id: string) => ({ id, name: names.get(id) ?? id });
  const teams = new Map(
    proposals.some((one) => teamOf(one.name) !== null) ? (await teamsInOrder(tx)).map(({ id, name }) => [id, name]) : [],
  );
  const views: ProposalView[] = [];
  for (const one of proposals) {
    const { before, changed } = isLevel(one.name) ? await ofLevel(tx, one) : await ofPolicy(tx, one);
    const refused = refuseDecision(one, actor, 'approve');
    views.push({
      id: one.id as ProposalView['id'],
      policy: teamOf(one.name) === null ? (one.name as ProposalView['policy']) : 'team',
      team: teamOf(one.name) === null ? null : (teams.get(teamOf(one.name) ?? '') ?? 'a team that is gone'),
      from: one.from,
      reason: one.reason,
      proposedBy: person(one.proposedBy),
      state: one.state,
      needed: one.needed,
      approvedBy: one.approvedBy.map(person),
      decided:
        one.decidedBy === null || one.decidedAt === null
          ? null
          : { by: person(one.decidedBy), at: one.decidedAt, reason: one.decidedReason },
      createdAt: one.createdAt,
      diff: lineDiff(before, one.source).slice(0, MOST_LINES),
      changed,
      because: refused === null ? null : BECAUSE[refused],
    });
  }
  return views;
}

type Compared = { readonly before: string; readonly changed: ProposalView['changed'] };

async function ofPolicy(tx: Tx, one: Proposal): Promise<Compared> {
  const base = await policyAt(tx, one.name, one.from);
  const read = readPolicy(one.source, `${one.name}.yaml`, one.from + 1);
  return {
    before: base === null ? '' : (base.source ?? stringify(base.document, { aliasDuplicateObjects: false })),
    changed: read.ok ? changedCells(base?.policy ?? null, read.policy) : [],
  };
}

async function ofLevel(tx: Tx, one: Proposal): Promise<Compared> {
  const base = await levelAt(tx, one.name, one.from);
  const read = readRequirements(one.source, 'policy.yaml', null);
  return { before: base?.source ?? '', changed: read.ok ? changedAsks(base?.written ?? null, read.asks) : [] };
}
