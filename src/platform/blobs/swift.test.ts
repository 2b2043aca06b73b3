import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import { HAS_SWIFT, startSwift, SWIFT_KEYS, SWIFT_REGION, type Swift } from '../../testing/swift.ts';
import { contract } from './contract.fixture.ts';
import { s3Caller, type S3Place } from './s3-call.system.ts';
import { openS3Store } from './s3.system.ts';

/** The store against the S3 API of OpenStack Swift: signatures, parts, ranges and removal as somebody else reads the documents. */
describe.skipIf(!HAS_SWIFT)('the bucket of another product', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ym-s3-swift-'));
  const credentials = join(folder, 'credentials');
  writeFileSync(
    credentials,
    `[default]\naws_access_key_id = ${SWIFT_KEYS.accessKeyId}\naws_secret_access_key = ${SWIFT_KEYS.secretAccessKey}\n`,
  );
  let swift: Swift;
  const place = (): S3Place => ({ endpoint: swift.url, region: SWIFT_REGION, bucket: 'bytes', prefix: 'one instance/', credentials });
  const open = () => openS3Store(place(), join(folder, 'spool'));
  beforeAll(async () => {
    swift = await startSwift();
    await s3Caller(place())({ method: 'PUT', key: '' });
  }, 600_000);
  afterAll(async () => {
    await swift.close();
    rmSync(folder, { recursive: true, force: true });
  });

  contract('in a bucket of OpenStack Swift', open);

  test('large bytes go in parts and come back whole', async () => {
    const store = await open();
    const bytes = randomBytes(34 * 1024 ** 2);
    const digest = digestOf(bytes);
    expect(await store.put(bytes)).toEqual({ digest, size: bytes.length });
    const hash = createHash('sha256');
    for await (const chunk of await store.open(digest)) hash.update(chunk);
    expect(`sha256:${hash.digest('hex')}`).toBe(digest);
    expect(Buffer.from(await store.readRange(digest, 16_777_210, 16_777_220))).toEqual(bytes.subarray(16_777_210, 16_777_220));
  }, 600_000);

  test('a wrong secret is refused, and told without it', async () => {
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, `aws_access_key_id = ${SWIFT_KEYS.accessKeyId}\naws_secret_access_key = guessed\n`);
    const bad = await openS3Store({ ...place(), credentials: wrong }, join(folder, 'spool'));
    const failed = await bad.put('x').catch((error: unknown) => error as Error);
    expect(failed).toMatchObject({ code: 'platform.blob-store', message: expect.stringMatching(/403/) });
    expect(JSON.stringify(failed)).not.toContain('guessed');
  });
});
