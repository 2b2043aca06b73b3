import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { unreachable } from '../host/client.problems.ts';
import { hexOf } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
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

test('a download that is cut, or a server that is away for a moment, is waited for; a refusal is not', async () => {
  const store = join(root.path, 'patient');
  const place = join(root.path, 'patient-place');
  let asked = 0;
  const cut = async (): Promise<ReadableStream<Uint8Array>> => {
    asked += 1;
    if (asked === 1) throw unreachable({ url: 'http://127.0.0.1:1', why: 'other side closed' });
    if (asked > 2) return good.fetch();
    let sent = false;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) return controller.error(new TypeError('terminated'));
        sent = true;
        return controller.enqueue(new Uint8Array(100));
      },
    });
  };
  await unpackArtifact(store, good.digest, cut, place);
  expect(asked).toBe(3);
  expect(marker(place)).toBe('// good');
  let refusals = 0;
  const refused = async (): Promise<never> => {
    refusals += 1;
    throw new Problem({ code: 'deployments.no-such-act', status: 404, sentence: 'no', remedy: 'none' });
  };
  await expect(unpackArtifact(join(root.path, 'refused'), good.digest, refused, place)).rejects.toMatchObject({ status: 404 });
  expect(refusals).toBe(1);
});
