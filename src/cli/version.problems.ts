import { defineProblem } from '../kernel/problem.ts';

export const badPrerelease = defineProblem<{ given: string }>('cli.bad-prerelease', {
  status: 400,
  sentence: ({ given }) => `"${given}" can't be the name of a pre-release.`,
  remedy: 'Use lower-case letters, digits and dashes, for example rc or beta.',
});
