import { defineProblem } from '../../kernel/problem.ts';

/** One answer for every reason: whether a hook exists is nobody's business who can't sign for it. Its owner sees the reason. */
export const hookRefused = defineProblem<Record<never, never>>('hooks.refused', {
  status: 401,
  sentence: 'No hook took this delivery: there is none here, or it is not signed by its secret.',
  remedy: 'Sign the raw bytes with the secret of exactly this hook; `ym deliveries hooks` says why the last one was refused.',
});
export const unreadable = defineProblem<{ why: string }>('hooks.unreadable', {
  status: 422,
  sentence: ({ why }) => `What the hook brought can't be read: ${why}.`,
  remedy: 'Look at it with: ym deliveries show DELIVERY. The same bytes fail again; correct the sender, or the mapping, and replay it.',
});
export const noSuchDelivery = defineProblem<{ id: string }>('hooks.no-such-delivery', {
  status: 404,
  sentence: ({ id }) => `There is no delivery ${id}.`,
  remedy: 'See what came with: ym deliveries list',
});
export const noBody = defineProblem<{ id: string }>('hooks.body-gone', {
  status: 409,
  sentence: ({ id }) => `The bytes of ${id} are no longer kept, so it can't be taken again.`,
  remedy: 'Let the sender send it again; how long bytes are kept is a rule: ym retention list',
});
export const noSuchHook = defineProblem<{ id: string }>('hooks.no-such-hook', {
  status: 404,
  sentence: ({ id }) => `There is no hook ${id}, or it has ended.`,
  remedy: 'See which there are with: ym hooks list',
});
