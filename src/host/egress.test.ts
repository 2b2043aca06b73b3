import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowedPlaces, notPublic } from './addresses.ts';
import { makeEgress } from './egress.http.ts';

let hits: string[] = [];
let canary: Server;
let port = 0;
beforeAll(async () => {
  canary = createServer((request, response) => {
    hits.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    if (request.url === '/away') return response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    if (request.url === '/self') return response.writeHead(302, { location: '/here' }).end();
    if (request.url === '/big') return response.end(Buffer.alloc(100_000));
    if (request.url === '/slow') return undefined;
    if (request.url === '/count') {
      let size = 0;
      return request.on('data', (part: Buffer) => (size += part.length)).on('end', () => response.end(String(size)));
    }
    if (request.url === '/early') return response.writeHead(413, { connection: 'close' }).end('too much');
    return response.end('here');
  });
  await new Promise<void>((done) => canary.listen(0, '0.0.0.0', done));
  port = (canary.address() as AddressInfo).port;
});
afterAll(() => (canary.closeAllConnections(), canary.close()));

const places = (list: string) => {
  const read = allowedPlaces(list);
  if ('wrong' in read) throw new Error(`wrong: ${read.wrong}`);
  return read.allowed;
};

/** Names of this machine that resolvers answer in many ways. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'localtest.example': ['127.0.0.1'],
  'mixed.example': ['93.184.216.34', '127.0.0.1'],
  'six.example': ['::ffff:127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'inside.example': ['10.1.2.3'],
  'good.example': ['93.184.216.34'],
};
const resolve = async (host: string): Promise<readonly string[]> => NAMES[host] ?? [];

/** Ways to write an address of this machine or of a network behind it, as attackers and URL parsers know them. */
function forms(at: number): string[] {
  const hosts = [
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '127.000.000.001',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0x7F.1',
    '0',
    '0.0.0.0',
    '00.0.0.0',
    '127.255.255.254',
    '127.0.0.1.',
    '127。0。0。1',
    '１２７.０.０.１',
    '①②⑦.⓪.⓪.①',
    '%31%32%37.0.0.1',
    '127.0.0.1%2e',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2002:7f00:0001::1]',
    '[::ffff:0:127.0.0.1]',
    '[fe80::1]',
    '[fec0::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[ff02::1]',
    '[2001::7f00:1]',
    '[2001:db8::1]',
    '[100::1]',
    '[5f00::1]',
    '[4000::1]',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    'localhost',
    'LOCALHOST',
    'LocalHost',
    'localtest.example',
    'mixed.example',
    'six.example',
    'metadata.example',
    'inside.example',
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '169.254.43518',
    '169.254.169.254.',
    '10.0.0.1',
    '10.255.255.255',
    '012.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.257',
    '0xc0a80001',
    '3232235521',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.192',
    '198.18.0.1',
    '198.19.255.255',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
  ];
  const plain = hosts.flatMap((host) => [`http://${host}:${at}/`, `https://${host}:${at}/`]);
  return [
    ...plain,
    `http://good.example@127.0.0.1:${at}/`,
    `http://127.0.0.1:${at}@good.example/`,
    `http://user:pass@localhost:${at}/`,
    `http://good.example:80#@127.0.0.1:${at}/`,
    `http:127.0.0.1:${at}/`,
    `http:/127.0.0.1:${at}/`,
    `http:///127.0.0.1:${at}/`,
    `http:\\\\127.0.0.1:${at}\\`,
    `//127.0.0.1:${at}/`,
    `HTTP://127.0.0.1:${at}/`,
    ` http://127.0.0.1:${at}/`,
    `http://127.0.0.1:${at}/\t`,
    `http\n://127.0.0.1:${at}/`,
    `file:///etc/passwd`,
    `gopher://127.0.0.1:${at}/_GET`,
    `dict://127.0.0.1:${at}/`,
    `ftp://127.0.0.1:${at}/`,
    `ldap://127.0.0.1:${at}/`,
    `ws://127.0.0.1:${at}/`,
    `data:text/plain,x`,
    `jar:http://127.0.0.1:${at}!/`,
    `unix:/tmp/x.sock`,
    `javascript:fetch(1)`,
    `http://`,
    `https://`,
    `http://:${at}/`,
    `http://[::1`,
    `http://127.0.0.1:99999/`,
    `blob:http://127.0.0.1:${at}/x`,
    `about:blank`,
  ];
}

test('150 ways to write an address that is not of the internet reach nobody', async () => {
  const egress = makeEgress(places(''), resolve);
  hits = [];
  const all = forms(port);
  expect(all.length).toBeGreaterThanOrEqual(150);
  for (const url of all) {
    const outcome = await egress.call({ url, timeoutMs: 500 }).then(
      () => 'called',
      (error: { code?: string }) => String(error.code),
    );
    expect(outcome, url).toMatch(/^egress\.(?:bad-url|forbidden|failed)$/);
  }
  expect(hits).toEqual([]);
  egress.close();
});

