import { Hono, type Context } from 'hono';
import type { z } from 'zod';
import { isBytes, isEvents, type ByteAnswer, type EventAnswer, type RouteShape } from '../../contract/route.ts';
import { isTooOld, OLDEST_CLIENT, PROTOCOL, PROTOCOL_HEADER, protocolIn } from '../../contract/protocol.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import { Problem, toProblemJson } from '../../kernel/problem.ts';
import { randomHex } from '../../host/ids.system.ts';
import type { Floor, Tx } from '../floor.ts';
import { within, type LogContext } from '../log-context.system.ts';
import { bug, clientTooOld, notFound, notSignedIn, otherOrigin } from '../platform.problems.ts';
import { paused } from '../backup/backup.problems.ts';
import { databaseProblem } from '../postgres/failures.ts';
import { checkAccess, lateQuestions } from './access.system.ts';
import { afterCredential, beforeCredential, callerIn, countStranger, guard, withRates } from './guard.system.ts';
import type { Limiter } from './limiter.system.ts';
import { conditionalJson } from './etag.ts';
import type { AccessGate } from './gate.port.ts';
import { Refused, type Call, type Mounted } from './handler.ts';
import { claimKey, keepAnswer } from './idempotency.store.ts';
import { parseRequest, type Parsed } from './request.system.ts';
import { cookieName, cookieValue, fromOwnPage, setCookie } from './screen-session.ts';

export type Served = { readonly status: number; readonly answer: unknown };
export type Observe = (route: string, status: number, ms: number) => void;
type Parts = {
  readonly floor: Floor;
  readonly gate: AccessGate;
  readonly stopping: AbortSignal;
  readonly observe: Observe;
  readonly limiter?: Limiter;
};

/** What every answer carries. */
export const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The HTTP application over all mounted routes. Unknown addresses are 404 before anything else runs. */
export function buildApp(mounted: readonly Mounted[], parts: Parts): Hono {
  const app = new Hono();
  const refuse = (problem: Problem): Response => {
    const requestId = `req_${randomHex(8)}`;
    return sealed(problemResponse(problem, requestId), requestId);
  };
  app.use('*', guard(parts.floor, refuse));
  app.notFound(() => refuse(notFound({ what: 'such address' })));
  for (const entry of mounted) {
    app.on(entry.route.method, entry.route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) => serve(entry, context, parts));
  }
  return app;
}

async function serve(entry: Mounted, context: Context, parts: Parts): Promise<Response> {
  const started = performance.now();
  const requestId = `req_${randomHex(8)}`;
  const heard: LogContext = { requestId, facts: [] };
  const response = await within(heard, () =>
    answer(entry, context, parts, requestId).catch((error: unknown) => failure(error, requestId, entry.route, parts)),
  );
  const ms = performance.now() - started;
  parts.observe(`${entry.route.method} ${entry.route.path}`, response.status, ms);
  tell(entry.route, response.status, ms, heard, parts);
  return withRates(context, sealed(response, requestId));
}

/** Every answer carries the headers that keep browsers and proxies from doing more with it than reading it. */
function sealed(response: Response, requestId: string): Response {
  for (const [name, value] of Object.entries(SAFE_HEADERS)) if (!response.headers.has(name)) response.headers.set(name, value);
  response.headers.set('x-request-id', requestId);
  response.headers.set(PROTOCOL_HEADER, String(PROTOCOL));
  return response;
}

/** One line per request that changed something (or tried to), with the facts that came of it; the rest at debug. */
function tell(route: RouteShape, status: number, ms: number, { requestId, facts }: LogContext, { floor }: Parts): void {
  const machine = route.access.kind === 'runner' || route.access.kind === 'agent';
  const level = route.method === 'GET' || (machine && facts.length === 0) ? 'debug' : 'info';
  floor.log[level]({ requestId, route: `${route.method} ${route.path}`, status, ms: Math.round(ms), facts }, 'request');
}

