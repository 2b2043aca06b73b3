import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { RouteShape } from './route.ts';

/** Every route that some file of the contract declares, by its method and path. */
async function allRoutes(): Promise<Map<string, RouteShape>> {
  const routes = new Map<string, RouteShape>();
  for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const module = (await import(join(import.meta.dirname, file))) as Record<string, unknown>;
    for (const value of Object.values(module))
      if (typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'access' in value) {
        const route = value as RouteShape;
        routes.set(`${route.method} ${route.path}`, route);
      }
  }
  return routes;
}

const CREDENTIAL = /^(?:token|key|secrets?|invitation|registration|link|password|value)$/;

/** Names of text fields, at any depth, that speak of a credential. */
function credentialsIn(schema: RouteShape['answer'] | undefined): string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, field]) => {
    const inner = field instanceof z.ZodOptional || field instanceof z.ZodNullable ? (field.unwrap() as z.ZodType) : field;
    const isText = inner instanceof z.ZodString || inner instanceof z.ZodRecord;
    return CREDENTIAL.test(name) && isText ? [name] : credentialsIn(inner);
  });
}

test('whatever takes or answers a credential is kept under no Idempotency-Key', async () => {
  // The key of a cache, a ticket or a pipeline is its name, and so is what is said of a master key; the value of what is mapped is an address or a login.
  const named = ['/caches', '/admin/keys/', '/record/tickets', '/pipelines/{pipeline}', '/people/map', '/people/unmapped'];
  const unsafe = [...(await allRoutes())].filter(([, { method, path }]) => method !== 'GET' && !named.some((one) => path.includes(one)));
  const holding = unsafe.filter(([, route]) => [...credentialsIn(route.body), ...credentialsIn(route.answer)].length > 0);
  expect(holding.map(([name]) => name)).toEqual(
    expect.arrayContaining(['POST /v1/sessions', 'POST /v1/tokens', 'POST /v1/people', 'POST /v1/agents', 'POST /v1/incident-hooks']),
  );
  expect(holding.filter(([, route]) => route.secret !== true).map(([name]) => name)).toEqual([]);
});
