import type { ApprovalRoute, ApprovalStep, Exclusion } from '../gates/policy/policy.ts';
import type { Missing, Read, Reason, RuleAnswer } from '../kernel/decision.ts';
import { answer } from '../kernel/decision.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import { earliest } from '../kernel/time.ts';
import { fillSeats, type Seat } from './matching.ts';
import { segregate, type Involvement } from './segregation.ts';
import { voteState, type Vote, type VoteState } from './votes.ts';

/** Everything the approvals rule reads; plain JSON, kept as a blob beside the decision. */
export type ApprovalsInput = {
  readonly route: ApprovalRoute | null;
  readonly intent: Digest;
  /** The deployment that asks; null before there is one. */
  readonly deployment: string | null;
  readonly votes: readonly Vote[];
  readonly involvement: Involvement;
  /** Roles that each voter (or the person voted for) holds over this service and environment, now; who has left is absent. */
  readonly roles: { readonly [person: string]: readonly string[] };
};

const RULE = 'approvals';

/**
 * Rule 4: approved as the route asks, by persons whom the route does not exclude, for exactly this intent.
 * Rejection by anyone who may vote denies. Too few votes wait. Contributors whom we can't name make it unknown.
 */
export function approvalsRule(input: ApprovalsInput, now: Instant): RuleAnswer {
  const { route } = input;
  const read: Read[] = input.votes.map((vote) => ({ kind: 'approval', id: vote.id, digest: null }));
  if (route === null)
    return answer(RULE, 'allow', [{ code: 'approvals.by-policy', text: 'The policy approves this by itself: no person is asked.' }], {
      read,
    });

  const { excluded, unmapped } = segregate(input.involvement, route.exclude);
  const judged = input.votes.map((vote) => ({ vote, standing: standing(vote, input, excluded, now) }));
  const notes = judged.flatMap(({ vote, standing }) => (standing === 'counts' ? [] : [noteOn(vote, standing, excluded)]));
  const counting = oneVoiceEach(judged.filter(({ standing }) => standing === 'counts').map(({ vote }) => vote));

  const rejections = counting.filter((vote) => vote.verdict === 'reject');
  if (rejections.length > 0) {
    const reasons = rejections.map((vote) => ({ code: 'approvals.rejected', text: `${vote.person} rejected this.` }));
    const missing = rejections.map((vote) => ({ what: 'the rejection to be withdrawn', who: [vote.person] }));
    return answer(RULE, 'deny', [...reasons, ...notes], { read, missing });
  }
  if (unmapped.length > 0 && route.unmapped === 'unknown') {
    const reasons = unmapped.map((label) => ({
      code: 'approvals.unmapped',
      text: `The ${label} is nobody we know, so it can't be told whose approval counts.`,
    }));
    return answer(RULE, 'unknown', [...reasons, ...notes], {
      read,
      missing: [{ what: 'each contributor mapped to a person', who: ['admin'] }],
    });
  }
  return seatVotes(route, counting, input, notes, read);
}

/** Seats the approvals and answers allow or wait. */
function seatVotes(
  route: ApprovalRoute,
  counting: readonly Vote[],
  input: ApprovalsInput,
  notes: readonly Reason[],
  read: readonly Read[],
): RuleAnswer {
  const seatOf = seatsOf(route.steps, counting, input.roles);
  const { seats, filled } = fillSeats(
    seatOf.map(({ seat }) => seat),
    route.onePersonOneRole,
  );
  if (filled === seats.length) {
    const who = seatOf.map(({ step }, index) => `${seats[index] ?? ''} as ${step.role}`);
    const text = who.length === 0 ? `Route ${route.id} asks for nobody.` : `Approved by ${who.join(', ')}.`;
    const holdUntil = earliest(counting.map((vote) => (vote.usedBy === null ? vote.expiresAt : null)));
    return answer(RULE, 'allow', [{ code: 'approvals.given', text }, ...notes], { read, notAfter: holdUntil });
  }
  const missing: Missing[] = seatOf.flatMap(({ step }, index) =>
    seats[index] === null ? [{ what: `an approval by another person as ${step.role}`, who: [step.role] }] : [],
  );
  const text = `${filled} of ${seats.length} approvals of route ${route.id} are given.`;
  return answer(RULE, 'wait', [{ code: 'approvals.missing', text }, ...notes], { read, missing });
}

/** A mandate speaks once: a delegate's approval doesn't count beside that of the person, or of another delegate, it stands for. */
function oneVoiceEach(votes: readonly Vote[]): readonly Vote[] {
  const spoken = new Set(votes.filter((vote) => vote.onBehalfOf === null && vote.verdict === 'approve').map((vote) => vote.person));
  return votes.filter((vote) => {
    if (vote.onBehalfOf === null || vote.verdict === 'reject') return true;
    if (spoken.has(vote.onBehalfOf)) return false;
    spoken.add(vote.onBehalfOf);
    return true;
  });
}

/** One seat for each approval that a step asks for, with the persons who may fill it. */
function seatsOf(
  steps: readonly ApprovalStep[],
  votes: readonly Vote[],
  roles: ApprovalsInput['roles'],
): { step: ApprovalStep; seat: Seat }[] {
  return steps.flatMap((step, number) => {
    const may = [...new Set(votes.filter((vote) => roleOf(vote, roles).includes(step.role)).map((vote) => vote.person))].sort();
    return Array.from({ length: step.count }, () => ({ step, seat: { group: `${number}`, may } }));
  });
}

/** The roles a vote is cast with: the voter's own, or those of the person in whose place it is cast. */
function roleOf(vote: Vote, roles: ApprovalsInput['roles']): readonly string[] {
  const whose = vote.onBehalfOf ?? vote.person;
  return Object.hasOwn(roles, whose) ? (roles[whose] ?? []) : [];
}

type Standing = 'counts' | Exclude<VoteState, 'active'> | 'excluded' | 'no-role';

function standing(vote: Vote, input: ApprovalsInput, excluded: ReadonlyMap<string, readonly Exclusion[]>, now: Instant): Standing {
  const state = voteState(vote, input.intent, input.deployment, now);
  if (state !== 'active') return state;
  if (excluded.has(vote.person) || (vote.onBehalfOf !== null && excluded.has(vote.onBehalfOf))) return 'excluded';
  return !Object.hasOwn(input.roles, vote.person) || roleOf(vote, input.roles).length === 0 ? 'no-role' : 'counts';
}

function noteOn(vote: Vote, why: Exclude<Standing, 'counts'>, excluded: ReadonlyMap<string, readonly Exclusion[]>): Reason {
  const did = [...(excluded.get(vote.person) ?? []), ...(excluded.get(vote.onBehalfOf ?? '') ?? [])];
  const words: Record<typeof why, string> = {
    withdrawn: 'was withdrawn',
    used: 'was used up by an earlier deployment',
    void: 'is for another intent: something of what was approved has changed',
    expired: `ended at ${vote.expiresAt}`,
    excluded: `doesn't count: the person is ${did.join(', ')} of this release`,
    'no-role': `doesn't count: the person holds no role here any more`,
  };
  return { code: `approvals.${why}`, text: `The vote ${vote.id} of ${vote.person} ${words[why]}.` };
}
