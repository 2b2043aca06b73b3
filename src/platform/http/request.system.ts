import { z } from 'zod';
import { isBytes, type RouteShape } from '../../contract/route.ts';
import { badRequest, tooLarge, tooSlow } from '../platform.problems.ts';
import type { Millis } from '../../kernel/time.ts';
import { JSON_LIMIT, parseJson } from './limits.ts';

export type Parsed = { readonly params: unknown; readonly query: unknown; readonly body: unknown; readonly raw: string };

/** How long a body of JSON may take to come. */
const PATIENCE_MS: Millis = 30_000;
/** Bytes per millisecond that a stream must keep up on the whole: whoever sends one byte a minute holds a connection for nothing. */
const SLOWEST = 16;

const strictForms = new WeakMap<z.ZodObject, z.ZodObject>();

/** Unknown fields are refused, not dropped: a misspelt field must not be taken for its absence. */
function strict(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodObject)) return schema;
  let form = strictForms.get(schema);
  if (form === undefined) strictForms.set(schema, (form = schema.strict()));
  return form;
}

/** Where a value holds text that the database can not store (a NUL, half of a surrogate pair), or null. */
function unstorable(value: unknown): readonly string[] | null {
  if (typeof value === 'string') return isText(value) ? null : [];
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (!isText(key)) return [];
    const found = unstorable(inner);
    if (found !== null) return [key, ...found];
  }
  return null;
}

function isText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

/** Parses parameters, query and body of a request by its route's schemas; one Problem with every error. */
export async function parseRequest(
  route: RouteShape,
  request: Request,
  params: Readonly<Record<string, string>>,
  patienceMs: Millis = PATIENCE_MS,
): Promise<Parsed> {
  const url = new URL(request.url);
  const raw = route.body === undefined || isBytes(route.body) ? '' : await readText(request, patienceMs);
  const errors: { place: string; message: string }[] = [];
  const check = (schema: z.ZodType | undefined, value: unknown, place: string): unknown => {
    const result = strict(schema ?? z.object({})).safeParse(value);
    const odd = unstorable(value);
    if (odd !== null) errors.push({ place: [place, ...odd].join('.'), message: 'a NUL or half a character, which no text may hold' });
    if (result.success) return result.data;
    for (const issue of result.error.issues) errors.push({ place: [place, ...issue.path].join('.'), message: issue.message });
    return undefined;
  };
  const parsed = {
    params: check(route.params, params, 'params'),
    query: check(route.query, queryOf(url), 'query'),
    body: await bodyOf(route, request, raw, patienceMs, check),
    raw,
  };
  if (errors.length > 0) throw badRequest({ errors: errors.slice(0, 20) });
  return parsed;
}

async function bodyOf(
  route: RouteShape,
  request: Request,
  raw: string,
  patienceMs: Millis,
  check: (schema: z.ZodType, value: unknown, place: string) => unknown,
): Promise<unknown> {
  if (route.body === undefined) return undefined;
  if (isBytes(route.body)) return limited(paced(request.body ?? nothing(), patienceMs + route.body.limit / SLOWEST), route.body.limit);
  return check(route.body, raw === '' ? {} : parseJson(raw), 'body');
}

function queryOf(url: URL): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [key, value] of url.searchParams) {
    if (Object.hasOwn(query, key)) throw badRequest({ errors: [{ place: `query.${key}`, message: 'given twice' }] });
    Object.defineProperty(query, key, { value, enumerable: true });
  }
  return query;
}

async function readText(request: Request, patienceMs: Millis): Promise<string> {
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of paced(request.body, patienceMs) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > JSON_LIMIT) throw tooLarge({ limit: JSON_LIMIT });
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw badRequest({ errors: [{ place: 'body', message: 'not UTF-8' }] });
  }
}

function nothing(): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
}

/** The stream, failing with `platform.too-slow` where it has not ended after `ms`. */
function paced(stream: ReadableStream<Uint8Array>, ms: Millis): ReadableStream<Uint8Array> {
  const end = performance.now() + ms;
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => late.reject(tooSlow({ ms: Math.round(ms) })),
        Math.min(Math.max(0, end - performance.now()), 2 ** 31 - 1),
      );
      try {
        const { done, value } = await Promise.race([reader.read(), late.promise]);
        if (done) controller.close();
        else controller.enqueue(value);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** The stream, failing with `platform.too-large` once it passes `limit` bytes. */
function limited(stream: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  let size = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.length;
        if (size > limit) controller.error(tooLarge({ limit }));
        else controller.enqueue(chunk);
      },
    }),
  );
}
