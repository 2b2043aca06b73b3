import { defineProblem } from '../kernel/problem.ts';

export const badWindow = defineProblem<{ from: string; to: string }>('metrics.bad-window', {
  status: 400,
  sentence: ({ from, to }) => `The window from ${from} to ${to} is empty.`,
  remedy: 'Let it begin before it ends.',
});
export const tooManyFacts = defineProblem<{ limit: number }>('metrics.too-many-facts', {
  status: 422,
  sentence: ({ limit }) => `More than ${limit} facts lie behind these numbers.`,
  remedy: 'Ask for one service or team, or a shorter window.',
});
export const notProduction = defineProblem<{ environment: string }>('metrics.not-production', {
  status: 400,
  sentence: ({ environment }) => `${environment} is no environment of the kind production, and these figures are about production.`,
  remedy: 'Name an environment of the kind production, or none for all of them.',
});
