import { defineProblem } from '../kernel/problem.ts';

export const linkInvalid = defineProblem<Record<string, never>>('identity.link-invalid', {
  status: 403,
  sentence: 'This link is not valid: it was used, it has ended, or it was copied incompletely.',
  remedy: 'Ask an admin for a new invitation; for the first admin, restart the server and use the link it prints.',
});
export const wrongPassword = defineProblem<Record<string, never>>('identity.wrong-password', {
  status: 401,
  sentence: 'E-mail and password do not belong together.',
  remedy: 'Try again, or ask an admin for a new invitation link.',
});
export const tooManyTries = defineProblem<{ minutes: number }>('identity.too-many-tries', {
  status: 429,
  sentence: 'There were too many wrong passwords for this address.',
  remedy: ({ minutes }) => `Wait ${minutes} minutes, then try again.`,
});
export const emailTaken = defineProblem<{ email: string }>('identity.email-taken', {
  status: 409,
  sentence: ({ email }) => `The address ${email} already belongs to a person.`,
  remedy: 'One address belongs to one person. Use that person, or remove the address there first.',
});
export const noSuch = defineProblem<{ kind: string; id: string }>('identity.no-such', {
  status: 404,
  sentence: ({ kind, id }) => `There is no ${kind} ${id}.`,
  remedy: 'List what exists with `ym token list` or GET /v1/people.',
});
export const nameNeeded = defineProblem<Record<string, never>>('identity.name-needed', {
  status: 400,
  sentence: 'The first admin needs a name and an e-mail address.',
  remedy: 'Send `name` and `email` beside the link and the password.',
});
export const tokenTooWide = defineProblem<{ actions: readonly string[] }>('identity.token-too-wide', {
  status: 403,
  sentence: ({ actions }) => `A token can not be wider than what made it: ${actions.join(', ')}.`,
  remedy: 'Leave these actions or services out, or sign in and make the token from there.',
});
export const tokenTooNarrow = defineProblem<{ what: string }>('identity.token-too-narrow', {
  status: 403,
  sentence: ({ what }) => `A token that was narrowed to some actions or services can not ${what}.`,
  remedy: 'Sign in and do it from there, or use a token that was not narrowed.',
});
export const signInBusy = defineProblem<Record<string, never>>('identity.sign-in-busy', {
  status: 429,
  sentence: 'Another password for this address is being checked right now.',
  remedy: 'Try again in a second.',
});
export const lastAdmin = defineProblem<Record<string, never>>('identity.last-admin', {
  status: 409,
  sentence: 'This would leave the organisation without an admin.',
  remedy: 'Give somebody else the role admin over the organisation first.',
});
export const botExists = defineProblem<{ name: string }>('identity.bot-exists', {
  status: 409,
  sentence: ({ name }) => `There is already a bot called ${name}.`,
  remedy: 'Choose another name, or use that bot.',
});
