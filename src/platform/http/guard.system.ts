import type { Context, MiddlewareHandler } from 'hono';
import type { Actor } from '../../kernel/actor.ts';
import type { Problem } from '../../kernel/problem.ts';
import type { Floor } from '../floor.ts';
import { wrongHost } from '../platform.problems.ts';
import { callerOf, knowsHost, networkOf, trustedProxies, type Caller } from './caller.ts';
import { rateHeaders, spendFor, type Limiter, type Spent } from './limiter.system.ts';

const CALLER = 'yardmaster.caller';
const SPENT = 'yardmaster.spent';
/** One year, for this name alone: other names of the domain are not ours to speak for. */
const HSTS = 'max-age=31536000';
/** Asked by load balancers under whatever name they have. */
const ANY_HOST = new Set(['/healthz', '/readyz']);

type Bindings = { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string; readonly encrypted?: boolean } } };

/** In front of everything: who calls, whether the name asked for is ours, and for https that it stays so. */
export function guard(floor: Floor, refuse: (problem: Problem) => Response): MiddlewareHandler {
  const { config } = floor;
  const read = trustedProxies(config.trustedProxies);
  const trusted = 'trusted' in read ? read.trusted : () => false;
  return async (context, next) => {
    const { incoming } = (context.env ?? {}) as Bindings;
    const caller = callerOf(
      {
        remote: incoming?.socket?.remoteAddress ?? '127.0.0.1',
        encrypted: incoming?.socket?.encrypted === true,
        forwardedFor: context.req.header('x-forwarded-for') ?? null,
        forwardedProto: context.req.header('x-forwarded-proto') ?? null,
      },
      trusted,
    );
    context.set(CALLER, caller);
    const known = config.hosts === null || ANY_HOST.has(context.req.path) || knowsHost(context.req.header('host') ?? null, config.hosts);
    if (!known) return refuse(wrongHost({}));
    await next();
    if (caller.https) context.res.headers.set('strict-transport-security', HSTS);
    return;
  };
}

/** Who calls, as the guard found it. */
export function callerIn(context: Context): Caller {
  return (context.get(CALLER) as Caller | undefined) ?? { address: '127.0.0.1', https: false };
}

/** Counts a request that carries no credential, or one whose own signature is it. */
export function countStranger(limiter: Limiter | undefined, context: Context, signed: boolean): void {
  if (limiter !== undefined) context.set(SPENT, limiter.spend(signed ? 'hook' : 'address', networkOf(callerIn(context).address)));
}

/** Refuses before the database is asked, where too many credentials from this address were not valid. */
export function beforeCredential(limiter: Limiter | undefined, context: Context): void {
  limiter?.look('refused', networkOf(callerIn(context).address));
}

/** Counts what a credential turned out to be: somebody's, or nobody's. */
export function afterCredential(limiter: Limiter | undefined, context: Context, actor: Actor | null): void {
  if (limiter === undefined) return;
  if (actor === null) limiter.spend('refused', networkOf(callerIn(context).address));
  else context.set(SPENT, spendFor(limiter, actor));
}

/** Tells the caller what is left. */
export function withRates(context: Context, response: Response): Response {
  const spent = context.get(SPENT) as Spent | undefined;
  if (spent !== undefined) for (const [name, value] of Object.entries(rateHeaders(spent))) response.headers.set(name, value);
  return response;
}
