import type { RouteShape } from '../contract/route.ts';

/** The pure half of the client: how a call becomes an address, and when it is worth another try. */

/** The base address without a trailing slash, or why it is none: plain http(s) without user, query or fragment. */
export function baseAddress(text: string): { readonly base: string } | { readonly why: string } {
  const url = URL.parse(text);
  if (url === null) return { why: 'it is not a URL' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { why: 'it must begin with http:// or https://' };
  if (url.username !== '' || url.password !== '') return { why: 'credentials do not belong into an address' };
  if (url.search !== '' || url.hash !== '') return { why: 'it must have no query and no fragment' };
  return { base: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}

/** The address of one call: parameters percent-encoded into their segments, `undefined` query members left out, lists repeated. */
export function addressOf(base: string, route: RouteShape, params: unknown, query: unknown): string {
  const path = route.path.replace(/\{([a-zA-Z]+)\}/g, (_, name: string) =>
    segment(route, name, (params as Record<string, unknown> | undefined)?.[name]),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined && item !== null) search.append(name, String(item));
  }
  return search.size === 0 ? `${base}${path}` : `${base}${path}?${search}`;
}

/** `.` and `..` would be folded away by every URL parser, so that the call would reach another route: a caller's bug. */
function segment(route: RouteShape, name: string, value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  if (text === '' || text === '.' || text === '..')
    throw new TypeError(`${route.method} ${route.path}: parameter ${name} is ${JSON.stringify(text)}`);
  return encodeURIComponent(text);
}

/** A 429 asks to come again so much later at most; for longer it is for whoever called to decide. */
const PATIENCE_S = 10;

/**
 * Answers that say nothing about the request itself: a proxy or a server that is just starting or stopping, or that asks
 * to come again in a moment (`Retry-After` in seconds); nothing was done of what these answer.
 */
export function worthRetrying(status: number, retryAfter: string | null = null): boolean {
  if (status === 429) return retryAfter !== null && /^\d{1,2}$/.test(retryAfter) && Number(retryAfter) <= PATIENCE_S;
  return status === 502 || status === 503 || status === 504;
}

/**
 * Milliseconds to wait before try number `attempt` (1 = the first retry): doubling from 100 ms to 5 s, with full jitter in
 * its upper half so that many clients do not come back as one. `random` is in [0, 1). A server's `Retry-After` (seconds) wins, up to 10 s.
 */
export function retryDelay(attempt: number, random: number, retryAfter: string | null = null): number {
  if (retryAfter !== null && /^\d{1,6}$/.test(retryAfter))
    return Math.min(Number(retryAfter), PATIENCE_S) * 1000 + Math.floor(random * 250);
  const ceiling = Math.min(100 * 2 ** (attempt - 1), 5000);
  return Math.floor(ceiling / 2 + (random * ceiling) / 2);
}
