import type { Diagnostic } from '../kernel/diagnostic.ts';
import { defineProblem } from '../kernel/problem.ts';
import type { ProposalRefusal } from './proposal.ts';

export const noSuchPolicy = defineProblem<{ policy: string }>('gates.no-such-policy', {
  status: 404,
  sentence: ({ policy }) => `There is no policy ${policy}.`,
  remedy: 'List them with GET /v1/policies.',
});
export const policyInvalid = defineProblem<{ count: number; text: string; diagnostics: readonly Diagnostic[] }>('gates.policy-invalid', {
  status: 422,
  sentence: ({ count }) => `The policy has ${count === 1 ? 'an error' : `${count} errors`}.`,
  remedy: ({ text }) => `Correct it:\n${text}`,
});
export const policyOtherName = defineProblem<{ named: string; policy: string }>('gates.policy-other-name', {
  status: 422,
  sentence: ({ named, policy }) => `The document is the policy ${named}, and it was sent as ${policy}.`,
  remedy: 'Send it under its own name.',
});
export const policyStale = defineProblem<{ policy: string; version: number }>('gates.policy-changed-meanwhile', {
  status: 409,
  sentence: ({ policy, version }) => `The policy ${policy} is at version ${version} now.`,
  remedy: 'Read it again, merge your change, and send it with that version.',
});
export const noSuchReport = defineProblem<{ report: string }>('gates.no-such-report', {
  status: 404,
  sentence: ({ report }) => `There is no report ${report}.`,
  remedy: 'List the reports of a run with GET /v1/reports?run=.',
});

export const changeNeedsApproval = defineProblem<{ policy: string; needed: number }>('gates.change-needs-approval', {
  status: 409,
  sentence: ({ policy, needed }) =>
    `A change of the policy ${policy} needs the approval of ${needed === 1 ? 'another person' : `${needed} other persons`}.`,
  remedy: 'Propose it with a --reason: ym policy put, put-minimum or put-team, or on its page.',
});
export const noSuchProposal = defineProblem<{ id: string }>('gates.no-such-proposal', {
  status: 404,
  sentence: ({ id }) => `There is no proposed change ${id}.`,
  remedy: 'See `ym policy proposals` for those that there are.',
});
export const proposalPerson = defineProblem<Record<string, never>>('gates.proposal-without-person', {
  status: 403,
  sentence: 'A change of a policy is proposed by a person, or by a bot that has an owner.',
  remedy: 'Do it with a session or a token of your own.',
});
export const tooManyProposals = defineProblem<{ policy: string; most: number }>('gates.too-many-proposals', {
  status: 409,
  sentence: ({ policy, most }) => `${most} changes of the policy ${policy} wait already.`,
  remedy: 'Let others decide on them, or take yours back, first.',
});

const WHY: Readonly<Record<ProposalRefusal, string>> = {
  'not-a-person': 'a person has to decide on it with their own session or token',
  'own-proposal': 'you proposed it: another person has to decide',
  'already-ended': 'it has been decided on, or taken back',
  'approved-already': 'you approved it already: another person has to, too',
  'not-yours': 'only who proposed it may take it back',
};
export const proposalRefused = defineProblem<{ why: ProposalRefusal }>('gates.proposal-refused', {
  status: 409,
  sentence: ({ why }) => `This is not for you to decide: ${WHY[why]}.`,
  remedy: 'See `ym policy proposals` for what waits, and for whom.',
});

export const nothingToTry = defineProblem<Record<string, never>>('gates.nothing-to-try', {
  status: 422,
  sentence: 'There is no document to hold against what was decided.',
  remedy: 'Send the document as source, or name a change that was proposed.',
});
