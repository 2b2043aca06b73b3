import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { conditionalJson } from './etag.ts';

const ask = (headers: Record<string, string>, answer: unknown = { a: 'x'.repeat(5000) }) =>
  conditionalJson(answer, new Headers(headers), 200);

test('the same answer has the same tag, and asked with it is 304 without a body; another answer is sent', async () => {
  const first = ask({});
  const tag = first.headers.get('etag') ?? '';
  expect(first.status).toBe(200);
  expect(tag).toMatch(/^"[\w-]{27}"$/);
  const again = ask({ 'if-none-match': `"other", W/${tag}` });
  expect([again.status, await again.text()]).toEqual([304, '']);
  expect(again.headers.get('etag')).toBe(tag);
  for (const wrong of ['', '*', tag.slice(1, -1), '"other"']) expect(ask({ 'if-none-match': wrong }).status).toBe(200);
  expect(ask({ 'if-none-match': tag }, { a: 'y' }).status).toBe(200);
});

test('large answers are compressed for who takes it, under the same tag', async () => {
  const packed = ask({ 'accept-encoding': 'br, gzip' });
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(packed.headers.get('etag')).toBe(ask({}).headers.get('etag'));
  const bytes = Buffer.from(await packed.arrayBuffer());
  expect(bytes.length).toBeLessThan(500);
  expect(JSON.parse(gunzipSync(bytes).toString())).toEqual({ a: 'x'.repeat(5000) });
  expect(ask({ 'accept-encoding': 'gzip' }, { a: 1 }).headers.get('content-encoding')).toBe(null);
  expect(ask({ 'accept-encoding': 'identity' }).headers.get('content-encoding')).toBe(null);
});
