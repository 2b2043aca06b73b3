import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { digestOf, hexOf } from '../../kernel/digest.ts';
import { parseConfig } from '../config.ts';
import { contract } from './contract.fixture.ts';
import type { S3Place } from './s3-call.system.ts';
import { Bucket } from './s3.fixture.ts';
import { openS3Store } from './s3.system.ts';
import { authorizationOf, type S3Keys } from './sigv4.ts';

/** The examples of "Signature Calculations for the Authorization Header", S3 API reference: keys and signatures as printed there. */
const KEYS: S3Keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const AT = '20130524T000000Z';
const EMPTY = createHash('sha256').digest('hex');

test('signs the published examples as they are printed', () => {
  const host = 'examplebucket.s3.amazonaws.com';
  const common = { host, 'x-amz-date': AT };
  const empty = { ...common, 'x-amz-content-sha256': EMPTY };
  const put = createHash('sha256').update('Welcome to Amazon S3.').digest('hex');
  const examples = [
    [
      { method: 'GET', path: '/test.txt', query: [], headers: { ...empty, range: 'bytes=0-9' }, payload: EMPTY },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      {
        method: 'PUT',
        path: '/test%24file.text',
        query: [],
        headers: {
          ...common,
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-content-sha256': put,
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        },
        payload: put,
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      { method: 'GET', path: '/', query: [['lifecycle', '']], headers: empty, payload: EMPTY },
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      {
        method: 'GET',
        path: '/',
        query: [
          ['max-keys', '2'],
          ['prefix', 'J'],
        ],
        headers: empty,
        payload: EMPTY,
      },
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ] as const;
  for (const [request, signature] of examples) expect(authorizationOf(request, KEYS, 'us-east-1', AT)).toContain(`Signature=${signature}`);
});

const folder = mkdtempSync(join(tmpdir(), 'ym-s3-'));
const credentials = join(folder, 'credentials');
writeFileSync(
  credentials,
  `[default]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n[other]\naws_access_key_id = no\n`,
);
const bucket = new Bucket(KEYS, 'eu-central-1');
const { url, close } = await bucket.listen();
const place: S3Place = { endpoint: url, region: 'eu-central-1', bucket: 'bytes', prefix: 'one instance/', credentials };
const open = () => openS3Store(place, join(folder, 'spool'));
const store = await open();
const keyOf = (text: string): string => `one instance/${hexOf(digestOf(text)).slice(0, 2)}/${hexOf(digestOf(text))}`;
afterAll(() => (close(), rmSync(folder, { recursive: true, force: true })));
afterEach(() => {
  bucket.before = () => null;
  bucket.cutBodyAt = Infinity;
  expect(readdirSync(join(folder, 'spool'))).toEqual([]);
});

contract('in a bucket', open);

test('large bytes go in parts and come back whole; parts that fail are tried again, and an upload that fails leaves no parts', async () => {
  const bytes = randomBytes(34 * 1024 ** 2);
  const digest = digestOf(bytes);
  let refused = 0;
  bucket.before = (method) => (method === 'PUT' && refused++ < 2 ? 503 : null);
  expect(await store.put(bytes)).toEqual({ digest, size: bytes.length });
  const hash = createHash('sha256');
  bucket.cutBodyAt = 9_000_000;
  for await (const chunk of await store.open(digest)) hash.update(chunk);
  expect(`sha256:${hash.digest('hex')}`).toBe(digest);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  let put = 0;
  bucket.before = (method) => (method === 'PUT' && ++put === 2 ? 400 : null);
  await expect(store.put(bytes)).rejects.toMatchObject({ code: 'platform.blob-store' });
  expect([bucket.uploads.size, await store.has(digestOf(bytes))]).toEqual([0, false]);
}, 600_000);

test('bytes that changed in the bucket are found out, and put again they are whole', async () => {
  const { digest } = await store.put('relied upon');
  const object = bucket.objects.get(keyOf('relied upon'))!;
  for (const wrong of ['relied Upon', 'relied', 'relied upon and more']) {
    object.bytes = Buffer.from(wrong);
    await expect(store.read(digest)).rejects.toMatchObject({ code: 'platform.blob-damaged' });
  }
  await store.put('relied upon');
  expect(Buffer.from(await store.read(digest)).toString()).toBe('relied upon');
});

test('what another server puts while it is being removed is there afterwards', async () => {
  const other = await open();
  const { digest } = await store.put('wanted again');
  bucket.objects.get(keyOf('wanted again'))!.at -= 3_600_000;
  const putting: Promise<unknown>[] = [];
  const puts = (): number => bucket.seen.filter((one) => one === `PUT ${keyOf('wanted again')}`).length;
  const before = puts();
  // It is put again after the age was looked at, and before it is deleted: the worst moment.
  bucket.before = async (method, key) => {
    if (method !== 'DELETE' || key !== keyOf('wanted again') || putting.length > 0) return null;
    putting.push(other.put('wanted again'));
    while (puts() === before) await sleep(5);
    await sleep(50);
    return null;
  };
  await store.remove(digest, 60_000);
  await Promise.all(putting);
  expect(puts()).toBeGreaterThan(before + 1);
  expect(Buffer.from(await store.read(digest)).toString()).toBe('wanted again');
  expect([...bucket.objects.keys()].filter((key) => key.includes('removing/'))).toEqual([]);
});

test('wrong credentials, another region and no connection are told without any secret', async () => {
  const wrong = join(folder, 'wrong');
  writeFileSync(wrong, 'aws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=guessed\n');
  for (const [change, why] of [
    [{ credentials: wrong }, /403/],
    [{ region: 'us-east-1' }, /403/],
    [{ credentials: join(folder, 'none') }, /no credentials/],
  ] as const) {
    const bad = await openS3Store({ ...place, ...change }, join(folder, 'spool'));
    const failed = await bad.has(digestOf('x')).catch((error: unknown) => error as Error);
    expect(failed).toMatchObject({ code: 'platform.blob-store', message: expect.stringMatching(why) });
    expect(JSON.stringify(failed)).not.toMatch(/guessed|wJalr/);
  }
  bucket.before = () => 'cut';
  await expect(store.has(digestOf('x'))).rejects.toMatchObject({ code: 'platform.blob-store' });
}, 600_000);

test('the settings name the bucket, and wrong ones are told', () => {
  const env = { YARDMASTER_STATE: '/s', YARDMASTER_BLOBS: 's3://bytes/one/', YARDMASTER_S3_REGION: 'eu-west-1' };
  expect(parseConfig(env, false).s3).toEqual({
    bucket: 'bytes',
    prefix: 'one/',
    region: 'eu-west-1',
    endpoint: 'https://s3.eu-west-1.amazonaws.com',
    credentials: null,
  });
  expect(parseConfig({ YARDMASTER_STATE: '/s' }, false).s3).toBeNull();
  for (const blobs of ['/srv/blobs', 's3://UPPER', 's3://a b', 's3://bytes/../x y'])
    expect(() => parseConfig({ ...env, YARDMASTER_BLOBS: blobs }, false)).toThrow(/YARDMASTER_BLOBS/);
});
