import { createServer, get, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { bareConnection, inFront, type Answer } from './bare.system.ts';
import { countRequests, drain, underWay } from './drain.system.ts';

const PREFIX = '/v1/hooks/';
const opened: Server[] = [];
afterAll(() => {
  for (const server of opened) server.close();
});

/** A server that says of each request which way it came. */
async function serving(waitMs = 0): Promise<{ server: Server; port: number; bare: string[] }> {
  const bare: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => response.end(`usual ${request.method} ${request.url} ${Buffer.concat(parts).toString()}`));
  });
  const { handOver, bare: take } = inFront(server, 'connection');
  countRequests(server);
  const parts = {
    prefix: PREFIX,
    open: () => server.listening,
    underWay: (socket: Socket) => underWay(server, socket),
    door: ({ path, length }: { path: string; length: number }) =>
      length > 200_000
        ? null
        : async (body: Uint8Array): Promise<Answer> => {
            await sleep(waitMs);
            bare.push(path);
            const text = `bare ${path} ${body.length} ${Buffer.from(body).toString().slice(0, 20)}`;
            return { status: 202, headers: ['Content-Length', String(Buffer.byteLength(text))], text };
          },
  };
  take((socket) => bareConnection(parts, socket, handOver));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(server);
  return { server, port: (server.address() as { port: number }).port, bare };
}

const post = (path: string, body: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: h\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Everything that is answered on one connection to these pieces, sent one after the other; ends once `until` was heard, or it is closed. */
function talk(port: number, pieces: readonly string[], until: RegExp | null, end = false): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', async () => {
      socket.setNoDelay(true);
      for (const piece of pieces) {
        socket.write(piece);
        if (pieces.length > 1) await sleep(2);
      }
      if (end) socket.end();
    });
    socket.on('error', () => undefined).on('close', () => resolve(heard));
    socket.on('data', (part) => {
      heard += part.toString();
      if (until?.test(heard) === true) socket.destroy();
    });
  });
}
const statuses = (heard: string): string[] => heard.match(/HTTP\/1\.1 \d+/g) ?? [];

test('plain requests are answered one after the other on one connection, in pieces, and however many come at once', async () => {
  const { port, bare } = await serving();
  const one = post('/v1/hooks/in/a', 'x');
  expect(statuses(await talk(port, [...one, ...one], /bare.*bare \/v1\/hooks\/in\/a 1 x$/s))).toHaveLength(2);
  const many = Array.from({ length: 20 }, (_, at) => post(`/v1/hooks/in/n${at}`, `body ${at}`));
  const heard = await talk(port, [many.join('')], /n19 7 body 19$/);
  expect(heard.match(/bare \S+ \d+ body \d+/g)).toEqual(many.map((_, at) => `bare /v1/hooks/in/n${at} ${`body ${at}`.length} body ${at}`));
  const large = await talk(port, [post('/v1/hooks/in/large', 'y'.repeat(150_000))], /bare \S+ 150000 y+$/);
  expect(statuses(large)).toEqual(['HTTP/1.1 202']);
  expect(bare).toHaveLength(23);
});

test('more than may wait while one is answered is not lost', async () => {
  const { port } = await serving(20);
  const many = Array.from({ length: 6 }, (_, at) => post(`/v1/hooks/in/n${at}`, 'z'.repeat(60_000)));
  expect(statuses(await talk(port, many, /n5 60000 z+$/))).toHaveLength(6);
});

test('anything else is read by the HTTP server from its first byte on, also after plain ones, and what follows it', async () => {
  const { port, bare } = await serving();
  const chunked = 'POST /v1/hooks/in/c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  const road = [post('/v1/hooks/in/a', 'one'), chunked, post('/v1/hooks/in/b', 'two'), 'GET /other HTTP/1.1\r\nHost: h\r\n\r\n'];
  const want = ['bare /v1/hooks/in/a 3 one', 'usual POST /v1/hooks/in/c abc', 'usual POST /v1/hooks/in/b two', 'usual GET /other'];
  for (const pieces of [[road.join('')], road, [...road.join('')]]) {
    const heard = await talk(port, pieces, /GET \/other/);
    let from = 0;
    for (const text of want) {
      const at = heard.indexOf(text, from);
      expect(at, `${text} in ${heard}`).toBeGreaterThanOrEqual(0);
      from = at;
    }
  }
  expect(bare).toEqual(['/v1/hooks/in/a', '/v1/hooks/in/a', '/v1/hooks/in/a']);
  expect(await talk(port, [post('/v1/hooks/in/a', 'w'.repeat(200_001))], /usual POST/)).toContain('usual POST');
  expect(await talk(port, ['GARBAGE\r\n\r\n'], null)).toContain('HTTP/1.1 400');
});

test('a length and chunks at once, or two lengths, never make a second request of what was one body', async () => {
  const { port, bare } = await serving();
  const inner = post('/v1/hooks/in/smuggled', 'x');
  for (const more of [
    'Transfer-Encoding: chunked\r\n',
    `Content-Length: ${inner.length}\r\n`,
    'Content-Length : 0\r\n',
    ' Content-Length: 0\r\n',
  ])
    expect(await talk(port, [`${post('/v1/hooks/in/a', '', more)}${inner}`], null, true)).not.toContain('202');
  expect(bare).toEqual([]);
});

test('who closes its half, or asks for the end, is answered and the connection ends', async () => {
  const { port } = await serving(30);
  expect(await talk(port, [post('/v1/hooks/in/a', 'x')], null, true)).toContain('bare /v1/hooks/in/a 1 x');
  const heard = await talk(port, [post('/v1/hooks/in/b', 'x', 'Connection: close\r\n')], null);
  expect(heard).toContain('Connection: close');
  expect(await talk(port, [post('/v1/hooks/in/a', 'x').slice(0, -1)], null, true)).toBe('');
});

test('at the end of the server what is under way is answered, and what rests is ended', async () => {
  const { server, port } = await serving(200);
  const resting = talk(port, ['POST /v1/ho'], null);
  const asked = talk(port, [post('/v1/hooks/in/a', 'x')], null);
  await sleep(60);
  const began = performance.now();
  await drain(server);
  expect(performance.now() - began).toBeLessThan(8000);
  expect(await asked).toContain('Connection: close');
  expect(await resting).toBe('');
  await expect(new Promise((resolve, reject) => get(`http://127.0.0.1:${port}/`, resolve).on('error', reject))).rejects.toThrow();
});
