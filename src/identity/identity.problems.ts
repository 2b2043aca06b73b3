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
export const signInAgain = defineProblem<{ minutes: number }>('identity.sign-in-again', {
  status: 403,
  sentence: ({ minutes }) => `This act needs a sign-in that is younger than ${minutes} minutes.`,
  remedy:
    'Prove again who you are, with your password or your provider, then repeat it: nothing of what you typed is lost. In a terminal: ym login --browser',
});
export const tokenMayNotDecide = defineProblem<{ action: string; setting: string }>('identity.token-may-not-decide', {
  status: 403,
  sentence: ({ action, setting }) =>
    setting === 'narrowed'
      ? `A token does ${action} in production only where it was narrowed to it by name.`
      : `No token does ${action} in production here.`,
  remedy: 'Sign in and do it from there, or ask an admin about YARDMASTER_TOKENS_DECIDE.',
});
export const codeNeeded = defineProblem<Record<string, never>>('identity.code-needed', {
  status: 401,
  sentence: 'The password is right; a code of your second factor is needed too.',
  remedy: 'Send the six digits that your authenticator shows, or one of your recovery codes, as `code`.',
});
export const wrongCode = defineProblem<Record<string, never>>('identity.wrong-code', {
  status: 401,
  sentence: 'This code is not right, or it was used already.',
  remedy: 'Wait for the next code of your authenticator, or use a recovery code; an admin can take the second factor away.',
});
export const noFactor = defineProblem<Record<string, never>>('identity.no-second-factor', {
  status: 409,
  sentence: 'There is no second factor to confirm or end.',
  remedy: 'Begin one on your account page, or with: ym second-factor begin',
});
export const factorThere = defineProblem<Record<string, never>>('identity.second-factor-exists', {
  status: 409,
  sentence: 'You have a second factor already.',
  remedy: 'End it first, with a code of it; then begin a new one.',
});
export const personsOnly = defineProblem<Record<string, never>>('identity.persons-only', {
  status: 403,
  sentence: 'Only a person who is signed in has sessions, a password and a second factor; a token or bot has none.',
  remedy: 'Sign in with `ym login` or on the sign-in page, and do it from there.',
});
export const lastEmail = defineProblem<Record<string, never>>('identity.last-email', {
  status: 409,
  sentence: 'It is the only address of this person.',
  remedy: 'Add another one first: without an address nobody signs in.',
});
