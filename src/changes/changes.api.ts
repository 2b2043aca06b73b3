import type { ApprovalRoute } from '../gates/policy/policy.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { mayFollow } from '../kernel/machine.ts';
import type { Problem } from '../kernel/problem.ts';
import { plus } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { judgeBallot, type Ballot, type Refusal } from './ballot.ts';
import { changeMachine, type ChangeOutcome, type ChangeState } from './change-states.ts';
import {
  approvalGiven,
  approvalRefused,
  approvalRejected,
  approvalUsed,
  approvalVoided,
  approvalWithdrawn,
  changeMoved,
  changeOpened,
} from './changes.events.ts';
import {
  alreadyVoted,
  noRoleInRoute,
  noSuchVote,
  notAPerson,
  nothingToApprove,
  notYourMandate,
  notYourVote,
  selfApproval,
  staleVote,
  voteEnded,
} from './changes.problems.ts';
import {
  insertChange,
  insertVote,
  lockChange,
  lockVote,
  lockVoteOf,
  updateChange,
  updateVoteEnded,
  updateVoteUsed,
  type StoredVote,
} from './changes.store.ts';

/** Opens the change record of a new release; answers its id. */
export async function openChange(
  tx: Tx,
  actor: Actor,
  change: { releaseId: string; serviceId: string; type: 'standard' | 'normal' | 'emergency'; requestedBy: string | null },
): Promise<string> {
  const id = tx.floor.newId('chg');
  await insertChange(tx, { id, ...change, openedAt: await tx.now() });
  const body = { release: change.releaseId, type: change.type, requestedBy: change.requestedBy };
  await tx.record(changeOpened, { subject: id, actor, service: change.serviceId, body });
  return id;
}

/** Moves the change record of a release to where it follows; does nothing where that is no step of its way (so that it may run twice). */
export async function moveChange(
  tx: Tx,
  actor: Actor,
  releaseId: string,
  to: ChangeState,
  more: { outcome?: ChangeOutcome; deployment?: string } = {},
): Promise<void> {
  const row = await lockChange(tx, releaseId);
  if (row === null || !mayFollow(changeMachine, row.state, to)) return;
  const outcome = to === 'closed' ? (more.outcome ?? null) : null;
  if ((await updateChange(tx, row, { state: to, outcome, closedAt: to === 'closed' ? await tx.now() : null })) === 0) return;
  await tx.record(changeMoved, {
    subject: row.id,
    actor,
    service: row.serviceId,
    body: { release: releaseId, state: to, outcome, deployment: more.deployment ?? null },
  });
}

export type VoteRequest = {
  readonly releaseId: string;
  readonly serviceId: string;
  readonly changeId: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly verdict: 'approve' | 'reject';
  readonly reason: string;
  readonly route: ApprovalRoute | null;
  readonly ballot: Omit<Ballot, 'route'>;
};

/** A refusal is a value, because its record must be committed before anybody is told. */
export type Cast = { readonly vote: StoredVote; readonly refused: null } | { readonly vote: null; readonly refused: Problem };

const refused = (problem: Problem): Cast => ({ vote: null, refused: problem });

/**
 * Casts a vote, under the lock of the release's target that the caller holds. A refusal is recorded as a fact and
 * answered as a value, so that the caller can commit it and then say no. The same vote sent again answers the first one.
 */
export async function castVote(tx: Tx, actor: Actor, asked: VoteRequest): Promise<Cast> {
  const { ballot, route } = asked;
  const judged = judgeBallot({ ...ballot, route });
  if (!judged.ok || ballot.person === null || route === null) {
    const { why, because } = judged.ok ? { why: 'no-route' as const, because: [] } : judged;
    if (why !== 'no-route' && why !== 'stale') await recordRefusal(tx, actor, asked, why, because);
    return refused(refusalOf(why, because, ballot.current));
  }
  const at = await tx.now();
  const { person, onBehalfOf, current } = ballot;
  const { releaseId, serviceId, environmentId, changeId, verdict, reason } = asked;
  const row = {
    id: tx.floor.newId('apr'),
    serviceId,
    releaseId,
    environmentId,
    changeId,
    person,
    onBehalfOf,
    verdict,
    reason,
    intent: current.intent,
    targetVersion: current.version,
    at,
    expiresAt: plus(at, route.expiresAfter),
  };
  const vote = await insertVote(tx, row);
  if (vote === null) return spentVote(tx, asked, person);
  const body = { ...about(vote, asked.environment), onBehalfOf, intent: vote.intent, reasonDigest: digestOf(reason) };
  if (verdict === 'approve')
    await tx.record(approvalGiven, { subject: vote.id, actor, service: serviceId, body: { ...body, expiresAt: vote.expiresAt } });
  else await tx.record(approvalRejected, { subject: vote.id, actor, service: serviceId, body });
  return { vote, refused: null };
}

