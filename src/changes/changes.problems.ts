import { defineProblem } from '../kernel/problem.ts';

export const selfApproval = defineProblem<{ because: readonly string[] }>('changes.self-approval', {
  status: 403,
  sentence: ({ because }) => `You can't vote on this release: you (or the person you stand for) are its ${because.join(', ')}.`,
  remedy: 'Ask another person who holds the role. The refusal is recorded.',
});

export const notAPerson = defineProblem('changes.not-a-person', {
  status: 403,
  sentence: 'Only a person approves. Bots and machines never count, whoever owns them.',
  remedy: 'Let a person vote with their own account or token. The refusal is recorded.',
});

export const noRoleInRoute = defineProblem<{ roles: readonly string[] }>('changes.no-role-in-route', {
  status: 403,
  sentence: ({ roles }) => `Your vote would fill no seat: the route asks for ${roles.join(', ') || 'nobody'}.`,
  remedy: 'Ask somebody who holds one of these roles, or an admin to give you one. The refusal is recorded.',
});

export const notYourMandate = defineProblem('changes.not-your-mandate', {
  status: 403,
  sentence: 'That person has not made you their delegate.',
  remedy: 'Vote in your own name, or let them name you as their delegate. The refusal is recorded.',
});

export const staleVote = defineProblem<{ version: number; intent: string }>('changes.stale-vote', {
  status: 409,
  sentence: 'What you voted on has changed since you looked at it.',
  remedy: 'Read the release again and vote on the intent and version it shows now.',
});

export const alreadyVoted = defineProblem<{ approval: string }>('changes.already-voted', {
  status: 409,
  sentence: 'You have voted on this version of the release already; a vote is used once.',
  remedy: 'Withdraw your vote first, then read the release again.',
});

export const noSuchVote = defineProblem('changes.no-such-vote', {
  status: 404,
  sentence: 'There is no such vote on this release.',
  remedy: 'List the votes with GET /v1/releases/{release}.',
});

export const notYourVote = defineProblem('changes.not-your-vote', {
  status: 403,
  sentence: 'Only the person who voted takes the vote back.',
  remedy: 'Ask them; or reject the release yourself.',
});

export const voteEnded = defineProblem<{ state: string }>('changes.vote-ended', {
  status: 409,
  sentence: ({ state }) => `This vote can't be taken back: it is ${state}.`,
  remedy: 'If the deployment has begun, cancel it or roll it back.',
});

export const nothingToApprove = defineProblem('changes.nothing-to-approve', {
  status: 409,
  sentence: 'The policy approves this by itself: nobody is asked for this environment.',
  remedy: 'Nothing to do. To stop the release, abandon it or stop the line.',
});

export const changeProblems = [
  selfApproval,
  notAPerson,
  noRoleInRoute,
  notYourMandate,
  staleVote,
  alreadyVoted,
  noSuchVote,
  notYourVote,
  voteEnded,
  nothingToApprove,
];
