import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import { system } from '../../kernel/actor.ts';
import { testFloor } from '../../testing/database.ts';
import { givenService, passTime } from '../../testing/pipelines.ts';
import { pipelineBytes, pipelineRetention } from '../retention/keep.work.ts';
import { recordArtifact, type About } from './record.commands.ts';
import { beginUpload, putPart, storedWhole } from './upload.commands.ts';

const floor = await testFloor();
const actor = system(floor.org, 'test');
await givenService(floor, 'shop');
await givenService(floor, 'other');
const about = (service: string, id: string): About => ({
  service,
  external: { system: 'ci', id, attempt: 1 },
  url: null,
  commit: 'a'.repeat(40),
  ref: null,
});
const ports = { artifacts: { accept: async () => undefined }, reports: { accept: async () => undefined } };

const bytesOf = (size: number): { bytes: Buffer; digest: Digest } => {
  const bytes = randomBytes(size);
  return { bytes, digest: digestOf(bytes) };
};
const begin = (digest: Digest, size: number, service = 'shop') => beginUpload(floor, actor, { service, digest, size });
const put = (digest: Digest, offset: number, bytes: Uint8Array, service = 'shop') =>
  putPart(
    floor,
    actor,
    { service, digest, offset },
    (async function* () {
      yield bytes;
    })(),
  );

test('an upload that was cut off goes on where it stopped, and its whole is stored once all is there', async () => {
  const { bytes, digest } = bytesOf(200_000);
  expect(await begin(digest, bytes.length)).toMatchObject({ held: false, offset: 0, size: 200_000 });
  expect(await put(digest, 0, bytes.subarray(0, 70_000))).toMatchObject({ offset: 70_000 });
  await expect(storedWhole(floor, actor, 'shop', digest)).rejects.toMatchObject({
    code: 'pipelines.not-uploaded',
    data: { offset: 70_000 },
  });
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(70_000, 90_000);
    throw new Error('the line broke');
  };
  await expect(putPart(floor, actor, { service: 'shop', digest, offset: 70_000 }, broken())).rejects.toThrow('the line broke');
  // Asked again, by whoever goes on.
  expect(await begin(digest, bytes.length)).toMatchObject({ offset: 70_000 });
  await expect(put(digest, 0, bytes.subarray(0, 70_000))).rejects.toMatchObject({
    code: 'pipelines.upload-offset',
    data: { offset: 70_000 },
  });
  const twice = await Promise.allSettled([1, 2].map(() => put(digest, 70_000, bytes.subarray(70_000, 150_000))));
  expect(twice.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  expect(await put(digest, 150_000, bytes.subarray(150_000))).toMatchObject({ offset: 200_000 });
  expect(await floor.blobs.has(digest)).toBe(false);
  expect(await storedWhole(floor, actor, 'shop', digest)).toBe(200_000);
  expect(Buffer.from(await floor.blobs.read(digest)).equals(bytes)).toBe(true);
});

test('what came is not what was announced: nothing is stored under the name, and it begins anew', async () => {
  const { bytes, digest } = bytesOf(1000);
  await begin(digest, 1000);
  await put(digest, 0, Buffer.alloc(1000, 1));
  await expect(storedWhole(floor, actor, 'shop', digest)).rejects.toMatchObject({ code: 'platform.digest-mismatch' });
  expect(await floor.blobs.has(digest)).toBe(false);
  expect(await begin(digest, 1000)).toMatchObject({ offset: 0 });
  await put(digest, 0, bytes);
  expect(await storedWhole(floor, actor, 'shop', digest)).toBe(1000);
});

test('limits: parts that are too small, longer than announced, of no upload, too many uploads', async () => {
  const { bytes, digest } = bytesOf(100_000);
  await expect(put(digest, 0, bytes)).rejects.toMatchObject({ code: 'pipelines.no-such-upload' });
  await begin(digest, 100_000);
  await expect(put(digest, 0, bytes.subarray(0, 100))).rejects.toMatchObject({ code: 'pipelines.small-part' });
  await expect(put(digest, 0, Buffer.alloc(100_001))).rejects.toMatchObject({ code: 'platform.too-large' });
  await expect(begin(digest, 99_999)).rejects.toMatchObject({ code: 'pipelines.upload-offset' });
  await expect(put(digest, 0, bytes, 'other')).rejects.toMatchObject({ code: 'pipelines.no-such-upload' });
  for (let at = 0; at < 50; at += 1) await begin(digestOf(`another ${at}`), 10, 'other');
  await expect(begin(digestOf('one more'), 10, 'other')).rejects.toMatchObject({ code: 'pipelines.too-many-uploads' });
  expect(await begin(digestOf('another 3'), 10, 'other')).toMatchObject({ offset: 0 });
});

test('what a service holds is not asked for again; to know a digest is not to hold its bytes', async () => {
  const { bytes, digest } = bytesOf(5000);
  await floor.blobs.put(bytes);
  const made = { job: 'build', name: 'shop', digest, size: 5000, kept: true, reference: null };
  await recordArtifact(floor, actor, about('shop', '1'), made, ports);
  expect(await begin(digest, 5000)).toEqual({ upload: null, held: true, size: 5000, offset: 5000, expiresAt: null });
  expect(await storedWhole(floor, actor, 'shop', digest)).toBe(5000);
  // Another service tells of the same digest, without its bytes: that opens nothing.
  const told = { ...made, size: 0, kept: false, reference: 'elsewhere' };
  await recordArtifact(floor, actor, about('other', '2'), told, ports);
  await expect(storedWhole(floor, actor, 'other', digest)).rejects.toMatchObject({ code: 'pipelines.not-uploaded' });
  expect(await floor.db.read(floor.org, (tx) => pipelineBytes.asArtifact!(tx, [digest]))).toEqual([digest]);
});

test('an upload that nobody goes on with is removed after a day, and its parts with it', async () => {
  const { bytes, digest } = bytesOf(100_000);
  await begin(digest, 100_000);
  await put(digest, 0, bytes.subarray(0, 80_000));
  const part = digestOf(bytes.subarray(0, 80_000));
  const named = () => floor.db.read(floor.org, (tx) => pipelineBytes.named(tx, [part]));
  expect(await named()).toEqual([part]);
  await passTime(floor, 25 * 3_600_000);
  const rule = pipelineRetention.find((one) => one.what === 'uploads')!;
  const before = await floor.db.read(floor.org, async (tx) => new Date(Date.parse(await tx.now()) - rule.days * 86_400_000).toISOString());
  expect((await floor.db.read(floor.org, (tx) => rule.due(tx, before))).things).toBeGreaterThan(0);
  const swept = await floor.db.tx(floor.org, (tx) => rule.remove(tx, before, 200));
  expect(swept.digests).toContain(part);
  expect(await named()).toEqual([]);
  await expect(put(digest, 80_000, bytes.subarray(80_000))).rejects.toMatchObject({ code: 'pipelines.no-such-upload' });
});
