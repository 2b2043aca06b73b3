/** Whatever else a sender says, these are never kept: they are, or may be, credentials. */
const NEVER = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-gitlab-token', 'x-api-key', 'x-auth-token', 'token']);
/** The road of the request, not what it says. */
const NOISE = new Set(['host', 'connection', 'content-length', 'accept-encoding', 'transfer-encoding', 'keep-alive', 'expect']);
const MOST = 40;
const LONGEST = 500;

/**
 * The headers of a delivery that are kept with it: forty at most, each cut at 500 characters, without what carries
 * credentials. A signature is no credential: it is good for exactly these bytes.
 */
export function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  let count = 0;
  for (const name in headers) {
    // A header of this name would be the prototype, and none of ours.
    if (NEVER.has(name) || NOISE.has(name) || name === '__proto__') continue;
    kept[name.slice(0, 100)] = (headers[name] ?? '').slice(0, LONGEST);
    if ((count += 1) === MOST) break;
  }
  return kept;
}
