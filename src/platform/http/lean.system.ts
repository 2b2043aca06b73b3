import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '../../host/ids.system.ts';
import { PROTOCOL, PROTOCOL_HEADER } from '../../contract/protocol.ts';
import { Problem, toProblemJson } from '../../kernel/problem.ts';
import type { Floor } from '../floor.ts';
import { databaseProblem } from '../postgres/failures.ts';
import { badRequest, bug } from '../platform.problems.ts';
import type { Answer, BareDoor } from './bare.system.ts';
import { callerOf, knowsHost, networkOf, trustedProxies, type Caller, type Trusted } from './caller.ts';
import { rateHeaders, type Limiter } from './limiter.system.ts';
import { SAFE_HEADERS, type Observe } from './server.system.ts';

/** One address that takes small raw bodies in numbers: what it shares with a mounted route is the code that takes them. */
export type LeanDoor = {
  /** As in the contract, for meters. */
  readonly route: string;
  /** Its group is the parameter. */
  readonly pattern: RegExp;
  readonly limit: number;
  readonly status: number;
  take(
    floor: Floor,
    parameter: string,
    request: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array; readonly encrypted: boolean },
  ): Promise<unknown>;
};

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;
type Parts = { readonly floor: Floor; readonly limiter: Limiter; readonly observe: Observe; readonly doors: readonly LeanDoor[] };
type Request = { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array };

/** How long a body may take to come. */
const PATIENCE_MS = 30_000;

/**
 * In front of the application: takes plain deliveries (a POST with a stated length within the limit, to a name that is ours,
 * while the instance is not paused) without routing, web streams or schemas; everything else goes the usual way, which
 * answers it the same. Rate limits, trusted proxies and the headers of every answer are those of the usual way too.
 */
export function makeLean(parts: Parts): { readonly listener: (usual: Listener) => Listener; readonly bare: BareDoor } {
  const { floor, doors } = parts;
  const { hosts } = floor.config;
  const callerIn = rememberCallers(floor);
  const bytesOf = makeReader();
  const doorAt = (path: string, length: number, host: string | null): { door: LeanDoor; parameter: string } | null => {
    if (floor.paused() || (hosts !== null && !knowsHost(host, hosts))) return null;
    for (const door of doors) {
      const parameter = door.pattern.exec(path)?.[1];
      if (parameter !== undefined) return length <= door.limit ? { door, parameter } : null;
    }
    return null;
  };
  return {
    listener: (usual) => (request, response) => {
      const { url = '', method, headers, socket } = request;
      const length = headers['content-length'];
      const simple = method === 'POST' && length !== undefined && /^\d{1,9}$/.test(length) && headers.expect === undefined;
      const at = simple ? doorAt(url, Number(length), headers.host ?? null) : null;
      if (at === null) return usual(request, response);
      const plain = headersOf(request);
      const asked = bytesOf(request).then((body) => ({ headers: plain, body }));
      return void answerOf(parts, at, callerIn(socket, plain), asked).then(({ status, headers: told, text }) => {
        response.writeHead(status, request.complete ? [...told] : [...told, 'connection', 'close']).end(text);
      });
    },
    bare: ({ path, headers, length }, socket) => {
      const at = doorAt(path, length, headers['host'] ?? null);
      return at === null ? null : (body) => answerOf(parts, at, callerIn(socket, headers), { headers, body });
    },
  };
}

/** Who is at the other end of a connection stays the same, unless it is a proxy: then each request says it. */
function rememberCallers(floor: Floor): (socket: Socket, headers: Readonly<Record<string, string>>) => Caller {
  const read = trustedProxies(floor.config.trustedProxies);
  const trusted: Trusted = 'trusted' in read ? read.trusted : () => false;
  const known = new WeakMap<Socket, Caller>();
  return (socket, headers) => {
    const before = known.get(socket);
    if (before !== undefined) return before;
    const remote = socket.remoteAddress ?? 'unknown';
    const encrypted = (socket as { encrypted?: boolean }).encrypted === true;
    const alone = callerOf({ remote, encrypted, forwardedFor: null, forwardedProto: null }, trusted);
    if (!trusted(alone.address)) {
      known.set(socket, alone);
      return alone;
    }
    const [forwardedFor, forwardedProto] = [headers['x-forwarded-for'] ?? null, headers['x-forwarded-proto'] ?? null];
    return callerOf({ remote, encrypted, forwardedFor, forwardedProto }, trusted);
  };
}

