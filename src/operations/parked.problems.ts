import { defineProblem } from '../kernel/problem.ts';

export const noSuchWork = defineProblem<{ id: string }>('operations.no-such-work', {
  status: 404,
  sentence: ({ id }) => `There is no failed work ${id} (any more): it was done, dropped, or is being tried right now.`,
  remedy: 'See what there is with: ym parked list',
});

export const badCursor = defineProblem<Record<never, never>>('operations.bad-cursor', {
  status: 400,
  sentence: 'This cursor is not one of this list.',
  remedy: 'Give `cursor` exactly as `next` of the page before said it, or leave it out.',
});
