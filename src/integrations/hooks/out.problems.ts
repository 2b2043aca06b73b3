import { defineProblem } from '../../kernel/problem.ts';

export const noSuchOut = defineProblem<{ id: string }>('hooks.no-such-subscription', {
  status: 404,
  sentence: ({ id }) => `There is no webhook ${id} that goes out.`,
  remedy: 'See which there are with: ym subscriptions list',
});
export const noSuchTelling = defineProblem<{ id: string }>('hooks.no-such-message', {
  status: 404,
  sentence: ({ id }) => `There is no message ${id}, or it is no longer kept.`,
  remedy: 'See what went out with: ym subscriptions log',
});
export const noSuchType = defineProblem<{ types: readonly string[]; form: string }>('hooks.no-such-type', {
  status: 400,
  sentence: ({ types, form }) => `Nothing of this type is told as ${form}: ${types.slice(0, 10).join(', ')}.`,
  remedy: 'See the types with: ym subscriptions types',
});
export const badFilter = defineProblem<{ why: string }>('hooks.bad-filter', {
  status: 400,
  sentence: ({ why }) => `The filter can't be used: ${why}.`,
  remedy: "Write CEL over `fact`, such as: fact.body.outcome == 'failed'",
});