test('what the operator named is called, and only on the port that was named', async () => {
  for (const list of [`127.0.0.0/8`, `127.0.0.1`, `127.0.0.1:${port}`, `localtest.example`, `localtest.example:${port}`]) {
    const egress = makeEgress(places(list), resolve);
    const host = list.startsWith('localtest') ? 'localtest.example' : '127.0.0.1';
    const answer = await egress.call({ url: `http://${host}:${port}/`, headers: { authorization: 'Bearer x' } });
    expect(new TextDecoder().decode(answer.body), list).toBe('here');
    egress.close();
  }
  const other = makeEgress(places(`127.0.0.1:${port + 1}`), resolve);
  await expect(other.call({ url: `http://127.0.0.1:${port}/` })).rejects.toMatchObject({ code: 'egress.forbidden' });
  await expect(makeEgress(places('localtest.example'), resolve).call({ url: `http://localhost:${port}/` })).rejects.toMatchObject({
    code: 'egress.forbidden',
  });
});

test('the address that was judged is the one that is called: a resolver that changes its mind is not asked again', async () => {
  let asked = 0;
  const rebinding = async (): Promise<readonly string[]> => (asked++ === 0 ? ['127.0.0.2'] : ['127.0.0.1']);
  const egress = makeEgress(places('127.0.0.2'), rebinding);
  hits = [];
  await egress.call({ url: `http://rebind.example:${port}/` });
  expect(asked).toBe(1);
  expect(hits).toHaveLength(1);
  egress.close();
  const late = makeEgress(places('127.0.0.2'), async () => ['127.0.0.2', '127.0.0.1']);
  await expect(late.call({ url: `http://rebind.example:${port}/` })).rejects.toMatchObject({ code: 'egress.forbidden' });
});

test('redirects are judged like any address, and carry no credential elsewhere', async () => {
  const egress = makeEgress(places(`127.0.0.1:${port}`), resolve);
  await expect(egress.call({ url: `http://127.0.0.1:${port}/self` })).rejects.toMatchObject({ code: 'egress.redirect' });
  expect((await egress.call({ url: `http://127.0.0.1:${port}/self`, redirects: 1 })).status).toBe(200);
  await expect(egress.call({ url: `http://127.0.0.1:${port}/away`, redirects: 3 })).rejects.toMatchObject({ code: 'egress.forbidden' });
  await expect(egress.call({ url: `http://127.0.0.1:${port}/self`, method: 'POST', body: 'x', redirects: 3 })).rejects.toMatchObject({
    code: 'egress.redirect',
  });
  egress.close();
});

test('an answer has a limit and a time, and an error says nothing of what was sent', async () => {
  const egress = makeEgress(places('127.0.0.1'), resolve);
  await expect(egress.call({ url: `http://127.0.0.1:${port}/big`, limit: 1000 })).rejects.toMatchObject({ code: 'egress.too-large' });
  const slow = egress.call({ url: `http://127.0.0.1:${port}/slow`, timeoutMs: 100, headers: { authorization: 'Bearer planted-secret' } });
  await expect(slow).rejects.toMatchObject({ code: 'egress.failed' });
  await slow.catch((error: Error) => expect(JSON.stringify(error) + error.message).not.toContain('planted'));
  egress.close();
});

test.each([
  ['8.8.8.8', null],
  ['2606:4700::1', null],
  ['::ffff:8.8.8.8', null],
  ['64:ff9b::808:808', null],
  ['::1', 'this machine'],
  ['::ffff:10.0.0.1', 'a private network'],
  ['fe80::1%eth0', 'link-local'],
  ['not an address', 'no address'],
])('%s is for %s', (address, what) => {
  expect(notPublic(address)).toBe(what);
});

test.each(['*', 'http://x', '10.0.0.0/33', 'a b', '-x.example', '[::1', 'host:99999999', '::1/129'])(
  'the allowed place %j is none',
  (list) => {
    expect(allowedPlaces(list)).toHaveProperty('wrong');
  },
);

test('a place that is spoken to otherwise is judged by the same rules, in every way to write it', async () => {
  const egress = makeEgress(places(`good.example:25`), resolve);
  for (const host of [
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    'localhost',
    'metadata.example',
    'mixed.example',
    'a/b',
    'a@b',
    'x:25',
    '',
    'a b',
    '127.0.0.1#',
    '１２７.０.０.１',
  ])
    await expect(egress.place(host, 25), host).rejects.toMatchObject({
      code: expect.stringMatching(/^egress\.(?:bad-url|forbidden|failed)$/),
    });
  expect(await egress.place('good.example', 25)).toEqual({ address: '93.184.216.34', allowed: true });
  expect(await egress.place('good.example', 26)).toEqual({ address: '93.184.216.34', allowed: false });
  egress.close();
});

test('bodies go out and come in as streams, with their length, limit and an early answer', async () => {
  const egress = makeEgress(places('127.0.0.1'), resolve);
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
  const parts = async function* (count: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < count; at += 1) yield Buffer.alloc(64 * 1024);
  };
  const sent = await egress.call({ method: 'PUT', url: url('/count'), body: parts(40), length: 40 * 64 * 1024 });
  expect(Buffer.from(sent.body).toString()).toBe(String(40 * 64 * 1024));
  await expect(egress.call({ method: 'PUT', url: url('/count'), body: parts(1), length: 10 })).rejects.toMatchObject({
    code: 'egress.failed',
  });
  expect(
    await egress.call({ method: 'PUT', url: url('/early'), body: parts(400), length: 400 * 64 * 1024 }).catch((error) => error),
  ).toSatisfy((answer: { status?: number; code?: string }) => answer.status === 413 || answer.code === 'egress.failed');
  const big = await egress.open({ url: url('/big'), limit: 50_000 });
  const read = async (): Promise<void> => {
    for await (const _ of big.stream);
  };
  await expect(read()).rejects.toMatchObject({ code: 'egress.too-large' });
  egress.close();
});
