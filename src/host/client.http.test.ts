import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineRoute } from '../contract/route.ts';
import { addressOf, baseAddress, retryDelay } from './client-request.ts';
import { createClient } from './client.http.ts';

const why = 'test';
const greet = defineRoute({
  method: 'POST',
  path: '/v1/greet/{name}',
  summary: 'x',
  access: { kind: 'public', why },
  params: z.object({ name: z.string() }),
  query: z.object({ loud: z.coerce.boolean().optional() }),
  body: z.object({ word: z.string() }),
  answer: z.object({ said: z.string() }),
});
const fetchBytes = defineRoute({
  method: 'GET',
  path: '/v1/bytes',
  summary: 'x',
  access: { kind: 'public', why },
  answer: { bytes: true, mediaType: 'application/octet-stream', limit: 1000 },
});
const sendBytes = defineRoute({
  method: 'PUT',
  path: '/v1/bytes',
  summary: 'x',
  access: { kind: 'public', why },
  body: { bytes: true, mediaType: 'application/octet-stream', limit: 1000 },
  answer: z.object({ size: z.number() }),
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Seen = { readonly request: IncomingMessage; readonly body: string };

async function serve(answer: (seen: Seen, response: ServerResponse, count: number) => void): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ request, body: Buffer.concat(chunks).toString() });
      answer(seen.at(-1)!, response, seen.length);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const json = (response: ServerResponse, status: number, body: unknown, type = 'application/json') =>
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));

test('a call carries parameters, query, body, credential and an idempotency key, and answers the parsed body', async () => {
  const { url, seen } = await serve((_, response) => json(response, 200, { said: 'hello', added: 'later' }));
  const answer = await createClient({ url: `${url}/`, credential: 'tok' }).call(greet, {
    params: { name: 'a/b ü?' },
    query: { loud: true },
    body: { word: 'hi' },
  });
  expect(answer).toEqual({ said: 'hello' });
  expect(seen[0]!.request.url).toBe('/v1/greet/a%2Fb%20%C3%BC%3F?loud=true');
  expect(seen[0]!.request.headers.authorization).toBe('Bearer tok');
  expect(seen[0]!.request.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  expect(JSON.parse(seen[0]!.body)).toEqual({ word: 'hi' });
});

test('a cut connection and a 503 are tried again under the same idempotency key; two calls have two keys', async () => {
  const { url, seen } = await serve(({ request }, response, count) => {
    if (count === 1) return void request.socket.destroy();
    if (count === 2) return void response.writeHead(503, { 'retry-after': '0' }).end();
    json(response, 200, { said: String(count) });
  });
  const client = createClient({ url });
  expect(await client.call(greet, { params: { name: 'x' }, body: { word: 'w' } })).toEqual({ said: '3' });
  expect(await client.call(greet, { params: { name: 'x' }, body: { word: 'w' } })).toEqual({ said: '4' });
  const keys = seen.map(({ request }) => request.headers['idempotency-key']);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[3]).not.toBe(keys[0]);
});

test('a problem of the server is thrown as it was raised, and is not tried again', async () => {
  const body = {
    type: 'urn:yardmaster:problem:catalog.no-such-service',
    title: 'There is no service x.',
    status: 404,
    code: 'catalog.no-such-service',
    remedy: 'Look.',
    place: '/name',
    data: { near: 'y' },
    requestId: 'r1',
  };
  const { url, seen } = await serve((_, response) => json(response, 404, body, 'application/problem+json'));
  const problem = await createClient({ url })
    .call(greet, { params: { name: 'x' }, body: { word: 'w' } })
    .catch((error: unknown) => error);
  expect(problem).toMatchObject({
    name: 'Problem',
    code: 'catalog.no-such-service',
    status: 404,
    message: 'There is no service x.',
    remedy: 'Look.',
    place: '/name',
    data: { near: 'y', requestId: 'r1' },
  });
  expect(seen).toHaveLength(1);
});

