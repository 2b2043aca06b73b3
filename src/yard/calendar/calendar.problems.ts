import { defineProblem } from '../../kernel/problem.ts';

export const badRange = defineProblem<{ from: string; to: string; days: number }>('yard.bad-range', {
  status: 400,
  sentence: ({ from, to, days }) =>
    `The calendar can’t be shown from ${from} to ${to}: it must begin before it ends, and ${days} days is the most.`,
  remedy: 'Ask for a shorter time.',
});
