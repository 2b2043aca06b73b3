import type { Diagnostic } from '../kernel/diagnostic.ts';
import { defineProblem } from '../kernel/problem.ts';

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
