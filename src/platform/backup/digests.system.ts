import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../kernel/digest.ts';

/**
 * Digests that were seen somewhere, kept on the disk in 256 heaps: a set of any size in bounded memory. Each heap is
 * taken until nothing new is found, because what is taken may speak of more.
 */
export type DigestHeaps = {
  /** Notes every digest that stands in `bytes` as text. */
  scan(bytes: Buffer): void;
  /** Calls `work` with what is new, heap after heap, each digest once, until there is nothing new. */
  each(work: (digests: readonly Digest[]) => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

const WORD = Buffer.from('sha256:');
const LENGTH = WORD.length + 64;
const HEX = /^[0-9a-f]{64}$/;
/** Kept in memory of one heap before it is written. */
const HELD = 256;

/** Opens heaps in a fresh folder, which is removed at the end. */
export async function openDigestHeaps(folder: string): Promise<DigestHeaps> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const held = Array.from({ length: 256 }, (): Set<string> => new Set());
  const writes: Promise<void>[] = [];
  const path = (kind: 'new' | 'seen', heap: number): string => join(folder, `${kind}-${heap}`);
  const write = (heap: number): void => {
    const lines = [...(held[heap] ?? [])].join('\n');
    held[heap] = new Set();
    if (lines !== '') writes.push(appendFile(path('new', heap), `${lines}\n`));
  };
  const lines = async (file: string): Promise<string[]> =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return {
    scan(bytes) {
      for (let at = bytes.indexOf(WORD); at >= 0 && at + LENGTH <= bytes.length; at = bytes.indexOf(WORD, at + 1)) {
        const hex = bytes.toString('latin1', at + WORD.length, at + LENGTH);
        if (!HEX.test(hex)) continue;
        const heap = Number.parseInt(hex.slice(0, 2), 16);
        held[heap]?.add(hex);
        if ((held[heap]?.size ?? 0) >= HELD) write(heap);
      }
    },
    async each(work) {
      for (let found = true; found;) {
        found = false;
        for (let heap = 0; heap < 256; heap += 1) {
          write(heap);
          await Promise.all(writes.splice(0));
          const seen = new Set(await lines(path('seen', heap)));
          const fresh = [...new Set(await lines(path('new', heap)))].filter((hex) => !seen.has(hex)).sort();
          await rm(path('new', heap), { force: true });
          if (fresh.length === 0) continue;
          found = true;
          await appendFile(path('seen', heap), `${fresh.join('\n')}\n`);
          await work(fresh.map((hex): Digest => `sha256:${hex}`));
        }
      }
    },
    async close() {
      await Promise.allSettled(writes);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
