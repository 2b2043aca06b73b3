import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowedPlaces } from '../../../host/addresses.ts';
import { makeEgress, type Egress } from '../../../host/egress.http.ts';
import { digestOf } from '../../../kernel/digest.ts';
import { copyImage } from './copy.http.ts';
import { artifactManifest, descriptorOf, indexManifest, readManifest, OCI_INDEX, OCI_MANIFEST } from './manifest.ts';
import { challengesOf, parseReference, tagOf } from './names.ts';
import { referrersOf } from './referrers.http.ts';
import { ociRepository, type OciRepository } from './repository.http.ts';

/** A registry that lies: `answer` is all that it does. What must never be reached listens beside it. */
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => void response.end();
const heard: string[] = [];
const hits: string[] = [];
const registry = createServer((request, response) => {
  heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
  request.resume();
  answer(request, response);
});
const canary = createServer((request, response) => {
  hits.push(`${request.method} ${request.url}`);
  response.end('secret');
});
let egress: Egress;
let repository: OciRepository;
let inside = '';

beforeAll(async () => {
  for (const server of [registry, canary]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const port = (registry.address() as AddressInfo).port;
  inside = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
  const places = allowedPlaces(`127.0.0.1:${port}`);
  if ('wrong' in places) throw new Error(places.wrong);
  egress = makeEgress(places.allowed);
  const at = { egress, url: `http://127.0.0.1:${port}`, user: 'ada', password: 's3cret', tokenService: null };
  repository = ociRepository(at, 'acme/shop', 'pull,push');
});
afterAll(async () => {
  egress.close();
  for (const server of [registry, canary]) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

const image = artifactManifest({
  artifactType: 'application/vnd.test',
  layers: [{ mediaType: 'application/octet-stream', digest: digestOf('layer'), size: 5 }],
  annotations: {},
});
const manifestIs = (bytes: Uint8Array | string, type: string = OCI_MANIFEST, more: Readonly<Record<string, string>> = {}) => {
  answer = (_request, response) => void response.writeHead(200, { 'content-type': type, ...more }).end(bytes);
};
const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: { code?: string }) => error.code ?? String(error),
  );

test('a manifest is taken by its digest and in one reading only', async () => {
  manifestIs(image.bytes);
  expect((await repository.manifest(image.digest))?.blobs).toHaveLength(2);
  manifestIs(Buffer.concat([image.bytes, Buffer.from('\n')]));
  expect(await code(repository.manifest(image.digest))).toBe('registries.wrong-digest');
  manifestIs(image.bytes, OCI_MANIFEST, { 'docker-content-digest': digestOf('other') });
  expect(await code(repository.manifest('1.0'))).toBe('registries.wrong-digest');
  const text = Buffer.from(image.bytes).toString();
  const wrong: [string, string][] = [
    [text, 'text/html'],
    [text, 'application/json'],
    [text, OCI_INDEX],
    ['<html>', OCI_MANIFEST],
    ['[]', OCI_MANIFEST],
    ['{"schemaVersion":1,"fsLayers":[]}', OCI_MANIFEST],
    [text.replace('{', '{"manifests":[],'), OCI_MANIFEST],
    [text.replace('"schemaVersion":2', '"schemaVersion":2,"schemaVersion":2'), OCI_MANIFEST],
    [text.replaceAll('sha256:', 'md5:'), OCI_MANIFEST],
    [text.replace('"size":5', '"size":-5'), OCI_MANIFEST],
    [text.replace('"size":5', '"size":1e300'), OCI_MANIFEST],
    [`${'['.repeat(100_000)}`, OCI_MANIFEST],
  ];
  for (const [bytes, type] of wrong) {
    manifestIs(bytes, type);
    expect(await code(repository.manifest('1.0')), `${type} ${bytes.slice(0, 60)}`).toBe('registries.bad-manifest');
  }
});

test('what never ends, or is huge, is cut off', async () => {
  const endless = (type: string) => (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': type });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 32)));
      response.once('drain', more);
    };
    more();
  };
  answer = endless(OCI_MANIFEST);
  expect(await code(repository.manifest('1.0'))).toBe('egress.too-large');
  answer = endless('application/octet-stream');
  const read = async (): Promise<void> => {
    for await (const _ of await repository.blob({ mediaType: 'x/y', digest: digestOf('layer'), size: 5 }));
  };
  expect(await code(read())).toMatch(/^(registries\.wrong-digest|egress\.too-large)$/);
  // As many bytes as it should have, and others: the last of them is never handed on.
  answer = (_request, response) => void response.end('lAyer');
  const got: Uint8Array[] = [];
  const collect = async (): Promise<void> => {
    for await (const part of await repository.blob({ mediaType: 'x/y', digest: digestOf('layer'), size: 5 })) got.push(part);
  };
  expect(await code(collect())).toBe('registries.wrong-digest');
  expect(got).toHaveLength(0);
});

