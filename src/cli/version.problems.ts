import { defineProblem } from '../kernel/problem.ts';

export const badPrerelease = defineProblem<{ given: string }>('cli.bad-prerelease', {
  status: 400,
  sentence: ({ given }) => `"${given}" can't be the name of a pre-release.`,
  remedy: 'Use lower-case letters, digits and dashes, for example rc or beta.',
});
export const badStrategy = defineProblem<{ given: string }>('cli.bad-strategy', {
  status: 400,
  sentence: ({ given }) => `"${given}" is no strategy.`,
  remedy: 'Give one of: trunk, gitflow, release-branch, calendar.',
});
export const badCalendar = defineProblem<{ given: string }>('cli.bad-calendar', {
  status: 400,
  sentence: ({ given }) => `"${given}" is no calendar scheme.`,
  remedy: 'Join YYYY, YY or 0Y with MM, 0M, WW, 0W, DD, 0D and a last MICRO by dots, for example YYYY.0M.MICRO.',
});
export const badTagFormat = defineProblem<{ given: string }>('cli.bad-tag-format', {
  status: 400,
  sentence: ({ given }) => `"${given}" is no form of tags.`,
  remedy: 'Write it with {version} once, for example v{version}.',
});
export const badInstant = defineProblem<{ given: string }>('cli.bad-date', {
  status: 400,
  sentence: ({ given }) => `"${given}" is no day.`,
  remedy: 'Write it as 2026-11-28, or as 2026-11-28T12:00:00Z.',
});
