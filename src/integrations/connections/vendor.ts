import type { EgressAnswer, EgressCall } from '../../host/egress.http.ts';
import type { Instant, Millis } from '../../kernel/time.ts';

/** A field of a vendor's form. Values are texts. */
export type Field = { readonly name: string; readonly title: string; readonly required: boolean };

/** What a vendor is for here. */
export type Offer = 'forge' | 'ci' | 'tickets' | 'chat' | 'registry' | 'policy';

/** A connection as vendors see it: without its secrets. */
export type Connection = {
  readonly id: string;
  readonly org: string;
  readonly vendor: string;
  readonly name: string;
  readonly url: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly state: 'new' | 'working' | 'failing' | 'refused';
  readonly quietUntil: Instant | null;
};

/** The fields of a credential, opened for one call and kept nowhere. */
export type Credential = Readonly<Record<string, string>>;

export type Finding = { readonly what: string; readonly ok: boolean; readonly detail: string };
export type Checked = { readonly as: string | null; readonly found: readonly Finding[] };

/** What headers and which answers mean with a vendor: everything that a caller needs to know of it. */
export type Manner = {
  /**
   * Headers that sign a request in. `ask` is a call without credentials, for vendors that exchange one for a short-lived
   * token; what it answers may be kept until `until` (by connection, in memory only). `now` is in milliseconds since the epoch.
   */
  authorize(
    connection: Connection,
    credential: Credential,
    ask: (call: EgressCall) => Promise<EgressAnswer>,
    now: Millis,
  ): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly until: Millis | null }>;
  /** Headers of every request: media types, API versions. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long the other side asks to be left alone, from an answer; null: it does not. In milliseconds from `now`. */
  quiet(answer: EgressAnswer, now: Millis): Millis | null;
  /** Whether an answer other than 401 means that our credential is not taken: a page to sign in on instead of what was asked. */
  refuses?(answer: EgressAnswer): boolean;
  /** The address of the next page; null: this is the last one. */
  next(answer: EgressAnswer, url: URL): string | null;
};

/** A vendor that can be connected: one folder of src/integrations exports one of these from its index.ts. */
export type Vendor = Manner & {
  readonly name: string;
  readonly title: string;
  readonly offers: readonly Offer[];
  readonly url: string | null;
  readonly credential: readonly Field[];
  readonly settings: readonly Field[];
  /** What is wrong with what was filled in, in words; empty: nothing. Beyond required fields, which are checked for all. */
  wrong?(settings: Connection['settings'], credential: Credential): readonly string[];
  /** Asks the other side who we are and what we may. */
  check(caller: Caller): Promise<Checked>;
};

export type Asked = {
  readonly method?: EgressCall['method'];
  /** Below the connection's address (`repos/a/b`), or a whole address of the same origin (a next page). Segments are encoded by `path`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly json?: unknown;
  /** Fields of a form, for those who take no JSON. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of 400 and more that are answers and no failures: 404 where absence is meant. */
  readonly expect?: readonly number[];
  readonly limit?: number;
  /** From the first byte to the last; the way out's own limit by default. */
  readonly timeoutMs?: Millis;
  /** How many times it may be sent on; 0 by default. Another origin gets no header of ours: how logs are handed out by links. */
  readonly redirects?: number;
  /** A repeat changes nothing more. GET, HEAD, PUT and DELETE are so by themselves; a POST is retried only where this says so. */
  readonly repeatable?: boolean;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
  readonly bytes: Uint8Array;
};

/** Asks one connection. Rate limits, retries, expired tokens and pages are dealt with here, in one place for all vendors. */
export type Caller = {
  readonly connection: Connection;
  /** Throws `connections.*` and `egress.*` problems; an answer of 400 or more that was not expected is one. */
  ask(asked: Asked): Promise<Answer>;
  /** Every page's JSON, `most` pages at most (100 by default); says so by a problem where there are more. */
  pages(asked: Asked, most?: number): AsyncGenerator<unknown>;
  /** The password by which git signs in at this connection: its token, or what it gets for its key. For the one process that needs it. */
  gitPassword(): Promise<string>;
};

/**
 * A path from segments, each encoded: what others name can't leave its segment. `.` and `..` can't be said in an address at
 * all (WHATWG URL takes `%2E%2E` for `..` too): they are encoded twice, so that such a thing is asked for and is not there.
 */
export function path(...segments: readonly (string | number)[]): string {
  return segments
    .map((one) => encodeURIComponent(String(one).toWellFormed()).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%252E')))
    .join('/');
}

/** The next page by RFC 8288's `Link: <...>; rel="next"`, as GitHub, GitLab, Gitea and others give it. */
export function nextByLink(answer: EgressAnswer): string | null {
  for (const part of (answer.headers['link'] ?? '').slice(0, 8000).split(',')) {
    const found = /^\s*<([^>]{1,4000})>\s*;(.*)$/.exec(part);
    if (found?.[1] !== undefined && /\brel="?next"?/.test(found[2] ?? '')) return found[1];
  }
  return null;
}

/** `Retry-After` (RFC 9110: seconds or a date) and the usual rate-limit headers; null where none asks for quiet. */
export function quietByHeaders(answer: EgressAnswer, now: Millis): Millis | null {
  const after = answer.headers['retry-after'];
  if (after !== undefined) {
    const ms = /^\d{1,9}$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
    return Number.isFinite(ms) ? Math.max(0, ms) : 60_000;
  }
  const remaining = answer.headers['x-ratelimit-remaining'] ?? answer.headers['ratelimit-remaining'];
  if (remaining !== '0') return answer.status === 429 ? 60_000 : null;
  const reset = Number(answer.headers['x-ratelimit-reset'] ?? answer.headers['ratelimit-reset']);
  if (!Number.isFinite(reset)) return 60_000;
  // Some give an instant in seconds, some seconds from now.
  return Math.max(0, reset > 1_000_000_000 ? reset * 1000 - now : reset * 1000);
}