async function answer(entry: Mounted, context: Context, parts: Parts, requestId: string): Promise<Response> {
  const { route } = entry;
  const { floor, gate } = parts;
  const spoken = context.req.header(PROTOCOL_HEADER) ?? null;
  if (isTooOld(spoken, { machine: route.access.kind === 'runner' || route.access.kind === 'agent' }))
    throw clientTooOld({ speaks: protocolIn(spoken), needs: OLDEST_CLIENT });
  const actor = await whoAsks(route, context, parts);
  if (floor.paused() && route.method !== 'GET' && route.whilePaused !== true) throw paused({});
  const parsed = await parseRequest(route, context.req.raw, context.req.param());
  const signal = AbortSignal.any([context.req.raw.signal, parts.stopping]);
  const callWith = (tx: Tx): Call<RouteShape> =>
    ({
      ...parsed,
      rawBody: parsed.raw,
      actor,
      floor,
      tx,
      requestId,
      address: callerIn(context).address,
      encrypted: callerIn(context).https,
      headers: context.req.raw.headers,
      signal,
      ...lateQuestions(gate, tx, actor, route),
    }) as unknown as Call<RouteShape>;
  const run = async (tx: Tx): Promise<unknown> => (entry.handle as (call: Call<RouteShape>) => Promise<unknown>)(callWith(tx));

  const mode = route.transaction ?? (route.method === 'GET' ? 'read' : 'tx');
  if (mode === 'none') {
    // Only actions need the database to be judged.
    if (route.access.kind === 'may') await floor.db.read(actor.org, (tx) => checkAccess(gate, tx, actor, route, parsed));
    const result = await run(noTransaction(route));
    const response = respond(route, result, requestId);
    return result instanceof Refused || route.session === undefined
      ? response
      : keepSession(route, response, shaped(route, result), context, floor);
  }
  if (mode === 'read') {
    return floor.db.read(actor.org, async (tx) => {
      await checkAccess(gate, tx, actor, route, parsed);
      const result = await run(tx);
      if (route.etag === true && !(result instanceof Refused))
        return conditionalJson(shaped(route, result), context.req.raw.headers, route.status ?? 200);
      return respond(route, result, requestId);
    });
  }
  const served = await floor.db.tx(actor.org, (tx) => once(tx, route, actor, context, parsed, requestId, gate, run));
  const response = Response.json(served.answer, {
    status: served.status,
    headers: served.status >= 400 ? { 'content-type': 'application/problem+json', ...waitHeader(served) } : {},
  });
  return keepSession(route, response, served.answer, context, floor);
}

/** Runs an unsafe route once per Idempotency-Key: access, command and kept answer are one transaction. */
async function once(
  tx: Tx,
  route: RouteShape,
  actor: Actor,
  context: Context,
  parsed: Parsed,
  requestId: string,
  gate: AccessGate,
  run: (tx: Tx) => Promise<unknown>,
): Promise<Served> {
  await checkAccess(gate, tx, actor, route, parsed);
  // What holds a credential is never kept: not the answer, and not a digest by which a password could be guessed.
  const key = route.secret === true ? undefined : context.req.header('idempotency-key')?.slice(0, 200);
  const label = actorLabel(actor);
  if (key !== undefined) {
    const { pathname, search } = new URL(context.req.url);
    const kept = await claimKey(tx, label, key, `${route.method} ${pathname}${search}\n${parsed.raw}`);
    if (kept !== null) return kept;
  }
  const result = await run(tx);
  const served: Served =
    result instanceof Refused
      ? { status: result.problem.status, answer: toProblemJson(result.problem, requestId) }
      : { status: route.status ?? 200, answer: shaped(route, result) };
  if (key !== undefined) await keepAnswer(tx, label, key, served.status, served.answer);
  return served;
}

async function whoAsks(route: RouteShape, context: Context, { floor, gate, limiter }: Parts): Promise<Actor> {
  if (route.access.kind === 'public' || route.access.kind === 'signed') {
    countStranger(limiter, context, route.access.kind === 'signed');
    return { kind: 'hook', id: 'anonymous', org: floor.org };
  }
  const asked = tokenOf(route, context);
  const authorization = asked === null ? credentialOf(route, context, floor) : `Bearer ${asked}`;
  if (authorization === undefined) countStranger(limiter, context, false);
  else beforeCredential(limiter, context);
  const actor = await gate.authenticate(floor, authorization).catch((error: unknown) => {
    // Why a credential is refused may be told; it counts as refused all the same.
    if (error instanceof Problem && error.status === 401) afterCredential(limiter, context, null);
    throw error;
  });
  if (authorization !== undefined) afterCredential(limiter, context, actor);
  if (asked !== null && !isFeed(route, actor)) throw notSignedIn({});
  const { kind } = route.access;
  const fits =
    actor !== null && (kind === 'runner' || kind === 'agent' ? actor.kind === kind : actor.kind === 'person' || actor.kind === 'bot');
  if (actor === null || !fits) throw notSignedIn({});
  return actor;
}

/** The token in the address, where the route takes one there and no header says who asks. */
function tokenOf(route: RouteShape, context: Context): string | null {
  if (route.tokenInAddress !== true || context.req.header('authorization') !== undefined) return null;
  return context.req.query('token') ?? null;
}

