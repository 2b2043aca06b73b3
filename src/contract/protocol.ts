/**
 * Which versions of the wire understand each other. Every client of ours says which one it speaks, and every answer says
 * which one the server speaks. Fields and routes are only added, so a newer side serves an older one; the number grows
 * when something is added that the other side must know of, and the oldest supported one when something is taken away:
 * one release after nothing of ours needs it any more.
 *
 *     1   release 0.1; says nothing
 *     2   agents tell what runs after a restore
 */
export const PROTOCOL_HEADER = 'yardmaster-protocol';
export const PROTOCOL = 2;
/** What runners, agents and ym must speak at least for this server, and a server for these clients. */
export const OLDEST_CLIENT = 1;
export const OLDEST_SERVER = 1;
/** What who says nothing speaks. */
const UNSAID = 1;

/** The version that a header names; a header of another form names none (0). */
export function protocolIn(header: string | null): number {
  if (header === null) return UNSAID;
  return /^\d{1,6}$/.test(header) ? Number(header) : 0;
}

/**
 * Whether a server must refuse a request: from one of our clients that is too old. Who says nothing on a route for people
 * is no client of ours (a script, a browser), and the API promises only to grow.
 */
export function isTooOld(header: string | null, route: { readonly machine: boolean }, oldest: number = OLDEST_CLIENT): boolean {
  if (header === null && !route.machine) return false;
  return protocolIn(header) < oldest;
}
