import { defineProblem } from '../kernel/problem.ts';

export const badEgressUrl = defineProblem<{ why: string }>('egress.bad-url', {
  status: 400,
  sentence: ({ why }) => `This address can't be called: ${why}.`,
  remedy: 'Give an address that begins with https://, without user, password or fragment.',
});
export const egressForbidden = defineProblem<{ host: string; what: string }>('egress.forbidden', {
  status: 403,
  sentence: ({ host, what }) => `${host} is not called: it leads to ${what}.`,
  remedy:
    'Where it is meant, the operator names it in YARDMASTER_EGRESS_ALLOW (networks, addresses or host names, with a port if need be).',
});
export const egressRedirect = defineProblem<{ host: string; to: string }>('egress.redirect', {
  status: 502,
  sentence: ({ host, to }) => `${host} sends us on to ${to}, and we don't follow.`,
  remedy: 'Set the address that it leads to, if you trust it.',
});
export const egressTooLarge = defineProblem<{ host: string; limit: number }>('egress.too-large', {
  status: 502,
  sentence: ({ host, limit }) => `${host} answered more than ${limit} bytes.`,
  remedy: 'Ask for less at a time.',
});
export const egressFailed = defineProblem<{ host: string; why: string }>('egress.failed', {
  status: 503,
  sentence: ({ host, why }) => `${host} can't be reached: ${why}.`,
  remedy: 'It is tried again by itself where the work can wait; look whether the address and the network are right.',
});
