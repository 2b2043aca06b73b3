import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { digestOf, hexOf, type Digest } from '../../kernel/digest.ts';
import { contract } from './contract.fixture.ts';
import { openBlobStore } from './disk.system.ts';

const folder = mkdtempSync(join(tmpdir(), 'ym-blobs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const store = await openBlobStore(folder);
const pathOf = (digest: Digest): string => join(folder, hexOf(digest).slice(0, 2), hexOf(digest));
const incoming = (): string[] => readdirSync(join(folder, 'incoming'));

contract('on disk', () => openBlobStore(folder));

test('however bytes are cut into chunks, they are stored as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 40 }), fc.boolean(), async (chunks, asFile) => {
      const whole = Buffer.concat(chunks);
      const name = join(folder, 'incoming', 'source');
      writeFileSync(name, whole);
      const stream = (async function* () {
        yield* chunks;
      })();
      const { digest, size } = asFile ? await store.putFile(name) : await store.put(stream);
      rmSync(name);
      expect([digest, size]).toEqual([digestOf(whole), whole.length]);
      expect(readFileSync(pathOf(digest)).equals(whole)).toBe(true);
    }),
    { numRuns: 25 },
  );
  expect(incoming()).toEqual([]);
});

test('a large stream is written in parts and comes back whole', async () => {
  const chunk = Buffer.alloc(300_001, 7);
  const { digest, size } = await store.put(
    (async function* () {
      for (let at = 0; at < 12; at += 1) yield Buffer.from(chunk.fill(at));
    })(),
  );
  const hash = createHash('sha256');
  for await (const part of await store.open(digest)) hash.update(part);
  expect([size, `sha256:${hash.digest('hex')}`]).toEqual([12 * 300_001, digest]);
});

test('a stream that fails, is too long or is of another digest leaves nothing, neither alone nor in a group', async () => {
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(600_000);
    throw new Error('the line broke');
  };
  await expect(store.put(broken())).rejects.toThrow('the line broke');
  await expect(store.put('too long', { limit: 3 })).rejects.toMatchObject({ code: 'platform.too-large' });
  await expect(store.put('others', { expect: digestOf('mine') })).rejects.toMatchObject({ code: 'platform.digest-mismatch' });
  const good = Array.from({ length: 20 }, (_, at) => ({ bytes: Buffer.from(`group ${at}`) }));
  await expect(store.putAll([...good, { bytes: broken }])).rejects.toThrow('the line broke');
  await expect(store.putAll([...good, { bytes: Buffer.from('x'), expect: digestOf('y') }])).rejects.toMatchObject({
    code: 'platform.digest-mismatch',
  });
  for (const { bytes } of good) expect(await store.has(digestOf(bytes.toString()))).toBe(false);
  expect(incoming()).toEqual([]);
});

test('one flipped bit anywhere is found by every verified read, and the right bytes put again heal it', async () => {
  const text = 'bytes that somebody relies on, '.repeat(40);
  const { digest } = await store.put(text);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length * 8 - 1), async (bit) => {
      const bytes = Buffer.from(text);
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(pathOf(digest), bytes);
      await expect(store.read(digest)).rejects.toMatchObject({ code: 'platform.blob-damaged' });
    }),
    { numRuns: 20 },
  );
  await store.put(text);
  expect(Buffer.from(await store.read(digest)).toString()).toBe(text);
});

test('killed in the middle, a store holds whole blobs under their own names, and whatever else is beside them', async () => {
  const state = mkdtempSync(join(tmpdir(), 'ym-blobs-crash-'));
  const turns = process.env['CAMPAIGN_FULL'] === '1' ? 20 : 2;
  try {
    for (let turn = 0; turn < turns; turn += 1) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'crash.fixture.ts'), state], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await sleep(20 + ((turn * 37) % 150));
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    let whole = 0;
    for (const shard of readdirSync(state).filter((name) => name !== 'incoming')) {
      for (const name of readdirSync(join(state, shard))) {
        const path = join(state, shard, name);
        expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(name);
        expect(statSync(path).isFile()).toBe(true);
        whole += 1;
      }
    }
    expect(whole).toBeGreaterThan(200);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
});
