import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../../host/ids.system.ts';
import { PROTOCOL, PROTOCOL_HEADER } from '../../contract/protocol.ts';
import { Problem, toProblemJson } from '../../kernel/problem.ts';
import type { Floor } from '../floor.ts';
import { databaseProblem } from '../postgres/failures.ts';
import { badRequest, bug } from '../platform.problems.ts';
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

/** How long a body may take to come. */
const PATIENCE_MS = 30_000;

/**
 * In front of the application: takes plain deliveries (a POST with a stated length within the limit, to a name that is ours,
 * while the instance is not paused) without routing, web streams or schemas; everything else goes the usual way, which
 * answers it the same. Rate limits, trusted proxies and the headers of every answer are those of the usual way too.
 */
export function leanListener({ floor, limiter, observe, doors }: Parts, usual: Listener): Listener {
  const read = trustedProxies(floor.config.trustedProxies);
  const trusted: Trusted = 'trusted' in read ? read.trusted : () => false;
  const { hosts } = floor.config;
  return (request, response) => {
    const { url = '', method, headers } = request;
    if (method !== 'POST' || floor.paused()) return usual(request, response);
    const length = headers['content-length'];
    const simple = length !== undefined && /^\d{1,9}$/.test(length) && headers.expect === undefined;
    if (!simple || (hosts !== null && !knowsHost(headers.host ?? null, hosts))) return usual(request, response);
    for (const door of doors) {
      const parameter = door.pattern.exec(url)?.[1];
      if (parameter !== undefined && Number(length) <= door.limit)
        return void serve({ floor, limiter, observe, door, caller: callerIn(request, trusted) }, parameter, request, response);
    }
    return usual(request, response);
  };
}

function callerIn({ socket, headers }: IncomingMessage, trusted: Trusted): Caller {
  const one = (value: string | string[] | undefined): string | null => (Array.isArray(value) ? value.join(',') : (value ?? null));
  return callerOf(
    {
      remote: socket.remoteAddress ?? 'unknown',
      encrypted: (socket as { encrypted?: boolean }).encrypted === true,
      forwardedFor: one(headers['x-forwarded-for']),
      forwardedProto: one(headers['x-forwarded-proto']),
    },
    trusted,
  );
}

type Serving = Omit<Parts, 'doors'> & { readonly door: LeanDoor; readonly caller: Caller };

async function serve(
  { floor, limiter, observe, door, caller }: Serving,
  parameter: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const began = performance.now();
  const requestId = newId('req');
  const more: Record<string, string> = {};
  let status = door.status;
  let answer: unknown;
  try {
    Object.assign(more, rateHeaders(limiter.spend('hook', networkOf(caller.address))));
    const body = await bytesOf(request);
    answer = await door.take(floor, parameter, { headers: headersOf(request), body, encrypted: caller.https });
  } catch (error) {
    const problem = error instanceof Problem ? error : (databaseProblem(error) ?? bug({ requestId }));
    if (!(error instanceof Problem) && databaseProblem(error) === null)
      floor.log.error({ requestId, route: door.route, err: error }, 'a bug: a handler threw');
    ({ status } = problem);
    answer = toProblemJson(problem, requestId);
    more['content-type'] = 'application/problem+json';
    if (status === 503) more['retry-after'] = '2';
    if (status === 429) more['retry-after'] = String(problem.data['retryAfter'] ?? 1);
    if (status === 401) more['www-authenticate'] = 'Bearer';
  }
  const text = JSON.stringify(answer);
  if (!request.complete) more['connection'] = 'close';
  if (caller.https) more['strict-transport-security'] = 'max-age=31536000';
  response
    .writeHead(status, {
      ...SAFE_HEADERS,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'x-request-id': requestId,
      [PROTOCOL_HEADER]: String(PROTOCOL),
      ...more,
    })
    .end(text);
  const ms = performance.now() - began;
  observe(door.route, status, ms);
  floor.log.debug({ requestId, route: door.route, status, ms: Math.round(ms) }, 'request');
}

/** The whole body; Node ends the request where it does not have the length that it states. */
function bytesOf(request: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const late = setTimeout(() => request.destroy(new Error('too slow')), PATIENCE_MS);
    request.on('data', (part: Buffer) => void parts.push(part));
    request.on('end', () => {
      clearTimeout(late);
      resolve(parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts));
    });
    request.on('error', () => {
      clearTimeout(late);
      reject(badRequest({ errors: [{ place: 'body', message: 'it did not come whole' }] }));
    });
  });
}

/** As the usual way hears them: lower-case names, several of one joined by commas. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return plain;
}
