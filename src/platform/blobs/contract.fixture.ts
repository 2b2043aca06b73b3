import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import type { BlobStore } from '../floor.ts';

const RULES: readonly (readonly [string, (store: BlobStore) => Promise<void>])[] = [
  [
    'answers what was put, by its digest, whole and in ranges',
    async (store) => {
      const text = 'what was put, '.repeat(20_000);
      const put = await store.put(text);
      expect(put).toEqual({ digest: digestOf(text), size: text.length });
      expect(await store.put(Buffer.from(text))).toEqual(put);
      expect([await store.has(put.digest), await store.size(put.digest)]).toEqual([true, text.length]);
      expect(Buffer.from(await store.read(put.digest)).toString()).toBe(text);
      const chunks = [];
      for await (const chunk of await store.open(put.digest)) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe(text);
      for (const [from, to] of [
        [0, 5],
        [100_000, 100_001],
        [text.length - 3, text.length + 50],
        [text.length, text.length + 1],
        [7, 7],
      ] as const)
        expect(Buffer.from(await store.readRange(put.digest, from, to)).toString()).toBe(text.slice(from, to));
      expect(Buffer.from(await store.read((await store.put('')).digest)).toString()).toBe('');
    },
  ],

  [
    'says of what is not there that it is not there',
    async (store) => {
      const absent = digestOf('never put');
      expect([await store.has(absent), await store.size(absent), await store.remove(absent, 0)]).toEqual([false, null, false]);
      for (const ask of [() => store.open(absent), () => store.read(absent), () => store.readRange(absent, 0, 1)])
        await expect(ask()).rejects.toMatchObject({ code: 'platform.blob-missing' });
    },
  ],

  [
    'stores many at once, in their order, the same bytes twice included',
    async (store) => {
      const texts = Array.from({ length: 30 }, (_, at) => `one of many: ${at % 25}`);
      const items = texts.map((text, at) => ({
        bytes:
          at % 2 === 0
            ? Buffer.from(text)
            : async function* () {
                yield Buffer.from(text);
              },
        expect: digestOf(text),
      }));
      expect(await store.putAll(items)).toEqual(texts.map((text) => ({ digest: digestOf(text), size: text.length })));
      for (const text of texts) expect(Buffer.from(await store.read(digestOf(text))).toString()).toBe(text);
      expect(await store.putAll([])).toEqual([]);
    },
  ],

  [
    'stores what files hold, small, empty and larger than is read in one go, and is not led astray by one that is missing or too large',
    async (store) => {
      const folder = await mkdtemp(join(tmpdir(), 'ym-put-'));
      try {
        const texts = ['small', '', 'large '.repeat(100_000), 'small'];
        const files = texts.map((_, at) => join(folder, String(at)));
        for (const [at, text] of texts.entries()) await writeFile(files[at] as string, text);
        const items = files.map((file) => ({ bytes: { file } }));
        const wanted = texts.map((text) => ({ digest: digestOf(text), size: text.length }));
        expect(await store.putAll(items)).toEqual(wanted);
        for (const text of texts) expect(Buffer.from(await store.read(digestOf(text))).toString()).toBe(text);
        await expect(store.putAll(items, { limit: 5 })).rejects.toMatchObject({ code: 'platform.too-large' });
        const other = { bytes: { file: files[0] as string }, expect: digestOf('another') };
        await expect(store.putAll([other])).rejects.toMatchObject({ code: 'platform.digest-mismatch' });
        await expect(store.putAll([{ bytes: { file: join(folder, 'none') } }])).rejects.toMatchObject({ code: 'ENOENT' });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  ],

  [
    'refuses what is too large or of another digest, to write and to read',
    async (store) => {
      await expect(store.put('12345', { limit: 4 })).rejects.toMatchObject({ code: 'platform.too-large' });
      await expect(store.put('not these', { expect: digestOf('these') })).rejects.toMatchObject({ code: 'platform.digest-mismatch' });
      expect(await store.has(digestOf('not these'))).toBe(false);
      const { digest } = await store.put('12345');
      await expect(store.read(digest, 4)).rejects.toMatchObject({ code: 'platform.too-large' });
    },
  ],

  [
    'removes what is old enough, and only that',
    async (store) => {
      const { digest } = await store.put('to be removed');
      expect(await store.remove(digest, 60_000)).toBe(false);
      expect(await store.has(digest)).toBe(true);
      expect(await store.remove(digest, -60_000)).toBe(true);
      expect(await store.has(digest)).toBe(false);
    },
  ],
];

/** What every store must do, wherever its bytes lie. The store may hold other things meanwhile. */
export function contract(where: string, open: () => Promise<BlobStore>): void {
  describe(`a store ${where}`, () => {
    for (const [rule, holds] of RULES) test(rule, async () => holds(await open()));
  });
}
