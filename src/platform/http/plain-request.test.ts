import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readPlainHead } from './plain-request.ts';

const PREFIX = '/v1/hooks/';
const GOOD = 'POST /v1/hooks/in/hok_1 HTTP/1.1\r\nHost: h:1\r\nX-GitHub-Event: push\r\nContent-Length: 5\r\n\r\n';
const read = (text: string) => readPlainHead(text, PREFIX);

test('a plain head is read, with where its body begins', () => {
  const head = read(`${GOOD}12345POST`);
  const headers = { host: 'h:1', 'x-github-event': 'push', 'content-length': '5' };
  expect(head).toEqual({ path: '/v1/hooks/in/hok_1', headers, length: 5, bodyAt: GOOD.length, close: false });
  expect(read(GOOD.replace('Host', 'Connection: close\r\nHost'))).toMatchObject({ close: true });
});

test('what is not whole yet may become one, byte by byte', () => {
  for (let length = 0; length < GOOD.length; length += 1) expect(read(GOOD.slice(0, length)), `${length}`).toBe('more');
  expect(read(GOOD)).toMatchObject({ length: 5 });
});

const line = (text: string): string => GOOD.replace('Host:', `${text}\r\nHost:`);
test.each([
  ['another method', GOOD.replace('POST', 'PUT')],
  ['another address', GOOD.replace('/v1/hooks', '/v1/other')],
  ['another version', GOOD.replace('1.1', '1.0')],
  ['a blank too many', GOOD.replace(' HTTP', '  HTTP')],
  ['a line that ends with LF alone', GOOD.replace('push\r\n', 'push\n')],
  ['a CR within a line', GOOD.replace('push', 'pu\rsh')],
  ['a line that goes on', line(' folded: yes')],
  ['a tab', line('X-A:\tb')],
  ['a byte above ASCII', line('X-A: \u00e9')],
  ['a zero byte', line('X-A: \0')],
  ['a blank in front of the colon', line('X-A : b')],
  ['no colon', line('X-A')],
  ['no name', line(': b')],
  ['a header twice', line('x-github-event: push')],
  ['two lengths', line('Content-Length: 5')],
  ['a length that is none', GOOD.replace(': 5', ': +5')],
  ['two lengths in one', GOOD.replace(': 5', ': 5, 5')],
  ['no length', GOOD.replace('Content-Length: 5\r\n', '')],
  ['chunks', line('Transfer-Encoding: chunked')],
  ['chunks in other letters', line('TRANSFER-ENCODING: identity')],
  ['a question before the body', line('Expect: 100-continue')],
  ['another protocol', line('Upgrade: h2c')],
  ['a connection that means more', line('Connection: close, upgrade')],
  ['a trailer', line('Trailer: x')],
  ['a name that is a prototype', line('__proto__: x')],
  ['no host', GOOD.replace('Host: h:1\r\n', '')],
  ['a head that is too long', line(`X-A: ${'b'.repeat(17_000)}`)],
])('%s is for who reads HTTP in full', (_, text) => {
  expect(read(text)).toBe('other');
});

// What Node's own server makes of the very same bytes: where both take a request, they must take the same one.
type Seen = { url: string; headers: IncomingHttpHeaders; body: string };
let seen: Seen[] = [];
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    seen.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString('latin1') });
    response.end();
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as { port: number };
afterAll(() => void server.close());

async function byNode(text: string): Promise<Seen | undefined> {
  seen = [];
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.from(text, 'latin1')));
    socket.on('error', () => resolve()).on('close', () => resolve());
    socket.resume();
  });
  return seen[0];
}

test('whatever is read here, Node reads alike: same address, same headers, same body', async () => {
  const piece = fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    ' ',
    '\t',
    ':',
    ',',
    '0',
    '5',
    'a',
    '\0',
    '\u00e9',
    'Content-Length: 3',
    'Host: x',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'X-A: b',
  );
  const edit = fc.record({ at: fc.nat(GOOD.length - 1), cut: fc.nat(3), put: fc.oneof(piece, fc.constant('')) });
  let both = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 3 }), async (edits) => {
      let text = `${GOOD}12345`;
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
      const ours = read(text);
      if (typeof ours === 'string' || text.length < ours.bodyAt + ours.length) return;
      both += 1;
      const node = await byNode(text);
      expect(node, JSON.stringify(text)).toBeDefined();
      expect(node?.url).toBe(ours.path);
      expect({ ...node?.headers }).toEqual(ours.headers);
      expect(node?.body).toBe(text.slice(ours.bodyAt, ours.bodyAt + ours.length));
    }),
    { numRuns: 600 },
  );
  expect(both).toBeGreaterThan(50);
}, 600_000);