async function spentVote(tx: Tx, asked: VoteRequest, person: string): Promise<Cast> {
  const { current } = asked.ballot;
  const vote = await lockVoteOf(tx, asked.releaseId, asked.environmentId, person, current.version);
  const same =
    vote !== null && vote.verdict === asked.verdict && vote.intent === current.intent && vote.onBehalfOf === asked.ballot.onBehalfOf;
  const alive = vote !== null && vote.endedAs === null && vote.usedBy === null && vote.expiresAt > (await tx.now());
  return same && alive ? { vote, refused: null } : refused(alreadyVoted({ approval: vote?.id ?? '' }));
}

/** Takes back one's vote, under the lock of its target that the caller holds; not after an act has used it. */
export async function withdrawVote(tx: Tx, actor: Actor, seen: StoredVote, environment: string, reason: string): Promise<StoredVote> {
  const vote = await lockVote(tx, seen.id, seen.releaseId);
  if (vote === null) throw noSuchVote({});
  if (actor.kind !== 'person' || (actor.id !== vote.person && actor.id !== vote.onBehalfOf)) throw notYourVote({});
  const ended = vote.usedBy === null ? vote.endedAs : 'used by a deployment';
  if (ended !== null) throw voteEnded({ state: ended });
  const at = await tx.now();
  if ((await updateVoteEnded(tx, vote, 'withdrawn', at)) === 0) throw new Error(`vote ${vote.id} changed under its lock`);
  await tx.record(approvalWithdrawn, {
    subject: vote.id,
    actor,
    service: vote.serviceId,
    body: { ...about(vote, environment), reasonDigest: digestOf(reason) },
  });
  return { ...vote, endedAs: 'withdrawn', withdrawnAt: at };
}

/** Marks votes as used by the deployment that begins on them: they count for no other from now on. */
export async function useVotes(tx: Tx, actor: Actor, votes: readonly StoredVote[], environment: string, deployment: string): Promise<void> {
  for (const vote of votes) {
    if ((await updateVoteUsed(tx, vote, deployment, await tx.now())) === 0) continue;
    await tx.record(approvalUsed, { subject: vote.id, actor, service: vote.serviceId, body: { ...about(vote, environment), deployment } });
  }
}

/** Tells that a vote counts no more. The decision knows by itself; this is for people and for who waits. */
export async function voidVote(tx: Tx, actor: Actor, vote: StoredVote, environment: string, why: 'expired' | 'void'): Promise<boolean> {
  if ((await updateVoteEnded(tx, vote, why, await tx.now())) === 0) return false;
  await tx.record(approvalVoided, { subject: vote.id, actor, service: vote.serviceId, body: { ...about(vote, environment), why } });
  return true;
}

function refusalOf(why: Refusal, because: readonly string[], current: Ballot['current']): Problem {
  const problems: Record<Refusal, () => Problem> = {
    'not-a-person': () => notAPerson({}),
    excluded: () => selfApproval({ because }),
    mandate: () => notYourMandate({}),
    'no-route': () => nothingToApprove({}),
    'no-role': () => noRoleInRoute({ roles: because }),
    stale: () => staleVote(current),
  };
  return problems[why]();
}

async function recordRefusal(tx: Tx, actor: Actor, asked: VoteRequest, why: string, because: readonly string[]): Promise<void> {
  const { person, onBehalfOf, seen } = asked.ballot;
  const body = { environment: asked.environment, person, onBehalfOf, code: `changes.${why}`, because: [...because], intent: seen.intent };
  await tx.record(approvalRefused, { subject: asked.releaseId, actor, service: asked.serviceId, body });
}

function about(vote: StoredVote, environment: string): { release: string; change: string; environment: string; person: string } {
  return { release: vote.releaseId, change: vote.changeId, environment, person: vote.person };
}
