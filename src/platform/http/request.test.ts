import { expect, test } from 'vitest';
import { z } from 'zod';
import { instantSchema } from '../../contract/common.ts';
import { defineRoute } from '../../contract/route.ts';
import { parseRequest } from './request.system.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

const access = { kind: 'public', why: 'a test' } as const;
const json = defineRoute({
  method: 'POST',
  path: '/x',
  summary: 'x',
  access,
  body: z.object({ at: instantSchema, note: z.string().max(100) }),
  answer: z.object({}),
});
const bytes = defineRoute({
  method: 'POST',
  path: '/x',
  summary: 'x',
  access,
  body: { bytes: true, mediaType: 'application/json', limit: 1000 },
  answer: z.object({}),
});

/** A body of these chunks, and then silence. */
function stalling(...chunks: string[]): Request {
  const rest = chunks.map((text) => new TextEncoder().encode(text));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = rest.shift();
      if (next === undefined) return new Promise(() => undefined);
      controller.enqueue(next);
      return undefined;
    },
  });
  return new Request('http://localhost/x', { method: 'POST', body, duplex: 'half' } as RequestInit);
}

const post = (body: string): Request => new Request('http://localhost/x', { method: 'POST', body });
const places = async (body: unknown): Promise<unknown> =>
  parseRequest(json, post(typeof body === 'string' ? body : JSON.stringify(body)), {}).then(
    () => [],
    (error: { data: { errors: { place: string }[] } }) => error.data.errors.map((one) => one.place),
  );

test('a body that does not end is waited for no longer than its time', async () => {
  const started = performance.now();
  await expect(parseRequest(json, stalling('{"at":', '"2026'), {}, 100)).rejects.toMatchObject({ code: 'platform.too-slow', status: 408 });
  const { body } = await parseRequest(bytes, stalling('{'), {}, 100);
  await expect(new Response(body as ReadableStream<Uint8Array>).text()).rejects.toMatchObject({ code: 'platform.too-slow' });
  expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
  const { body: whole } = await parseRequest(bytes, post('{"a":1}'), {}, 100);
  expect(await new Response(whole as ReadableStream<Uint8Array>).text()).toBe('{"a":1}');
});

test.each([
  ['0000-01-01T00:00:00Z', false],
  ['1969-12-31T23:59:59Z', false],
  ['2026-02-30T00:00:00Z', false],
  ['2026-01-01T00:00:00+23:59', false],
  ['2026-01-01T00:00:00-16:00', false],
  ['9999-12-31T23:59:59.999Z', true],
  ['2026-01-01T00:00:00+14:00', true],
  ['1970-01-01T00:00:00-11:30', true],
])('the instant %s is taken: %s', async (at, good) => {
  expect(await places({ at, note: 'n' })).toEqual(good ? [] : ['body.at']);
});

test('a NUL and half a character are refused at their place, at any depth and in names', async () => {
  const at = '2026-01-01T00:00:00Z';
  expect(await places({ at, note: 'whole 😀' })).toEqual([]);
  expect(await places({ at, note: 'a\0b' })).toEqual(['body.note']);
  expect(await places(`{"at":"${at}","note":"\\ud83d"}`)).toEqual(['body.note']);
  expect(await places(`{"at":"${at}","note":"n","x\\u0000":1}`)).toEqual(['body', 'body']);
});
