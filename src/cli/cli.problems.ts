import { defineProblem } from '../kernel/problem.ts';

export const usage = defineProblem<{ what: string; try: string }>('cli.usage', {
  status: 400,
  sentence: ({ what }) => what,
  remedy: (data) => data.try,
});
export const noSuchRelease = defineProblem<{ name: string }>('cli.no-such-release', {
  status: 404,
  sentence: ({ name }) => `There is no release ${name}.`,
  remedy: 'Say SERVICE@VERSION or a release id; `ym status` and `ym release list` show what exists.',
});
export const unreadable = defineProblem<{ file: string; why: string }>('cli.unreadable-file', {
  status: 400,
  sentence: ({ file, why }) => `${file} can not be read: ${why}.`,
  remedy: 'Check the path and your permission to read it.',
});
export const noTerminal = defineProblem<{ what: string; option: string }>('cli.no-terminal', {
  status: 400,
  sentence: ({ what }) => `This needs ${what}, and there is no terminal to ask.`,
  remedy: ({ option }) => `Give it with ${option}.`,
});
export const interrupted = defineProblem<Record<string, never>>('cli.interrupted', {
  status: 408,
  sentence: 'Interrupted. What was started goes on at the server.',
  remedy: 'See it with: ym status',
});
export const bug = defineProblem<{ what: string }>('cli.bug', {
  status: 500,
  sentence: ({ what }) => `ym has a bug: ${what}`,
  remedy: 'Please report it with the lines below.',
});
export const noSuch = defineProblem<{ what: string; try: string }>('cli.not-found', {
  status: 404,
  sentence: ({ what }) => what,
  remedy: (data) => data.try,
});
export const unwritable = defineProblem<{ file: string; why: string }>('cli.unwritable-file', {
  status: 400,
  sentence: ({ file, why }) => `${file} can not be written: ${why}.`,
  remedy: 'Name another one with --out.',
});