test.each([
  ['another shape', (response: ServerResponse) => json(response, 200, { said: 3 })],
  ['a page', (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
  ['broken JSON', (response: ServerResponse) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"said":')],
  ['an error without a problem', (response: ServerResponse) => json(response, 500, { error: 'no' })],
])('%s is a bad answer with a remedy', async (_, answer) => {
  const { url } = await serve((__, response) => void answer(response));
  await expect(createClient({ url }).call(greet, { params: { name: 'x' }, body: { word: 'w' } })).rejects.toMatchObject({
    code: 'client.bad-answer',
    remedy: expect.stringContaining('server') as string,
  });
});

test('a redirect is never followed: it would carry the credential away', async () => {
  const elsewhere = await serve((_, response) => json(response, 200, { said: 'got you' }));
  const { url } = await serve((_, response) => void response.writeHead(307, { location: `${elsewhere.url}/v1/greet/x` }).end());
  await expect(
    createClient({ url, credential: 'tok', retries: 0 }).call(greet, { params: { name: 'x' }, body: { word: 'w' } }),
  ).rejects.toMatchObject({ code: 'client.unreachable' });
  expect(elsewhere.seen).toHaveLength(0);
});

test('nobody listening is client.unreachable and says why', async () => {
  const error = await createClient({ url: 'http://127.0.0.1:1', retries: 1 })
    .call(fetchBytes)
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'client.unreachable',
    sentence: expect.stringMatching(/127\.0\.0\.1:1.*(REFUSED|bad port)/) as string,
  });
});

test('a slow server is given up after the time-out, and the caller can give up earlier', async () => {
  const { url } = await serve(() => undefined);
  await expect(createClient({ url, retries: 0, timeoutMs: 50 }).call(fetchBytes)).rejects.toMatchObject({ code: 'client.unreachable' });
  await expect(createClient({ url }).call(fetchBytes, {}, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});

test('bytes stream both ways, an opened-anew body is tried again, and an answer over its limit fails', async () => {
  const { url, seen } = await serve(({ request, body }, response, count) => {
    if (request.method === 'GET') return void response.end(Buffer.alloc(1001));
    if (count === 1) return void response.writeHead(502).end();
    json(response, 200, { size: body.length });
  });
  const client = createClient({ url });
  const open = () => new ReadableStream<Uint8Array>({ start: (c) => (c.enqueue(Buffer.from('abc')), c.close()) });
  expect(await client.call(sendBytes, { body: open })).toEqual({ size: 3 });
  expect(seen.map(({ body }) => body)).toEqual(['abc', 'abc']);
  const { stream } = await client.call(fetchBytes);
  await expect(new Response(stream).bytes()).rejects.toMatchObject({ code: 'client.bad-answer' });
});

test('addresses: what is no server is refused, and a dot segment never leaves its route', () => {
  for (const bad of ['', 'localhost', 'ftp://x', 'http://u:p@x', 'http://x/?q', 'file:///etc/passwd'])
    expect(baseAddress(bad)).toHaveProperty('why');
  expect(baseAddress('http://x:1/y//')).toEqual({ base: 'http://x:1/y' });
  for (const name of ['', '.', '..', undefined]) expect(() => addressOf('http://x', greet, { name }, {})).toThrow(TypeError);
  expect(addressOf('http://x', greet, { name: '../..' }, { a: ['1', '2'], b: undefined })).toBe('http://x/v1/greet/..%2F..?a=1&a=2');
  expect(() => createClient({ url: 'http://user:hunter2@x' })).toThrow(/^(?!.*hunter2)/);
});

test('retry delays grow, are bounded and jittered; Retry-After wins within reason', () => {
  expect(retryDelay(1, 0)).toBe(50);
  expect(retryDelay(1, 0.999)).toBeLessThanOrEqual(100);
  expect(retryDelay(40, 0.999)).toBeLessThanOrEqual(5000);
  expect(retryDelay(1, 0, '3')).toBe(3000);
  expect(retryDelay(1, 0, '999999')).toBe(10_000);
  expect(retryDelay(1, 0, 'soon')).toBe(50);
});

test('an answer that is cut off in its middle is asked again under the same key', async () => {
  const { url, seen } = await serve((_, response, count) => {
    if (count === 1) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"said":"hel');
      setTimeout(() => response.destroy(), 20);
    } else json(response, 200, { said: 'hello' });
  });
  const answer = await createClient({ url }).call(greet, { params: { name: 'x' }, body: { word: 'hi' } });
  expect(answer).toEqual({ said: 'hello' });
  expect(new Set(seen.map((one) => one.request.headers['idempotency-key'])).size).toBe(1);
});
