import type { Diagnostic } from '../kernel/diagnostic.ts';
import { placeOf } from '../kernel/diagnostic.ts';
import { defineProblem } from '../kernel/problem.ts';

export const invalidCatalog = defineProblem<{ diagnostics: readonly Diagnostic[] }>('catalog.invalid-file', {
  status: 422,
  sentence: ({ diagnostics }) => {
    const [first] = diagnostics;
    const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : '';
    return first === undefined
      ? 'The catalog file is not valid.'
      : `The catalog file is not valid: ${placeOf(first)}: ${first.message}${more}.`;
  },
  remedy: ({ diagnostics }) => diagnostics[0]?.remedy ?? 'Correct the file.',
});
export const stalePlan = defineProblem<{ plan: string; now: string }>('catalog.stale-plan', {
  status: 409,
  sentence: 'The catalog or the file has changed since this plan was made.',
  remedy: 'Make the plan again, look at it, and apply that one.',
});
export const noSuchService = defineProblem<{ name: string }>('catalog.no-such-service', {
  status: 404,
  sentence: ({ name }) => `There is no service "${name}".`,
  remedy: 'See `GET /v1/services` for the names, or add it to yardmaster.yaml and apply that.',
});
export const noSuchEnvironment = defineProblem<{ name: string }>('catalog.no-such-environment', {
  status: 404,
  sentence: ({ name }) => `There is no environment "${name}".`,
  remedy: 'See `GET /v1/environments` for the names, or add it to yardmaster.yaml and apply that.',
});
export const noSuchTeam = defineProblem<{ name: string }>('catalog.no-such-team', {
  status: 404,
  sentence: ({ name }) => `There is no team "${name}".`,
  remedy: 'See `GET /v1/teams` for the names, or add it to yardmaster.yaml and apply that.',
});
