import { defineProblem } from '../../kernel/problem.ts';

export const badMapping = defineProblem<{ wrong: readonly string[] }>('hooks.bad-mapping', {
  status: 400,
  sentence: ({ wrong }) => `The mapping can't be used: ${wrong.slice(0, 10).join('; ')}.`,
  remedy: 'Correct it and try it against a real payload with: ym hooks try MAPPING PAYLOAD',
});
export const mappingNeeded = defineProblem<Record<never, never>>('hooks.mapping-needed', {
  status: 400,
  sentence: 'A webhook that takes anything needs a mapping that says what it means; one that takes CDEvents has none.',
  remedy: 'Give a mapping, or let it take cdevents.',
});
export const weakHookSecret = defineProblem<{ why: string }>('hooks.weak-secret', {
  status: 400,
  sentence: ({ why }) => `This secret is too weak: ${why}.`,
  remedy: 'Leave it out, and a good one is made; or bring one of 20 random characters or more.',
});
export const headerNeeded = defineProblem<Record<never, never>>('hooks.header-needed', {
  status: 400,
  sentence: 'The scheme hmac needs the name of the header with the signature, and no other scheme does.',
  remedy: 'Give signatureHeader together with the scheme hmac.',
});
