import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { problemSchema } from '../contract/common.ts';
import type { AnswerOf, CallOf, RouteShape } from '../contract/route.ts';
import { isBytes, isEvents } from '../contract/route.ts';
import { OLDEST_SERVER, PROTOCOL, PROTOCOL_HEADER, protocolIn } from '../contract/protocol.ts';
import { Problem } from '../kernel/problem.ts';
import { addressOf, baseAddress, retryDelay, worthRetrying } from './client-request.ts';
import { badAddress, badAnswer, serverTooOld, unreachable } from './client.problems.ts';

export type ClientOptions = {
  readonly url: string;
  /** The bearer token or machine key; a function is asked at each call. */
  readonly credential?: string | null | (() => string | null);
  /** Tries beyond the first on connection errors and 502/503/504; 4 by default. */
  readonly retries?: number;
  /** How long one try may take until the headers of its answer; 60 s by default. */
  readonly timeoutMs?: number;
};

export type CallOptions = {
  readonly signal?: AbortSignal;
  /** Kept over all tries of this call; a random one is made for unsafe methods where none is given. null: the call may be repeated as it is, send none. */
  readonly idempotencyKey?: string | null;
  readonly retries?: number;
  readonly timeoutMs?: number;
  /** Row version for `If-Match`. */
  readonly version?: number;
};

/** What a call carries. A byte body may also be a function that opens the stream anew, so that it can be tried again. */
export type ClientCall<Shape extends RouteShape> = Omit<CallOf<Shape>, 'body'> & {
  readonly body?: CallOf<Shape>['body'] | (() => ReadableStream<Uint8Array>);
};

/** A byte answer is always a stream here, and fails where it passes the route's limit. */
export type ClientAnswer<Shape extends RouteShape> =
  AnswerOf<Shape> extends { readonly stream: unknown }
    ? { readonly stream: ReadableStream<Uint8Array>; readonly headers: Headers }
    : AnswerOf<Shape>;

export type Client = {
  readonly url: string;
  call<const Shape extends RouteShape>(route: Shape, call?: ClientCall<Shape>, options?: CallOptions): Promise<ClientAnswer<Shape>>;
};

/** How long an upload may take: it ends before its answer begins. */
const UPLOAD_MS = 30 * 60_000;

/** A JSON answer larger than this is refused before it is parsed. */
const MAX_JSON = 64 * 1024 ** 2;

/**
 * A client of the contract's routes. `call` answers the parsed body; it throws the server's Problem as it was raised there,
 * `client.unreachable` when every try failed on the way, `client.bad-answer` when the answer is not the route's, and the
 * signal's reason when the caller gave up.
 */
export function createClient(options: ClientOptions): Client {
  const address = baseAddress(options.url);
  if ('why' in address) throw badAddress({ url: options.url.replace(/\/\/[^/@]*@/, '//'), why: address.why });
  const { base } = address;
  return {
    url: base,
    async call<const Shape extends RouteShape>(
      route: Shape,
      call: ClientCall<Shape> = {},
      how: CallOptions = {},
    ): Promise<ClientAnswer<Shape>> {
      const url = addressOf(base, route, call.params, call.query);
      const headers = headersOf(route, options, how);
      const response = await tryOften(
        base,
        () =>
          once(route, url, headers, call.body, {
            ...how,
            timeoutMs: how.timeoutMs ?? (isBytes(route.body) ? UPLOAD_MS : (options.timeoutMs ?? 60_000)),
          }),
        {
          retries: call.body instanceof ReadableStream ? 0 : (how.retries ?? options.retries ?? 4),
          ...(how.signal === undefined ? {} : { signal: how.signal }),
        },
      );
      return (await read(route, url, response, how.signal)) as ClientAnswer<Shape>;
    },
  };
}

/** What every client of ours calls itself: servers note which version a machine runs. */
export const CLIENT_NAME = `yardmaster/${(createRequire(import.meta.url)('../../package.json') as { version: string }).version}`;

function headersOf(route: RouteShape, options: ClientOptions, how: CallOptions): Headers {
  const headers = new Headers({
    accept: isBytes(route.answer) || isEvents(route.answer) ? '*/*' : 'application/json, application/problem+json',
  });
  const credential = typeof options.credential === 'function' ? options.credential() : options.credential;
  headers.set('user-agent', CLIENT_NAME);
  headers.set(PROTOCOL_HEADER, String(PROTOCOL));
  if (credential) headers.set('authorization', `Bearer ${credential}`);
  if (route.method !== 'GET' && how.idempotencyKey !== null)
    headers.set('idempotency-key', how.idempotencyKey ?? randomBytes(16).toString('hex'));
  if (how.version !== undefined) headers.set('if-match', `"${how.version}"`);
  if (isBytes(route.body)) headers.set('content-type', route.body.mediaType);
  else if (route.body !== undefined) headers.set('content-type', 'application/json');
  return headers;
}

