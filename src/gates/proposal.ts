import type { Actor } from '../kernel/actor.ts';
import { personBehind } from '../kernel/actor.ts';

/** Why a step on a proposed change of a policy is refused. */
export type ProposalRefusal = 'not-a-person' | 'own-proposal' | 'already-ended' | 'approved-already' | 'not-yours';

type Seen = { readonly state: string; readonly proposedBy: string; readonly approvedBy: readonly string[] };

/**
 * Why `actor` may not approve or reject, or null. It is another PERSON than who proposed it: a bot or token of theirs is
 * still them, and a bot decides nothing.
 */
export function refuseDecision(proposal: Seen, actor: Actor, step: 'approve' | 'reject'): ProposalRefusal | null {
  if (actor.kind !== 'person') return 'not-a-person';
  if (actor.id === proposal.proposedBy) return 'own-proposal';
  if (proposal.state !== 'open') return 'already-ended';
  return step === 'approve' && proposal.approvedBy.includes(actor.id) ? 'approved-already' : null;
}

/** Why `actor` may not take a proposal back, or null: only who made it may. */
export function refuseWithdrawal(proposal: Seen, actor: Actor): ProposalRefusal | null {
  if (personBehind(actor) !== proposal.proposedBy) return 'not-yours';
  return proposal.state === 'open' ? null : 'already-ended';
}

/** Whether an approval by one more person is enough. */
export function isEnough(approvedBy: readonly string[], needed: number): boolean {
  return new Set(approvedBy).size >= needed;
}
