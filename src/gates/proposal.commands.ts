import type { Actor } from '../kernel/actor.ts';
import { personBehind } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import type { Tx } from '../platform/floor.ts';
import { policyChangeApproved, policyChangeEnded, policyChangeProposed, policyChangeRefused } from './gates.events.ts';
import { noSuchPolicy, noSuchProposal, proposalPerson, proposalRefused, tooManyProposals } from './gates.problems.ts';
import { isLevel, levelAt, teamOf } from './levels.store.ts';
import { applyPolicy, readChange } from './policy.commands.ts';
import { policyAt } from './policy.store.ts';
import { isEnough, refuseDecision, refuseWithdrawal, type ProposalRefusal } from './proposal.ts';
import { countOpenProposals, endProposal, insertProposal, insertVote, lockProposal, type Proposal } from './proposal.store.ts';

/** How many changes of one policy may wait at once. */
export const OPEN_PROPOSALS = 20;

export type NewProposal = { readonly name: string; readonly source: string; readonly version: number; readonly reason: string };

/**
 * Proposes a change of a policy: read and checked like one that is saved at once. Where the policy in force asks for no
 * approval it is in force at once; else it waits for as many other persons as that policy asks.
 */
export async function proposeChange(tx: Tx, actor: Actor, asked: NewProposal): Promise<Proposal | 'applied'> {
  const person = personBehind(actor);
  if (person === null) throw proposalPerson({});
  const change = await readChange(tx, asked);
  const needed = await approvalsNeeded(tx, asked.name);
  if (needed === 0) {
    await applyPolicy(tx, actor, change, { person, approvedBy: [] });
    return 'applied';
  }
  if ((await countOpenProposals(tx, asked.name)) >= OPEN_PROPOSALS)
    throw tooManyProposals({ policy: teamOf(asked.name) === null ? asked.name : 'of the team', most: OPEN_PROPOSALS });
  const createdAt = await tx.now();
  const row = {
    id: tx.floor.newId('ppr'),
    name: asked.name,
    from: asked.version,
    source: asked.source,
    digest: change.digest,
    reason: asked.reason,
    proposedBy: person,
    needed,
    createdAt,
  };
  await insertProposal(tx, row);
  const body = { name: row.name, from: row.from, digest: row.digest, person, needed, reasonDigest: digestOf(row.reason) };
  await tx.record(policyChangeProposed, { subject: row.id, actor, body });
  return { ...row, state: 'open', approvedBy: [], decidedBy: null, decidedReason: null, decidedAt: null };
}

/** How many other persons must approve a change of a policy, as the version in force says. */
export async function approvalsNeeded(tx: Tx, name: string): Promise<number> {
  if (isLevel(name)) return (await levelAt(tx, name, null))?.written.changes?.approvals ?? 0;
  const found = await policyAt(tx, name, null);
  if (found === null) throw noSuchPolicy({ policy: name });
  return found.document.changes?.approvals ?? 0;
}

/** Approves as another person. The one that is enough puts the change in force, in the same transaction. A refusal is recorded and returned. */
export async function approveChange(tx: Tx, actor: Actor, id: string): Promise<Proposal | Problem> {
  const proposal = await locked(tx, id);
  const refused = refuseDecision(proposal, actor, 'approve');
  if (refused !== null) return refuse(tx, actor, proposal, refused);
  const at = await tx.now();
  await insertVote(tx, id, actor.id, at);
  const approvedBy = [...proposal.approvedBy, actor.id];
  await tx.record(policyChangeApproved, {
    subject: id,
    actor,
    body: { name: proposal.name, digest: proposal.digest, by: actor.id, of: proposal.needed },
  });
  if (!isEnough(approvedBy, proposal.needed)) return { ...proposal, approvedBy };
  const change = await readChange(tx, { name: proposal.name, source: proposal.source, version: proposal.from });
  await applyPolicy(tx, actor, change, { person: proposal.proposedBy, approvedBy });
  return end(tx, actor, { ...proposal, approvedBy }, 'applied', null);
}

/** Turns a proposal down, as another person. */
export async function rejectChange(tx: Tx, actor: Actor, id: string, reason: string): Promise<Proposal | Problem> {
  const proposal = await locked(tx, id);
  const refused = refuseDecision(proposal, actor, 'reject');
  return refused === null ? end(tx, actor, proposal, 'rejected', reason) : refuse(tx, actor, proposal, refused);
}

/** Takes one's own proposal back. */
export async function withdrawChange(tx: Tx, actor: Actor, id: string): Promise<Proposal | Problem> {
  const proposal = await locked(tx, id);
  const refused = refuseWithdrawal(proposal, actor);
  return refused === null ? end(tx, actor, proposal, 'withdrawn', null) : refuse(tx, actor, proposal, refused);
}

async function locked(tx: Tx, id: string): Promise<Proposal> {
  const proposal = await lockProposal(tx, id);
  if (proposal === null) throw noSuchProposal({ id });
  return proposal;
}

async function end(
  tx: Tx,
  actor: Actor,
  proposal: Proposal,
  state: 'applied' | 'rejected' | 'withdrawn',
  reason: string | null,
): Promise<Proposal> {
  const at = await tx.now();
  const by = personBehind(actor) ?? actor.id;
  await endProposal(tx, proposal.id, state, by, reason, at);
  const body = { name: proposal.name, digest: proposal.digest, state, by, reasonDigest: reason === null ? null : digestOf(reason) };
  await tx.record(policyChangeEnded, { subject: proposal.id, actor, body });
  return { ...proposal, state, decidedBy: by, decidedReason: reason, decidedAt: at };
}

async function refuse(tx: Tx, actor: Actor, proposal: Proposal, why: ProposalRefusal): Promise<Problem> {
  await tx.record(policyChangeRefused, {
    subject: proposal.id,
    actor,
    body: { name: proposal.name, by: personBehind(actor) ?? actor.id, why },
  });
  return proposalRefused({ why });
}
