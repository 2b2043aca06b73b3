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
export const oneOrTheOther = defineProblem<Record<string, never>>('operations.hold-over-both', {
  status: 400,
  sentence: 'A legal hold is over a service or over a run, not both.',
  remedy: 'Leave one of them out; a hold over neither keeps everything.',
});
