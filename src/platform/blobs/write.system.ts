import { createHash, hash as hashOf } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Digest } from '../../kernel/digest.ts';
import { tooLarge } from '../platform.problems.ts';

/** So much is collected for one write: few calls, and little memory for each of many uploads. */
const BATCH = 512 * 1024;
/** A large file is handed to the disk while it comes, so that the last sync has little left to do. */
const EARLY_SYNC = 64 * 1024 ** 2;

export type Written = { readonly digest: Digest; readonly size: number };

/** One at a time: a sync holds a thread that other reads and writes need. */
let syncing = false;

/**
 * Writes a stream to a new file and hashes it on the way: while one part is written, the next is hashed. With `sync` the
 * bytes are on the disk when it answers. The chunks must not be changed after they were handed over.
 */
export async function writeStream(path: string, bytes: AsyncIterable<Uint8Array>, limit: number, sync: boolean): Promise<Written> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    let size = 0;
    let held: Uint8Array[] = [];
    let bytesHeld = 0;
    let sinceSync = 0;
    let writing = Promise.resolve();
    const flush = async (): Promise<void> => {
      await writing;
      writing = writeAll(file, held);
      // It is awaited before the next write or the end; until then a failure must not count as unheard.
      writing.catch(() => undefined);
      [held, bytesHeld] = [[], 0];
    };
    try {
      for await (const chunk of bytes) {
        size += chunk.length;
        if (size > limit) throw tooLarge({ limit });
        hash.update(chunk);
        held.push(chunk);
        bytesHeld += chunk.length;
        if (bytesHeld < BATCH) continue;
        sinceSync += bytesHeld;
        await flush();
        if (sync && sinceSync >= EARLY_SYNC && syncEarly(file)) sinceSync = 0;
      }
      await flush();
    } finally {
      await writing.catch(() => undefined);
    }
    await writing;
    if (sync) await file.sync();
    return { digest: `sha256:${hash.digest('hex')}`, size };
  } finally {
    await file.close();
  }
}

/**
 * Copies a file to a new file and hashes it on the way, with three buffers that are used in turn: one is read into while one
 * is hashed and one is written. With `sync` the bytes are on the disk when it answers.
 */
export async function writeFileOf(path: string, from: string, limit: number, sync = true): Promise<Written> {
  const hash = createHash('sha256');
  const source = await open(from, 'r');
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      const buffers = [0, 1, 2].map(() => Buffer.allocUnsafe(BATCH));
      let size = 0;
      let sinceSync = 0;
      let writing = Promise.resolve();
      let reading = source.read(buffers[0] as Buffer);
      for (let turn = 1; ; turn += 1) {
        const { bytesRead, buffer } = await reading;
        if (bytesRead === 0) break;
        size += bytesRead;
        if (size > limit) throw tooLarge({ limit });
        reading = source.read(buffers[turn % 3] as Buffer);
        reading.catch(() => undefined);
        const part = buffer.subarray(0, bytesRead);
        hash.update(part);
        await writing;
        writing = writeAll(file, [part]);
        writing.catch(() => undefined);
        sinceSync += bytesRead;
        if (sync && sinceSync >= EARLY_SYNC && syncEarly(file)) sinceSync = 0;
      }
      await writing;
      if (sync) await file.sync();
      return { digest: `sha256:${hash.digest('hex')}`, size };
    } finally {
      await file.close();
    }
  } finally {
    await source.close();
  }
}

/** Writes bytes that are there as a whole to a new file; not synced. */
export async function writeBytes(path: string, bytes: Uint8Array, limit: number): Promise<Written> {
  if (bytes.length > limit) throw tooLarge({ limit });
  const digest: Digest = `sha256:${hashOf('sha256', bytes, 'hex')}`;
  const file = await open(path, 'wx', 0o600);
  try {
    await writeAll(file, [bytes]);
  } finally {
    await file.close();
  }
  return { digest, size: bytes.length };
}

/**
 * Copies a small file to a new file in one go, not synced; null: it is larger than the buffer, and nothing was made. It holds the loop
 * for a tenth of a millisecond, where an answer for each of its seven calls would cost that much again.
 */
export function writeSmallFileOf(path: string, from: string, limit: number, buffer: Buffer): Written | null {
  const used = readSmall(from, buffer);
  if (used === null) return null;
  if (used > limit) throw tooLarge({ limit });
  const bytes = buffer.subarray(0, used);
  const file = openSync(path, 'wx', 0o600);
  try {
    for (let done = 0; done < used;) done += writeSync(file, bytes, done);
  } finally {
    closeSync(file);
  }
  return { digest: `sha256:${hashOf('sha256', bytes, 'hex')}`, size: used };
}

/** How many bytes of a file are in the buffer now; null: it has more than that. */
function readSmall(from: string, buffer: Buffer): number | null {
  const source = openSync(from, 'r');
  try {
    let used = 0;
    for (;;) {
      if (used === buffer.length) return null;
      const read = readSync(source, buffer, used, buffer.length - used, null);
      if (read === 0) return used;
      used += read;
    }
  } finally {
    closeSync(source);
  }
}

/** Begins to move what was written to the disk, without waiting. What it could not do shows at the last sync. */
function syncEarly(file: FileHandle): boolean {
  if (syncing) return false;
  syncing = true;
  void file
    .datasync()
    .catch(() => undefined)
    .finally(() => (syncing = false));
  return true;
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks.filter((chunk) => chunk.length > 0);
  while (left.length > 0) {
    // A short write is legal; only what was written counts. The kernel takes 1024 pieces at once.
    let { bytesWritten } = await file.writev(left.slice(0, 1024));
    const rest: Uint8Array[] = [];
    for (const chunk of left) {
      if (bytesWritten < chunk.length) rest.push(bytesWritten === 0 ? chunk : chunk.subarray(bytesWritten));
      bytesWritten = Math.max(0, bytesWritten - chunk.length);
    }
    left = rest;
  }
}
