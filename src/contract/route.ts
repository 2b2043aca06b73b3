import type { z } from 'zod';
import type { Action } from './actions.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call a route. There is no default: a route without one doesn't compile.
 * - `may`: a person, bot or token that may do `action`. `on` lists where in the request the objects are named
 *   (`params.release`, `body.environment`); the last word is the kind, and the one authorisation point resolves each to
 *   its team, service and environment. Without `on` the action must be held over the organisation. `list: true` means
 *   the action in any scope is enough, and the handler filters what it returns by `call.visible()`.
 * - `runner` / `agent`: a registered runner or agent with its key.
 * - `signed-in`: anybody with a valid credential (who am I, sign out).
 * - `public`: everybody; says why. `signed`: a webhook that its handler verifies over the raw bytes before it reads them.
 */
export type Access =
  | { readonly kind: 'may'; readonly action: Action; readonly on?: readonly string[]; readonly list?: true }
  | { readonly kind: 'runner' }
  | { readonly kind: 'agent' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'public'; readonly why: string }
  | { readonly kind: 'signed'; readonly why: string };

/** A stream of bytes in a body or an answer, with its upper limit. */
export type Bytes = { readonly bytes: true; readonly mediaType: string; readonly limit: number };

/** An answer that goes on: server-sent events, each of which is one of these values. */
export type Events = { readonly events: true; readonly of: z.ZodType };

export type RouteShape = {
  readonly method: Method;
  /** `/v1/releases/{release}`: parameters in braces. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType | Bytes;
  readonly answer: z.ZodType | Bytes | Events;
  readonly status?: 200 | 201 | 202 | 204;
  /**
   * `tx` (default for unsafe methods): the handler runs in one transaction, and its answer is kept under the
   * Idempotency-Key in that same transaction. `none`: the handler opens its own (streams, long polls).
   */
  readonly transaction?: 'tx' | 'read' | 'none';
  /** It may change something while the instance is paused after a restore: what is needed to look, to connect and to resume. */
  readonly whilePaused?: true;
  /**
   * The body or the answer holds a credential. Nothing of either is kept under an Idempotency-Key: repeated, the command
   * runs again, and is refused where its own credential was single-use.
   */
  readonly secret?: true;
  /**
   * The credential may come as `?token=`, for programs that can send no header. Only a token that may do this route's
   * action and nothing else is taken so: an address is kept in histories and logs of proxies.
   */
  readonly tokenInAddress?: true;
  /** The answer carries an ETag, and asked again with If-None-Match is 304 where it is the same. For large answers of GET routes. */
  readonly etag?: true;
  /**
   * Opens or ends a session. To a browser (`x-yardmaster-screen: 1`) the answer's `token` goes into a cookie that scripts
   * can't read, and is empty in the body.
   */
  readonly session?: 'opens' | 'ends';
};

/** Declares one route of the wire: the server implements it, the clients call it, OpenAPI is generated from it. */
export function defineRoute<const Shape extends RouteShape>(shape: Shape): Shape {
  return shape;
}

type Infer<Schema> = Schema extends z.ZodType<infer Value> ? Value : undefined;
type Input<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;

export type ParamsOf<Shape extends RouteShape> = Infer<Shape['params']>;
export type QueryOf<Shape extends RouteShape> = Infer<Shape['query']>;
export type BodyOf<Shape extends RouteShape> = Shape['body'] extends Bytes ? ReadableStream<Uint8Array> : Infer<Shape['body']>;
export type AnswerOf<Shape extends RouteShape> = Shape['answer'] extends Bytes
  ? ByteAnswer
  : Shape['answer'] extends Events
    ? EventAnswer
    : Infer<Shape['answer']>;

/** Bytes as an answer: always an attachment, never rendered as a page of our origin. */
export type ByteAnswer = {
  readonly stream: ReadableStream<Uint8Array> | Uint8Array;
  readonly fileName?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Server-sent events as they go out (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export type EventAnswer = { readonly stream: ReadableStream<Uint8Array> };

/** What a client gives to call a route; schemas with defaults may be left out. */
export type CallOf<Shape extends RouteShape> = {
  readonly params?: Input<Shape['params']>;
  readonly query?: Input<Shape['query']>;
  readonly body?: Shape['body'] extends Bytes ? Uint8Array | ReadableStream<Uint8Array> : Input<Shape['body']>;
};

/** Whether a body or an answer is a stream of bytes and not JSON. */
export function isBytes(schema: z.ZodType | Bytes | Events | undefined): schema is Bytes {
  return schema !== undefined && 'bytes' in schema;
}

/** Whether an answer is a stream of events. */
export function isEvents(schema: z.ZodType | Bytes | Events | undefined): schema is Events {
  return schema !== undefined && 'events' in schema;
}