/** Whether a token may stand in an address: it can do what the route does, and nothing else. */
function isFeed(route: RouteShape, actor: Actor | null): boolean {
  if (actor === null || (actor.kind !== 'person' && actor.kind !== 'bot') || actor.credential.kind !== 'token') return false;
  const { actions } = actor.credential;
  return route.access.kind === 'may' && actions?.length === 1 && actions[0] === route.access.action;
}

/** The Authorization header, or the session in the browser's cookie; that one changes things only from a page of ours. */
function credentialOf(route: RouteShape, context: Context, floor: Floor): string | undefined {
  const header = (name: string): string | null => context.req.header(name) ?? null;
  const given = header('authorization');
  if (given !== null) return given;
  const session = cookieValue(header('cookie'), cookieName(header('host'), isHttps(floor, context)));
  if (session === null) return undefined;
  const safe = route.method === 'GET' || fromOwnPage({ host: header('host'), origin: header('origin'), site: header('sec-fetch-site') });
  if (!safe) throw otherOrigin({});
  return `Bearer ${session}`;
}

function isHttps(floor: Floor, context: Context): boolean {
  return callerIn(context).https || floor.config.publicUrl.startsWith('https:');
}

/** To a browser, the session of an answer goes into its cookie and leaves the body. */
function keepSession(route: RouteShape, response: Response, answer: unknown, context: Context, floor: Floor): Response {
  if (route.session === undefined || context.req.header('x-yardmaster-screen') !== '1' || response.status >= 400) return response;
  const name = cookieName(context.req.header('host') ?? null, isHttps(floor, context));
  if (route.session === 'ends') {
    response.headers.append('set-cookie', setCookie(name, null, null, isHttps(floor, context)));
    return response;
  }
  const { token, expiresAt, ...rest } = answer as { token: string; expiresAt: string };
  const bare = Response.json({ ...rest, expiresAt, token: '' }, { status: response.status });
  bare.headers.append('set-cookie', setCookie(name, token, expiresAt, isHttps(floor, context)));
  return bare;
}

/** The answer as the contract promises it; fields that it does not name never leave. A wrong answer is a bug. */
function shaped(route: RouteShape, result: unknown): unknown {
  return (route.answer as z.ZodType).parse(result);
}

function respond(route: RouteShape, result: unknown, requestId: string): Response {
  if (result instanceof Refused) return problemResponse(result.problem, requestId);
  if (isEvents(route.answer)) return eventResponse(result as EventAnswer);
  if (!isBytes(route.answer)) return Response.json(shaped(route, result), { status: route.status ?? 200 });
  const { stream, fileName, headers } = result as ByteAnswer;
  const name = (fileName ?? 'download').replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return new Response(stream as ReadableStream<Uint8Array>, {
    headers: { 'content-type': route.answer.mediaType, 'content-disposition': `attachment; filename="${name}"`, ...headers },
  });
}

/** Proxies between us and the reader are told not to collect events before they pass them on. */
function eventResponse({ stream }: EventAnswer): Response {
  return new Response(stream, { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' } });
}

function failure(error: unknown, requestId: string, route: RouteShape, { floor }: Parts): Response {
  const problem = error instanceof Problem ? error : databaseProblem(error);
  if (problem !== null) {
    if (problem.status >= 500) floor.log.warn({ requestId, code: problem.code, data: problem.data }, problem.sentence);
    return untaken(route, problemResponse(problem, requestId));
  }
  floor.log.error({ requestId, route: `${route.method} ${route.path}`, err: error }, 'a bug: a handler threw');
  return problemResponse(bug({ requestId }), requestId);
}

/** Of a refused upload bytes are still on their way: its connection ends with the answer, and the caller is told so. */
function untaken(route: RouteShape, response: Response): Response {
  if (isBytes(route.body) || response.status === 413) response.headers.set('connection', 'close');
  return response;
}

function problemResponse(problem: Problem, requestId: string): Response {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (problem.status === 503) headers['retry-after'] = '2';
  if (problem.status === 429) headers['retry-after'] = String(retryAfter(problem.data));
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer';
  return Response.json(toProblemJson(problem, requestId), { status: problem.status, headers });
}

function noTransaction(route: RouteShape): Tx {
  return new Proxy({} as Tx, {
    get() {
      throw new Error(`${route.method} ${route.path} runs without a transaction`);
    },
  });
}

function waitHeader({ status, answer }: Served): Record<string, string> {
  return status === 429 ? { 'retry-after': String(retryAfter((answer as { data?: Problem['data'] }).data ?? {})) } : {};
}

/** Seconds: what the problem says, else a second. */
function retryAfter(data: Problem['data']): number {
  if (typeof data['retryAfter'] === 'number') return data['retryAfter'];
  return typeof data['minutes'] === 'number' ? data['minutes'] * 60 : 1;
}