test('nobody is sent where the registry would like us to go', async () => {
  const to = (status: number, location: string) => {
    answer = (_request, response) => void response.writeHead(status, { location }).end();
  };
  to(307, `${inside}/latest/meta-data`);
  expect(await code(repository.manifest('1.0'))).toBe('egress.forbidden');
  expect(await code(repository.blob({ mediaType: 'x/y', digest: digestOf('layer'), size: 5 }))).toBe('egress.forbidden');
  answer = (request, response) => void response.writeHead(request.method === 'HEAD' ? 404 : 202, { location: `${inside}/upload` }).end();
  const push = () =>
    repository.push(
      {
        digest: digestOf('layer'),
        size: 5,
        async *open() {
          yield Buffer.from('layer');
        },
      },
      null,
    );
  expect(await code(push())).toBe('registries.elsewhere');
  answer = (request, response) => void response.writeHead(request.method === 'HEAD' ? 404 : 202).end();
  expect(await code(push())).toBe('registries.answered-badly');
  for (const realm of [`${inside}/token`, 'file:///etc/passwd', 'https://evil.example/token', 'no url']) {
    answer = (_request, response) => void response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end();
    expect(await code(repository.manifest('1.0')), realm).toBe('registries.token-elsewhere');
  }
  expect(hits).toEqual([]);
});

test('it is asked a bounded number of times, and a credential goes out only after a challenge', async () => {
  const count = async (status: number): Promise<number> => {
    const before = heard.length;
    answer = (_request, response) => void response.writeHead(status).end('{"errors":[{"code":"X","message":"no\\u001b[31m"}]}');
    await code(repository.manifest('1.0'));
    return heard.length - before;
  };
  expect([await count(503), await count(429), await count(403), await count(418)]).toEqual([3, 3, 1, 1]);
  expect(heard.every((one) => !one.includes('Basic'))).toBe(true);
  answer = (request, response) =>
    void (request.headers.authorization === undefined
      ? response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      : response.writeHead(200, { 'content-type': OCI_MANIFEST }).end(image.bytes));
  await repository.manifest(image.digest);
  expect(heard.at(-1)).toContain('Basic');
});

test('an index in an index in an index ends', async () => {
  const deep = Array.from({ length: 8 }).reduce<ReturnType<typeof indexManifest>[]>((all) => {
    const last = all.at(-1);
    return [...all, indexManifest([descriptorOf(last ?? image)])];
  }, []);
  const known = new Map([image, ...deep].map((one) => [one.digest as string, one]));
  answer = (request, response) => {
    const found = known.get(
      decodeURIComponent(request.url ?? '')
        .split('/')
        .at(-1) ?? '',
    );
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': found.mediaType }).end(found.bytes);
  };
  const root = deep.at(-1);
  if (root === undefined) throw new Error('none');
  expect(await code(copyImage(repository, repository, root, { referrers: false, alone: (_, act) => act() }))).toBe(
    'registries.bad-manifest',
  );
});

test('referrers are asked of the registry, else read from the tag', async () => {
  const index = indexManifest([descriptorOf(image)]);
  answer = (request, response) =>
    void (request.url?.includes('/referrers/')
      ? response.writeHead(200, { 'content-type': OCI_INDEX }).end(index.bytes)
      : response.writeHead(404).end());
  expect(await referrersOf(repository, digestOf('x'))).toHaveLength(1);
  answer = (_request, response) => void response.writeHead(404).end();
  expect(await referrersOf(repository, digestOf('x'))).toEqual([]);
});

test('names, tags and challenges are read as their grammars say', () => {
  expect(parseReference('registry.example.org:5000/acme/shop:1.0@' + digestOf('x'))).toMatchObject({ repository: 'acme/shop', tag: '1.0' });
  for (const text of [
    'shop',
    'acme/shop:1',
    'h.example/UP',
    'h.example/a@sha256:1',
    'h.example/a//b',
    'h.example/../b',
    'a@b/c',
    `h.example/${'a'.repeat(300)}`,
  ])
    expect(parseReference(text), text).toBeNull();
  expect(tagOf('1.0.0+build.5')).toBe('1.0.0_build.5');
  expect(tagOf('../x')).toBeNull();
  expect(challengesOf('Basic realm="a, b", Bearer realm="https://x/t",service="s\\"q",scope="r:a:pull,push"')).toEqual([
    { scheme: 'basic', of: { realm: 'a, b' } },
    { scheme: 'bearer', of: { realm: 'https://x/t', service: 's"q', scope: 'r:a:pull,push' } },
  ]);
  expect(challengesOf(`Bearer ${'a="b",'.repeat(100_000)}`).length).toBeLessThan(3);
  expect(readManifest(Buffer.alloc(5 * 1024 ** 2, 32), OCI_MANIFEST)).toMatch('larger');
});
