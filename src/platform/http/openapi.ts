import { z } from 'zod';
import { isBytes, isEvents, type Bytes, type Events, type RouteShape } from '../../contract/route.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 description of the routes, generated from the same schemas that parse requests. */
export function openApi(routes: readonly RouteShape[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Yardmaster',
      version,
      description: 'Additive only under /v1. Errors are application/problem+json (RFC 9457) with `code` and `remedy`.',
    },
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

function operation(route: RouteShape): Json {
  const unsafe = route.method !== 'GET';
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    tags: [route.path.split('/')[2] ?? 'other'],
    security: route.access.kind === 'public' || route.access.kind === 'signed' ? [] : [{ bearer: [] }],
    'x-access': accessWords(route),
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...(unsafe
        ? [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: false,
              schema: { type: 'string', maxLength: 200 },
              description: 'Repeat with the same key and the same request: done once, answered alike.',
            },
          ]
        : []),
    ],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: content(route.body, 'input') } }),
    responses: {
      [String(route.status ?? 200)]: { description: 'Done', content: content(route.answer, 'output') },
      default: { description: 'A problem', content: { 'application/problem+json': { schema: { type: 'object' } } } },
    },
  };
}

/** Who may call a route, in words. */
export function accessWords(route: RouteShape): string {
  const { access } = route;
  switch (access.kind) {
    case 'may':
      return access.action;
    case 'public':
    case 'signed':
      return `${access.kind}: ${access.why}`;
    default:
      return access.kind;
  }
}

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, shape]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: shape,
  }));
}

function content(schema: z.ZodType | Bytes | Events, io: 'input' | 'output'): Json {
  if (isEvents(schema)) return { 'text/event-stream': { schema: jsonSchema(schema.of, io) } };
  if (isBytes(schema)) return { [schema.mediaType]: { schema: { type: 'string', format: 'binary', maxLength: schema.limit } } };
  return { 'application/json': { schema: jsonSchema(schema, io) } };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Json;
  return rest;
}