/** What never changes of the headers of an answer, as Node takes them: name, value, name, value. */
const ALWAYS = [...Object.entries(SAFE_HEADERS), [PROTOCOL_HEADER, String(PROTOCOL)]].flat();

/** Takes a request once it is whole, and answers it; whatever happens, it answers. */
async function answerOf(
  { floor, limiter, observe }: Parts,
  { door, parameter }: { readonly door: LeanDoor; readonly parameter: string },
  caller: Caller,
  request: Request | Promise<Request>,
): Promise<Answer> {
  const began = performance.now();
  const requestId = newId('req');
  const more: string[] = [];
  let { status } = door;
  let mediaType = 'application/json';
  let answer: unknown;
  try {
    const rates = rateHeaders(limiter.spend('hook', networkOf(caller.address)));
    for (const name in rates) more.push(name, rates[name] ?? '');
    const { headers, body } = request instanceof Promise ? await request : request;
    answer = await door.take(floor, parameter, { headers, body, encrypted: caller.https });
  } catch (error) {
    const problem = error instanceof Problem ? error : (databaseProblem(error) ?? bug({ requestId }));
    if (!(error instanceof Problem) && databaseProblem(error) === null)
      floor.log.error({ requestId, route: door.route, err: error }, 'a bug: a handler threw');
    ({ status } = problem);
    answer = toProblemJson(problem, requestId);
    mediaType = 'application/problem+json';
    if (status === 503) more.push('retry-after', '2');
    if (status === 429) more.push('retry-after', String(problem.data['retryAfter'] ?? 1));
    if (status === 401) more.push('www-authenticate', 'Bearer');
  }
  const text = JSON.stringify(answer);
  if (caller.https) more.push('strict-transport-security', 'max-age=31536000');
  more.push('content-type', mediaType, 'content-length', String(Buffer.byteLength(text)), 'x-request-id', requestId, ...ALWAYS);
  const ms = performance.now() - began;
  observe(door.route, status, ms);
  floor.log.debug({ requestId, route: door.route, status, ms: Math.round(ms) }, 'request');
  return { status, headers: more, text };
}

/**
 * Reads whole bodies; Node ends a request where it does not have the length that it states. One clock looks after all: who
 * is too slow is ended within half again of the time that a body may take.
 */
function makeReader(): (request: IncomingMessage) => Promise<Uint8Array> {
  const coming = new Map<IncomingMessage, number>();
  let clock: NodeJS.Timeout | null = null;
  const look = (): void => {
    for (const [request, since] of coming)
      if (performance.now() - since > PATIENCE_MS) request.destroy(new Error('too slow'));
      else break;
    clock = coming.size === 0 ? null : setTimeout(look, PATIENCE_MS / 2).unref();
  };
  return (request) =>
    new Promise((resolve, reject) => {
      let first: Buffer | null = null;
      let parts: Buffer[] | null = null;
      coming.set(request, performance.now());
      clock ??= setTimeout(look, PATIENCE_MS / 2).unref();
      request.on('data', (part: Buffer) => {
        if (first === null) first = part;
        else (parts ??= [first]).push(part);
      });
      request.on('end', () => {
        coming.delete(request);
        resolve(parts === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(parts));
      });
      request.on('error', () => {
        coming.delete(request);
        reject(badRequest({ errors: [{ place: 'body', message: 'it did not come whole' }] }));
      });
    });
}

/** As the usual way hears them: lower-case names, several of one joined by commas. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  // Of all headers Node gives this one alone as several.
  if (headers['set-cookie'] === undefined) return headers as Record<string, string>;
  const plain: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return plain;
}
