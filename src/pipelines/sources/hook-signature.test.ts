import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOOK_WINDOW_MS, verifyHook } from './hook-signature.ts';

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const vectorFile = join(corpus, 'expected/webhook-signature-vectors.json');
type Vector = {
  scheme: string;
  secret: string;
  payload?: string;
  payload_file?: string;
  signature: string;
  msg_id?: string;
  timestamp?: number;
};

const verify = (headers: Record<string, string>, body: Uint8Array | string, secret: string, nowMs = 0) =>
  verifyHook({ header: (name) => headers[name] ?? null, body: Buffer.from(body), secret, nowMs });

test.skipIf(!existsSync(vectorFile))('the public vectors verify, and no single flipped bit does (corpus)', () => {
  const { vectors } = JSON.parse(readFileSync(vectorFile, 'utf8')) as { vectors: Vector[] };
  expect(vectors.length).toBeGreaterThan(0);
  for (const vector of vectors) {
    const body = vector.payload_file === undefined ? Buffer.from(vector.payload ?? '') : readFileSync(join(corpus, vector.payload_file));
    const at = (vector.timestamp ?? 0) * 1000;
    const headers: Record<string, string> =
      vector.msg_id === undefined
        ? { [vector.scheme.includes('256') ? 'x-hub-signature-256' : 'x-hub-signature']: vector.signature }
        : { 'webhook-id': vector.msg_id, 'webhook-timestamp': String(vector.timestamp), 'webhook-signature': vector.signature };
    expect(verify(headers, body, vector.secret, at).ok, vector.scheme).toBe(true);
    for (let bit = 0; bit < Math.min(body.length * 8, 800); bit += 1) {
      const flipped = Buffer.from(body);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify(headers, flipped, vector.secret, at).ok).toBe(false);
    }
    for (const [name, value] of Object.entries(headers)) {
      for (let index = 0; index < value.length; index += 1) {
        const changed = value.slice(0, index) + String.fromCharCode(value.charCodeAt(index) ^ 1) + value.slice(index + 1);
        expect(verify({ ...headers, [name]: changed }, body, vector.secret, at).ok, `${name} at ${index}`).toBe(false);
      }
      const { [name]: _gone, ...rest } = headers;
      expect(verify(rest, body, vector.secret, at).ok, `without ${name}`).toBe(false);
    }
  }
});

test('a signed time outside the window is refused, and the delivery is named by its id', () => {
  const secret = `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`;
  const sign = (id: string, at: number) => `v1,${createHmac('sha256', 'k'.repeat(32)).update(`${id}.${at}.body`).digest('base64')}`;
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1000', 'webhook-signature': `v1,AAAA ${sign('msg_1', 1000)}` };
  expect(verify(headers, 'body', secret, 1000_000)).toEqual({ ok: true, delivery: 'msg_1' });
  expect(verify(headers, 'body', secret, 1000_000 + HOOK_WINDOW_MS)).toMatchObject({ ok: true });
  expect(verify(headers, 'body', secret, 1000_001 + HOOK_WINDOW_MS)).toEqual({ ok: false });
  expect(verify(headers, 'body', secret, 999_999 - HOOK_WINDOW_MS)).toEqual({ ok: false });
});

test('an empty or missing signature, and one of another scheme, are refused', () => {
  for (const headers of [
    {},
    { 'x-hub-signature-256': '' },
    { 'x-hub-signature-256': 'sha256=' },
    { 'x-hub-signature': `sha1=${'0'.repeat(40)}` },
    { 'x-gitlab-token': 'secret' },
    { 'webhook-id': '' },
  ]) {
    expect(verify(headers as Record<string, string>, 'body', 'secret').ok).toBe(false);
  }
});
