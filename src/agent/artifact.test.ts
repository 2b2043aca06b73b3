import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hexOf } from '../kernel/digest.ts';
import { unpackArtifact } from './artifact.disk.ts';
import { folder, packService } from './testing.fixture.ts';

const root = folder();
afterAll(() => root.remove());
const good = await packService(root.path, 'good');
const evil = await packService(root.path, 'evil');

const marker = (place: string): string => readFileSync(join(place, 'main.mjs'), 'utf8').split('\n')[0] ?? '';

test('bytes that were exchanged on the disk are never unpacked: they are fetched again, or it fails', async () => {
  const store = join(root.path, 'store');
  const place = join(root.path, 'place');
  await unpackArtifact(store, good.digest, good.fetch, place);
  expect(marker(place)).toBe('// good');

  const kept = join(store, hexOf(good.digest));
  copyFileSync(evil.file, kept);
  await unpackArtifact(store, good.digest, good.fetch, place);
  expect(marker(place)).toBe('// good');

  copyFileSync(evil.file, kept);
  await expect(unpackArtifact(store, good.digest, null, join(root.path, 'nowhere'))).rejects.toThrow('has no copy');
});

test('one byte that rotted on the disk is found', async () => {
  const store = join(root.path, 'rotten');
  const place = join(root.path, 'rotten-place');
  await unpackArtifact(store, good.digest, good.fetch, place);
  const kept = join(store, hexOf(good.digest));
  const bytes = readFileSync(kept);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  writeFileSync(kept, bytes);
  await expect(unpackArtifact(store, good.digest, null, place)).rejects.toThrow('has no copy');
});

test('other bytes than asked for are refused, wherever they come from', async () => {
  await expect(unpackArtifact(join(root.path, 'fresh'), good.digest, evil.fetch, join(root.path, 'fresh-place'))).rejects.toMatchObject({
    code: 'agent.wrong-bytes',
  });
});
