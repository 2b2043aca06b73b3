import { cookieName, cookieValue } from '../platform/http/screen-session.ts';

/** From what somebody signs in: a browser or a program, and the session that this browser held until now. */
export type From = { readonly screen: boolean; readonly client: string | null; readonly holds: string | null };

/** From what somebody signs in: a browser says so, and what it is; the session in its cookie will end. */
export function fromOf(headers: Headers): From {
  const screen = headers.get('x-yardmaster-screen') === '1';
  const client =
    headers
      .get('user-agent')
      ?.replaceAll(/[^\x20-\x7e]/g, '')
      .slice(0, 200) ?? null;
  // Behind a proxy with TLS it has the one name, without it the other.
  const held = [true, false].map((https) => cookieValue(headers.get('cookie'), cookieName(headers.get('host'), https)));
  return { screen, client: client === '' ? null : client, holds: screen ? (held.find((value) => value !== null) ?? null) : null };
}
