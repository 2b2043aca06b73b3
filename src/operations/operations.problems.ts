import { defineProblem } from '../kernel/problem.ts';

export const noSuchService = defineProblem<{ service: string }>('operations.no-such-service', {
  status: 404,
  sentence: ({ service }) => `There is no service ${service}.`,
  remedy: 'See them with: ym services',
});
