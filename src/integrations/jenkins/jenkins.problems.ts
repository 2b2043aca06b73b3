import { defineProblem } from '../../kernel/problem.ts';

export const foldersLeft = defineProblem<{ name: string; left: number; most: number; depth: number; jobs: number }>(
  'inventory.folders-left',
  {
    status: 502,
    sentence: ({ name, left, most, depth, jobs }) =>
      `Not every folder of ${name} was looked at as a whole (${left} not): it could not be read, or there are more than ${most} folders, ${depth} levels or ${jobs} jobs in one.`,
    remedy: 'Let the user of the connection read them, or connect the folders one by one by their own addresses.',
  },
);
