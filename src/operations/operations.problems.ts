import { defineProblem } from '../kernel/problem.ts';

export const noSuchService = defineProblem<{ service: string }>('operations.no-such-service', {
  status: 404,
  sentence: ({ service }) => `There is no service ${service}.`,
  remedy: 'See them with: ym services',
});
export const noSuchRule = defineProblem<{ what: string; rules: readonly string[] }>('operations.no-such-retention', {
  status: 404,
  sentence: ({ what }) => `Nothing called ${what} is kept for a time.`,
  remedy: ({ rules }) => `Choose one of: ${rules.join(', ')}. Facts are kept for ever.`,
});
export const noSuchHold = defineProblem<{ id: string }>('operations.no-such-hold', {
  status: 404,
  sentence: ({ id }) => `There is no legal hold ${id} that could be lifted.`,
  remedy: 'See them with: ym retention show',
});
export const countsNothing = defineProblem<{ what: string }>('operations.counts-nothing', {
  status: 400,
  sentence: ({ what }) => `${what} are kept by their age alone.`,
  remedy: 'Leave the number out; only artifacts are also kept by their number.',
});
export const notHeldThere = defineProblem<{ what: string }>('operations.no-such-thing-to-hold', {
  status: 404,
  sentence: ({ what }) => `There is no ${what} here.`,
  remedy: 'Look at the ids with `ym release list`.',
});
export const oneOrTheOther = defineProblem<Record<string, never>>('operations.hold-over-both', {
  status: 400,
  sentence: 'A legal hold is over one thing: a service, a run, a release or an artifact.',
  remedy: 'Leave the others out; a hold over none of them keeps everything.',
});
