import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Client } from '../host/client.http.ts';
import { digestOf } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import { sendArtifact } from './send-artifact.ts';

const folder = mkdtempSync(join(tmpdir(), 'ym-send-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const env = { HOME: folder };
const run = { service: 'shop', system: 'ci', id: '1', attempt: 1, commit: 'a'.repeat(40), name: 'shop' };
const problem = (code: string, status: number, data: Record<string, unknown> = {}): Problem =>
  new Problem({ code, status, sentence: code, remedy: code, data });

/** The three routes as the server has them, in memory; it can break a line after so many parts. */
class Server {
  readonly whole = new Map<string, Buffer>();
  came = Buffer.alloc(0);
  calls: string[] = [];
  breakAfter = Infinity;
  loseAnswer = Infinity;
  old = false;
  readonly client: Client = {
    url: '',
    call: (async (route: { path: string; method: string }, call: { query: Record<string, unknown>; body: unknown }) => {
      this.calls.push(`${route.method} ${route.path.split('/').slice(3).join('/')}`);
      if (route.path === '/v1/record/artifacts') {
        const chunks: Uint8Array[] = [];
        for await (const chunk of (call.body as () => ReadableStream<Uint8Array>)()) chunks.push(chunk);
        return this.keep(Buffer.concat(chunks), call.query['digest'] as string | undefined);
      }
      if (this.old) throw problem('platform.not-found', 404);
      if (route.method === 'PUT') {
        if (call.query['offset'] !== this.came.length) throw problem('pipelines.upload-offset', 409, { offset: this.came.length });
        if (this.breakAfter-- <= 0) throw problem('client.unreachable', 503);
        this.came = Buffer.concat([this.came, call.body as Buffer]);
        if (this.loseAnswer-- === 0) throw problem('pipelines.upload-offset', 409, { offset: this.came.length });
        return { offset: this.came.length };
      }
      const body = call.body as { digest: string; size: number };
      if (route.path === '/v1/record/uploads') return { offset: this.whole.has(body.digest) ? body.size : this.came.length };
      return this.whole.has(body.digest) ? { digest: body.digest, size: 0 } : this.keep(this.came, body.digest);
    }) as never,
  };
  keep(bytes: Buffer, wanted?: string): { digest: string; size: number } {
    const digest = digestOf(bytes);
    if (wanted !== undefined && wanted !== digest) throw problem('platform.digest-mismatch', 422);
    this.whole.set(digest, bytes);
    return { digest, size: bytes.length };
  }
}
let server = new Server();
beforeEach(() => void (server = new Server()));
const send = (path: string, expected?: string) => sendArtifact(server.client, run, path, expected, env);
const old = new Date(Date.now() - 60_000);
const large = join(folder, 'large');
const bytes = randomBytes(33 * 1024 ** 2);
writeFileSync(large, bytes);

test('a small file and a small folder go in one piece; the same again is only named', async () => {
  const small = join(folder, 'small');
  writeFileSync(small, 'small');
  expect((await send(small)).digest).toBe(digestOf('small'));
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'a'), 'a');
  // What changed this very moment is not trusted to be the same later.
  await send(tree);
  await send(tree);
  expect(server.calls).toEqual(['POST artifacts', 'POST artifacts', 'POST artifacts']);
  await new Promise((done) => setTimeout(done, 120));
  const first = await send(tree);
  server.calls = [];
  expect((await send(tree)).digest).toBe(first.digest);
  expect(server.calls).toEqual(['POST uploads', 'POST stored-artifacts']);
  writeFileSync(join(tree, 'a'), 'b');
  utimesSync(join(tree, 'a'), old, old);
  expect((await send(tree)).digest).not.toBe(first.digest);
});

test('a large file goes in parts; cut off, the next call goes on where the server is', async () => {
  server.breakAfter = 2;
  await expect(send(large)).rejects.toMatchObject({ code: 'client.unreachable' });
  const kept = server.came.length;
  expect(kept).toBe(16 * 1024 ** 2);
  server.breakAfter = Infinity;
  server.calls = [];
  expect((await send(large)).digest).toBe(digestOf(bytes));
  expect(server.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(3);
});

test('a part whose answer was lost is not sent twice; a wrong digest is told before anything is sent; an older server gets it whole', async () => {
  server.loseAnswer = 1;
  expect((await send(large)).digest).toBe(digestOf(bytes));
  server = new Server();
  await expect(send(large, digestOf('other'))).rejects.toMatchObject({ code: 'cli.usage' });
  expect(server.calls).toEqual([]);
  server.old = true;
  expect((await send(large, digestOf(bytes))).digest).toBe(digestOf(bytes));
  expect(server.calls).toEqual(['POST uploads', 'POST artifacts']);
  await expect(send(join(folder, 'none'))).rejects.toMatchObject({ code: 'cli.unreadable-file' });
});
