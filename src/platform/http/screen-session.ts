/**
 * How a browser carries a session: a cookie that scripts can't read, for answers of routes that open one
 * (`session: 'opens'`) to requests with `x-yardmaster-screen: 1`. Pure; the server applies it.
 *
 * Cookies know no ports, so that two instances on one host would end each other's sessions: the name carries the port.
 * Over https the `__Host-` prefix (RFC 6265bis) keeps other hosts of a domain from planting one.
 */

/** What of a request tells whether it came from a page of ours. */
export type FromPage = {
  readonly host: string | null;
  readonly origin: string | null;
  readonly site: string | null;
};

/** The cookie's name for a request to `host` (its Host header, such as `127.0.0.1:7420`). */
export function cookieName(host: string | null, https: boolean): string {
  const port = /:(\d{1,5})$/.exec(host ?? '')?.[1];
  return `${https ? '__Host-' : ''}ym_session${port === undefined ? '' : `_${port}`}`;
}

/** The value of a cookie in a Cookie header, or null; a doubled cookie counts as none. */
export function cookieValue(header: string | null, name: string): string | null {
  const found = (header ?? '')
    .slice(0, 16_384)
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return found.length === 1 && /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{10,300}$/.test(found[0] ?? '') ? (found[0] ?? null) : null;
}

/** The Set-Cookie header that keeps `token` until `expiresAt`, or ends the cookie where `token` is null. */
export function setCookie(name: string, token: string | null, expiresAt: string | null, https: boolean): string {
  const until = token === null ? 'Thu, 01 Jan 1970 00:00:00 GMT' : expiresAt === null ? null : new Date(expiresAt).toUTCString();
  return [
    `${name}=${token ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    ...(https ? ['Secure'] : []),
    ...(until === null ? [] : [`Expires=${until}`]),
  ].join('; ');
}

/**
 * Whether a request that changes something may use the cookie: only from a page of the same origin. Browsers say so by
 * Sec-Fetch-Site; where that is missing the Origin's host must be the request's own. Neither: no.
 */
export function fromOwnPage({ host, origin, site }: FromPage): boolean {
  if (site !== null) return site === 'same-origin';
  if (origin === null || host === null) return false;
  const url = URL.parse(origin);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.host === host;
}
