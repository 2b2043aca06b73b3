import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PromotionJob } from '../../../artifacts/promotion/registry.port.ts';
import { digestOf, hexOf, type Digest } from '../../../kernel/digest.ts';
import { testFloor } from '../../../testing/database.ts';
import { system } from '../../../kernel/actor.ts';
import { addConnection } from '../../connections/connection.commands.ts';
import { vendors } from '../../vendors.ts';
import { registries } from '../promote.http.ts';
import { fileNameOf, isPath, segmentOf } from './paths.ts';

/**
 * A small store of files as Artifactory's and Nexus's documentation describe the deploy API: PUT with checksums that are
 * compared (409 where they differ), GET, basic sign-in. What it keeps is in `kept`.
 */
const kept = new Map<string, Buffer>();
const heard: { method: string; url: string; headers: Readonly<Record<string, unknown>> }[] = [];
let twist: ((bytes: Buffer) => Buffer) | null = null;
let status = 201;
const store = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const url = request.url ?? '';
    heard.push({ method: request.method ?? '', url, headers: request.headers });
    if (request.headers.authorization !== `Basic ${Buffer.from('ada:s3cret').toString('base64')}`) return response.writeHead(401).end();
    if (request.method === 'GET') {
      const found = kept.get(url);
      return found === undefined ? response.writeHead(404).end() : response.end(twist === null ? found : twist(found));
    }
    const bytes = Buffer.concat(parts);
    if (status !== 201) return response.writeHead(status).end();
    if (request.headers['x-checksum-sha256'] !== hexOf(digestOf(bytes))) return response.writeHead(409).end();
    kept.set(url, bytes);
    return response.writeHead(201).end();
  });
});
const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
let connectionId = '';
beforeAll(async () => {
  await new Promise<void>((done) => store.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}/artifactory`;
  const credential = { user: 'ada', password: 's3cret' };
  const row = await addConnection(floor, system(floor.org, 'test'), vendors, {
    name: 'store',
    vendor: 'files',
    url,
    settings: {},
    credential,
  });
  connectionId = row.id;
});
afterAll(() => (store.closeAllConnections(), store.close()));

async function job(text: string, more: Partial<PromotionJob> = {}): Promise<PromotionJob> {
  const { digest, size } = await floor.blobs.put(text);
  return {
    org: floor.org,
    connectionId,
    repository: 'libs-release-local/shop',
    tag: '1.4.2',
    version: '1.4.2',
    artifact: { digest, name: 'app', size, kept: true, reference: null },
    source: { repository: null, commit: null },
    ...more,
  };
}
const along = async (word: string) => {
  const value = { payloadType: 'x', payload: word, signatures: [] };
  const { digest, size } = await floor.blobs.put(JSON.stringify(value));
  return {
    statements: [{ predicateType: 'p', envelope: digest, value }],
    documents: [{ mediaType: 'application/vnd.cyclonedx+json', digest: digest as Digest, size }],
  };
};
const yes = async (): Promise<void> => undefined;
const AT = '/artifactory/libs-release-local/shop/1.4.2/app-1.4.2.tar.gz';

test('a file goes up with its checksums, what speaks of it before it, and is read back; again is nothing', async () => {
  const wanted = await job('the bytes');
  expect(new URL(await registries.location(floor, wanted)).pathname).toBe(AT);
  expect(await registries.copy(floor, wanted, await along('said'), yes)).toEqual({ manifest: null, carried: 2 });
  expect(kept.get(AT)?.toString()).toBe('the bytes');
  const puts = (): string[] => heard.filter((one) => one.method === 'PUT').map((one) => one.url);
  expect(puts()).toHaveLength(3);
  expect(puts().at(-1)).toBe(AT);
  expect([...kept.keys()].some((one) => /\.intoto\.jsonl$/.test(one))).toBe(true);
  expect(heard.find((one) => one.method === 'PUT')?.headers).toMatchObject({
    'if-none-match': '*',
    'x-checksum-sha1': expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  await registries.copy(floor, wanted, await along('said'), yes);
  expect(puts()).toHaveLength(3);
});

test('what is there is never overwritten, and what came back otherwise is told', async () => {
  const none = { statements: [], documents: [] };
  await expect(registries.copy(floor, await job('other bytes'), none, yes)).rejects.toMatchObject({ code: 'registries.taken' });
  expect(kept.get(AT)?.toString()).toBe('the bytes');
  const next = await job('more bytes', { tag: '1.4.3', version: '1.4.3' });
  twist = (bytes) => Buffer.from(`${bytes.toString().slice(1)}x`);
  await expect(registries.copy(floor, next, none, yes)).rejects.toMatchObject({ code: 'registries.wrong-digest' });
  twist = null;
  status = 403;
  await expect(registries.copy(floor, await job('x', { tag: '2', version: '2' }), none, yes)).rejects.toMatchObject({
    code: 'registries.refused',
  });
  status = 201;
  const no = async (): Promise<void> => {
    throw new Error('not now');
  };
  await expect(registries.copy(floor, await job('y', { tag: '3', version: '3' }), none, no)).rejects.toThrow('not now');
  expect([...kept.keys()].some((one) => one.includes('/3/'))).toBe(false);
});

test('no name leaves its folder', () => {
  expect(fileNameOf('app', '1.0')).toBe('app-1.0.tar.gz');
  expect(fileNameOf('shop.tar.gz', '1.0')).toBe('shop-1.0.tar.gz');
  expect(fileNameOf('shop.jar', null)).toBe('shop.jar');
  expect([segmentOf('../..'), segmentOf('a/../b'), segmentOf('..'), segmentOf('')]).toEqual(['..-..', 'a-..-b', 'unnamed', 'unnamed']);
  for (const path of ['..', 'a/../b', '/a', 'a//b', 'a b', 'a?b', 'a#b', '']) expect(isPath(path), path).toBe(false);
  expect(isPath('libs-release-local/com/acme')).toBe(true);
});
