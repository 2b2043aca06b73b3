import { defineProblem } from '../../kernel/problem.ts';

export const tooManyViewers = defineProblem<{ limit: number; of: 'you' | 'this server' }>('yard.too-many-viewers', {
  status: 429,
  sentence: ({ limit, of }) => `There are already ${limit} live streams of ${of} open, which is the most.`,
  remedy: 'Close pages that you no longer look at. Pages work without the stream too: they ask again when you return to them.',
});
