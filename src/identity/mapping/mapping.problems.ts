import { defineProblem } from '../../kernel/problem.ts';

export const loginTaken = defineProblem<{ host: string; login: string }>('identity.login-taken', {
  status: 409,
  sentence: ({ host, login }) => `${login} at ${host} already stands for somebody.`,
  remedy: 'Take it from them first, with `ym person unmap` or on their page under Admin > People.',
});
export const noLogin = defineProblem<Record<string, never>>('identity.no-login', {
  status: 400,
  sentence: 'This is no login and no address: it is empty, too long, or has signs that no name has.',
  remedy: 'Give it as the page of unmapped names shows it.',
});
