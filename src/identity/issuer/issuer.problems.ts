import { defineProblem } from '../../kernel/problem.ts';

export const issuerUnreachable = defineProblem<{ issuer: string; why: string }>('identity.issuer-unreachable', {
  status: 503,
  sentence: ({ issuer, why }) => `We could not ask ${issuer} for its keys: ${why}`,
  remedy: 'It is asked again with the next request. Where it stays so, look whether this server may reach the issuer.',
});
export const issuerWrong = defineProblem<{ issuer: string; why: string }>('identity.issuer-wrong', {
  status: 502,
  sentence: ({ issuer, why }) => `${issuer} does not answer like an OpenID issuer: ${why}.`,
  remedy: 'Give the issuer exactly as its tokens and its /.well-known/openid-configuration name it.',
});
