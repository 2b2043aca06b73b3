import { lookup as systemLookup } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Millis } from '../kernel/time.ts';
import { Problem } from '../kernel/problem.ts';
import { notPublic, type Allowed } from './addresses.ts';
import { badEgressUrl, egressFailed, egressForbidden, egressRedirect, egressTooLarge } from './egress.problems.ts';

export type EgressCall = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is not in memory needs its `length`; it is sent once and not again after a redirect. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** How many bytes a body that comes in parts has; more or fewer end the call. */
  readonly length?: number;
  /** From the first byte to the last; 30 s by default. */
  readonly timeoutMs?: Millis;
  /** Bytes of an answer; 8 MiB by default. */
  readonly limit?: number;
  /** How many times it may be sent on; 0 by default. To another origin no header of ours goes along. */
  readonly redirects?: number;
  readonly signal?: AbortSignal;
};

type Head = { readonly status: number; readonly headers: Readonly<Record<string, string>> };
export type EgressAnswer = Head & { readonly body: Uint8Array };
/** An answer whose body is still to come. Whoever does not read it to its end calls `drop`. */
export type EgressStream = Head & { readonly stream: AsyncIterable<Uint8Array>; drop(): void };

/** The one way out: everything that calls an address which somebody wrote into a setting calls it through this. */
export type Egress = {
  /** Throws `egress.*` problems. An answer of any status is an answer. */
  call(call: EgressCall): Promise<EgressAnswer>;
  /** The same for an answer too large for memory: `limit` and time count until its last byte. */
  open(call: EgressCall): Promise<EgressStream>;
  /** Throws where an address could not be called: to refuse a setting when it is saved. */
  check(url: string): Promise<void>;
  /**
   * The judged address of a place that is spoken to otherwise than by HTTP (a mail server), and whether the operator
   * allowed it by name or network: connect to exactly this address. Throws `egress.*` problems.
   */
  place(host: string, port: number): Promise<{ readonly address: string; readonly allowed: boolean }>;
  close(): void;
};

export type Resolve = (host: string) => Promise<readonly string[]>;

const TIMEOUT_MS: Millis = 30_000;
const LIMIT = 8 * 1024 ** 2;

const system: Resolve = async (host) => (await systemLookup(host, { all: true, verbatim: true })).map((one) => one.address);

/**
 * An egress with the operator's list of allowed places. A name is resolved once, every address of it is judged, and the
 * connection goes to exactly a judged address (no second look-up that could answer otherwise). Plain http only to
 * allowed places. `resolve` is the system's resolver but in tests.
 */
