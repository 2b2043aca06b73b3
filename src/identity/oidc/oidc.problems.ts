import { defineProblem } from '../../kernel/problem.ts';

export const signInRefused = defineProblem<{ provider: string; why: string }>('identity.sign-in-refused', {
  status: 403,
  sentence: ({ provider, why }) => `${provider} did not sign you in: ${why}.`,
  remedy: 'Try again. Where it stays so, an admin sees the settings under Admin > Sign-in, and can link your account.',
});
export const flowGone = defineProblem<Record<string, never>>('identity.sign-in-gone', {
  status: 403,
  sentence: 'This sign-in is over: it was used, took longer than ten minutes, or began in another browser.',
  remedy: 'Begin again, and stay in this browser.',
});
export const noProvider = defineProblem<{ provider: string }>('identity.no-such-provider', {
  status: 404,
  sentence: ({ provider }) => `There is no sign-in provider ${provider}.`,
  remedy: 'List them with `ym provider list` or on Admin > Sign-in.',
});
export const providerExists = defineProblem<{ name: string }>('identity.provider-exists', {
  status: 409,
  sentence: ({ name }) => `There is already a sign-in provider called ${name}.`,
  remedy: 'Choose another name, or change that one.',
});
export const secretAnew = defineProblem<Record<string, never>>('identity.secret-anew', {
  status: 400,
  sentence: 'Another issuer gets the client’s secret only where it is given anew.',
  remedy: 'Send `secret` beside `issuer`, or null for a public client.',
});
export const passwordsOff = defineProblem<Record<string, never>>('identity.passwords-off', {
  status: 403,
  sentence: 'Passwords are for admins alone here.',
  remedy: 'Sign in with your provider, on the sign-in page or with: ym login --browser',
});
export const noWayLeft = defineProblem<Record<string, never>>('identity.no-way-left', {
  status: 409,
  sentence: 'There is no provider to sign in with.',
  remedy: 'Add one and look whether it works, before passwords are refused.',
});
export const terminalGone = defineProblem<Record<string, never>>('identity.terminal-gone', {
  status: 404,
  sentence: 'No terminal waits with this code: it was used, it has ended after ten minutes, or it was mistyped.',
  remedy: 'Say `ym login --browser` again, and give the code that it shows.',
});
export const accountTaken = defineProblem<Record<string, never>>('identity.account-taken', {
  status: 409,
  sentence: 'This account is linked to another person.',
  remedy: 'Sign in with it, or ask an admin to unlink it.',
});
