import { defineProblem } from '../../kernel/problem.ts';

export const workloadRefused = defineProblem<{ why: readonly string[] }>('identity.workload-refused', {
  status: 401,
  sentence: ({ why }) => `This workload token is not accepted: ${why.join('; ')}.`,
  remedy: 'An admin sees which condition refuses it with `ym workload test`, or on Admin > Workloads.',
});
export const workloadSpent = defineProblem<Record<string, never>>('identity.workload-spent', {
  status: 401,
  sentence: 'This workload token was used already: one is exchanged once, and is then no credential any more.',
  remedy: 'Ask the CI for a fresh token, or keep what the first exchange answered for the rest of the job.',
});
export const trustExists = defineProblem<{ name: string }>('identity.trust-exists', {
  status: 409,
  sentence: ({ name }) => `There is already a workload trust called ${name}.`,
  remedy: 'Choose another name, or remove that one first.',
});
export const trustTooWide = defineProblem<{ why: string }>('identity.trust-too-wide', {
  status: 400,
  sentence: ({ why }) => `This trust would let in too many: ${why}.`,
  remedy: 'Name the repository or its owner, for example: repository=acme/shop. `*` stands for a part of a path, `**` for several.',
});
export const notForWorkloads = defineProblem<{ actions: readonly string[] }>('identity.not-for-workloads', {
  status: 400,
  sentence: ({ actions }) => `No workload may do this, whoever allows it: ${actions.join(', ')}.`,
  remedy: 'Leave these actions out. Approvals, exceptions and administration are for persons who have signed in.',
});
export const trustNeedsScope = defineProblem<Record<string, never>>('identity.trust-needs-scope', {
  status: 400,
  sentence: 'A trust says as which bot its jobs act, or over which services.',
  remedy: 'Give a bot, or one or more services: for these a bot of its own is made, as their developer.',
});
export const workloadMakesNoToken = defineProblem<Record<string, never>>('identity.workload-makes-no-token', {
  status: 403,
  sentence: 'A workload makes no tokens: nothing of it outlives its job.',
  remedy: 'Let the next job prove itself again; it costs one request.',
});