export function makeEgress(allowed: Allowed, resolve: Resolve = system): Egress {
  const placeOf = async (hostname: string, port: number): Promise<{ readonly address: string; readonly allowed: boolean }> => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const addresses = isIP(host) === 0 ? await addressesOf(host, resolve) : [host];
    const foreign = addresses.filter((address) => !allowed(host, port, address));
    for (const address of foreign) {
      const what = notPublic(address);
      if (what !== null) throw egressForbidden({ host, what });
    }
    return { address: addresses[0] ?? host, allowed: foreign.length === 0 };
  };
  const judge = async (url: URL): Promise<string> => {
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    const place = await placeOf(url.hostname, port);
    if (!place.allowed && url.protocol !== 'https:') throw badEgressUrl({ why: 'only https is spoken with places on the internet' });
    return place.address;
  };
  const agents = { http: new HttpAgent({ keepAlive: true, maxSockets: 16 }), https: new HttpsAgent({ keepAlive: true, maxSockets: 16 }) };
  const ask = async (call: EgressCall, url: URL, headers: Readonly<Record<string, string>>, left: number): Promise<EgressStream> => {
    const address = await judge(url);
    const answer = await once(call, url, headers, address, url.protocol === 'https:' ? agents.https : agents.http);
    const to = answer.headers['location'];
    if (![301, 302, 303, 307, 308].includes(answer.status) || to === undefined) return answer;
    answer.drop();
    const next = URL.parse(to, url.href);
    if (left === 0 || next === null) throw egressRedirect({ host: url.host, to: (next?.host ?? to).slice(0, 200) });
    const same = next.origin === url.origin;
    const keep = call.method === undefined || call.method === 'GET' || call.method === 'HEAD';
    if (!keep) throw egressRedirect({ host: url.host, to: next.host });
    return ask(call, parsed(next.href), same ? headers : {}, left - 1);
  };
  const open = async (call: EgressCall): Promise<EgressStream> => ask(call, parsed(call.url), call.headers ?? {}, call.redirects ?? 0);
  return {
    async call(call) {
      const { status, headers, stream } = await open(call);
      const parts: Uint8Array[] = [];
      for await (const part of stream) parts.push(part);
      return { status, headers, body: Buffer.concat(parts) };
    },
    open,
    check: async (url) => void (await judge(parsed(url))),
    // A URL parser reads every way to write an address as what it means, or refuses it.
    async place(host, port) {
      const url = /^[\w.:[\]-]{1,255}$/.test(host)
        ? URL.parse(`https://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}`)
        : null;
      if (url === null || url.port !== '' || url.hostname === '') throw badEgressUrl({ why: 'it names no host' });
      return placeOf(url.hostname, port);
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function parsed(text: string): URL {
  const url = text.length > 4000 ? null : URL.parse(text);
  if (url === null) throw badEgressUrl({ why: 'it is no URL' });
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw badEgressUrl({ why: `${url.protocol.slice(0, 30)} is not spoken` });
  if (url.username !== '' || url.password !== '') throw badEgressUrl({ why: 'credentials do not belong into an address' });
  if (url.hostname === '') throw badEgressUrl({ why: 'it names no host' });
  return url;
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    const found = await resolve(host);
    if (found.length > 0) return found;
  } catch (error) {
    throw egressFailed({ host, why: (error as NodeJS.ErrnoException).code ?? 'its name is not known' });
  }
  throw egressFailed({ host, why: 'its name leads nowhere' });
}

async function once(
  call: EgressCall,
  url: URL,
  headers: Readonly<Record<string, string>>,
  address: string,
  agent: HttpAgent,
): Promise<EgressStream> {
  const host = url.host;
  const pinned: LookupFunction = (_name, options, done) => {
    const family = isIP(address);
    if (options.all === true) done(null, [{ address, family }]);
    else done(null, address, family);
  };
  const { body } = call;
  const whole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  if (!whole && call.length === undefined) throw new Error('a body in parts needs its length');
  const length = body === undefined ? undefined : whole ? Buffer.byteLength(body) : call.length;
  const options: RequestOptions = {
    method: call.method ?? 'GET',
    agent,
    lookup: pinned,
    headers: {
      'user-agent': 'yardmaster',
      accept: '*/*',
      ...headers,
      ...(length === undefined ? {} : { 'content-length': String(length) }),
    },
    signal: AbortSignal.any([AbortSignal.timeout(call.timeoutMs ?? TIMEOUT_MS), ...(call.signal === undefined ? [] : [call.signal])]),
  };
  const failure = (error: unknown): unknown => {
    if (call.signal?.aborted === true) return call.signal.reason;
    if (error instanceof Problem) return error;
    return egressFailed({ host, why: options.signal?.aborted === true ? 'it takes too long' : reason(error as Error) });
  };
  try {
    const incoming = await new Promise<IncomingMessage>((done, failed) => {
      const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, done);
      outgoing.on('error', failed);
      if (whole) outgoing.end(body);
      else void send(outgoing, body, length ?? 0).catch((error: unknown) => (outgoing.destroy(), failed(error as Error)));
    });
    return {
      status: incoming.statusCode ?? 0,
      headers: headersOf(incoming),
      stream: read(incoming, call.limit ?? LIMIT, host, failure),
      drop: () => void incoming.destroy(),
    };
  } catch (error) {
    throw failure(error);
  }
}

/** Sends a body as it comes, no faster than it is taken. A side that answers before it has all of it ends the sending, not the call. */
async function send(outgoing: ClientRequest, body: AsyncIterable<Uint8Array>, length: number): Promise<void> {
  let sent = 0;
  for await (const part of body) {
    sent += part.length;
    if (sent > length) throw new Error(`a body of ${length} bytes has more`);
    if (outgoing.destroyed || outgoing.closed) return;
    if (!outgoing.write(part)) await roomIn(outgoing);
  }
  if (sent !== length) throw new Error(`a body of ${length} bytes has ${sent}`);
  outgoing.end();
}

function roomIn(outgoing: ClientRequest): Promise<void> {
  return new Promise((done) => {
    const go = (): void => {
      outgoing.off('drain', go).off('close', go);
      done();
    };
    outgoing.on('drain', go).on('close', go);
  });
}

async function* read(
  incoming: IncomingMessage,
  limit: number,
  host: string,
  failure: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > limit) {
        incoming.destroy();
        throw egressTooLarge({ host, limit });
      }
      yield part;
    }
  } catch (error) {
    throw failure(error);
  }
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

/** The code of a network error; its message may hold what was sent. */
function reason(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? 'the connection ended';
}