async function once(
  route: RouteShape,
  url: string,
  headers: Headers,
  body: unknown,
  how: CallOptions & { timeoutMs: number },
): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${how.timeoutMs} ms`)), how.timeoutMs);
  const sent = typeof body === 'function' ? (body as () => ReadableStream<Uint8Array>)() : body;
  try {
    const response = await fetch(url, {
      method: route.method,
      headers,
      signal: how.signal ? AbortSignal.any([timeout.signal, how.signal]) : timeout.signal,
      // A redirect would carry the credential to an address that nobody chose.
      redirect: 'error',
      ...bodyInit(route, sent),
    });
    if (isBytes(route.answer) || isEvents(route.answer)) return response;
    // Read within the try: an answer that is cut off is no answer, and the call is worth repeating.
    const body = response.body === null ? null : await new Response(limited(response.body, MAX_JSON, url)).arrayBuffer();
    return new Response(body === null || body.byteLength === 0 ? null : body, { status: response.status, headers: response.headers });
  } finally {
    clearTimeout(timer);
  }
}

function bodyInit(route: RouteShape, body: unknown): RequestInit & { duplex?: 'half' } {
  if (route.body === undefined || body === undefined) return {};
  if (!isBytes(route.body)) return { body: JSON.stringify(body) };
  return body instanceof ReadableStream ? { body, duplex: 'half' } : { body: body as Uint8Array<ArrayBuffer> };
}

async function tryOften(base: string, attempt: () => Promise<Response>, how: { retries: number; signal?: AbortSignal }): Promise<Response> {
  for (let tried = 0; ; tried++) {
    const outcome: Response | Error = await attempt().catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    if (how.signal?.aborted) throw how.signal.reason;
    if (outcome instanceof Problem) throw outcome;
    if (outcome instanceof Response && !worthRetrying(outcome.status, outcome.headers.get('retry-after'))) return outcome;
    if (tried >= how.retries) {
      if (outcome instanceof Response) return outcome;
      throw unreachable({ url: base, why: whyOf(outcome) });
    }
    const after = outcome instanceof Response ? outcome.headers.get('retry-after') : null;
    if (outcome instanceof Response) await outcome.body?.cancel();
    await sleep(retryDelay(tried + 1, Math.random(), after), undefined, how.signal ? { signal: how.signal } : {});
  }
}

/** fetch hides the reason in `cause`, and a host with two addresses hides it in an AggregateError in there. */
function whyOf(error: Error): string {
  const cause = error.cause;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

async function read(route: RouteShape, url: string, response: Response, signal?: AbortSignal): Promise<unknown> {
  const at = `${route.method} ${url}`;
  try {
    const speaks = protocolIn(response.headers.get(PROTOCOL_HEADER));
    if (speaks < OLDEST_SERVER) throw serverTooOld({ url: at, speaks, needs: OLDEST_SERVER });
    if (!response.ok) throw await problemOf(at, response);
    if (isBytes(route.answer))
      return {
        stream: limited(response.body ?? new ReadableStream({ start: (c) => c.close() }), route.answer.limit, at),
        headers: response.headers,
      };
    if (isEvents(route.answer))
      return { stream: response.body ?? new ReadableStream({ start: (c) => c.close() }), headers: response.headers };
    if (response.status === 204) return route.answer.parse(undefined);
    const answer = route.answer.safeParse(await json(at, response));
    if (answer.success) return answer.data;
    const issue = answer.error.issues[0];
    throw badAnswer({ url: at, why: `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'wrong shape'}` });
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (signal?.aborted) throw signal.reason;
    throw badAnswer({ url: at, why: whyOf(error as Error) });
  }
}

async function json(at: string, response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (!/^application\/(?:[a-z.]+\+)?json\b/.test(type))
    throw badAnswer({ url: at, why: `status ${response.status} with content type ${type.slice(0, 80) || 'none'}` });
  return response.body === null ? null : response.json();
}

async function problemOf(at: string, response: Response): Promise<Problem> {
  const body = problemSchema.safeParse(await json(at, response));
  if (!body.success) return badAnswer({ url: at, why: `status ${response.status} without a problem in its body` });
  const { code, status, title, remedy, place, data, requestId } = body.data;
  return new Problem({
    code,
    status,
    sentence: title,
    remedy,
    place: place ?? null,
    data: { ...data, ...(requestId === undefined ? {} : { requestId }) },
  });
}

function limited(stream: ReadableStream<Uint8Array>, limit: number, at: string): ReadableStream<Uint8Array> {
  let size = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.length;
        if (size > limit) controller.error(badAnswer({ url: at, why: `it is larger than ${limit} bytes` }));
        else controller.enqueue(chunk);
      },
    }),
  );
}
