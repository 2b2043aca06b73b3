import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDigest, hexOf, type Digest } from '../../kernel/digest.ts';
import type { Millis } from '../../kernel/time.ts';
import { randomHex } from '../../host/ids.system.ts';
import type { BlobStore } from '../floor.ts';
import { blobDamaged, blobMismatch, blobMissing, databaseFull, tooLarge } from '../platform.problems.ts';

const DEFAULT_LIMIT = 4 * 1024 ** 3;
const DEFAULT_READ_LIMIT = 16 * 1024 ** 2;
const RANGE_LIMIT = 16 * 1024 ** 2;

/**
 * Bytes on disk under their sha256: written beside, synced, then renamed into place, so that what is visible is
 * complete. Two writers of the same bytes meet at the same name and change nothing.
 */
export async function openBlobStore(folder: string): Promise<BlobStore> {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  const pathOf = (digest: Digest): string => {
    if (!isDigest(digest)) throw new Error(`not a digest: ${String(digest)}`);
    const hex = hexOf(digest);
    return join(folder, hex.slice(0, 2), hex);
  };
  return {
    put: (bytes, options = {}) =>
      put(incoming, pathOf, typeof bytes === 'string' || bytes instanceof Uint8Array ? single(bytes) : bytes, options),
    async open(digest) {
      const path = pathOf(digest);
      if ((await sizeOf(path)) === null) throw blobMissing({ digest });
      return verified(path, digest);
    },
    async read(digest, limit = DEFAULT_READ_LIMIT) {
      const path = pathOf(digest);
      const size = await sizeOf(path);
      if (size === null) throw blobMissing({ digest });
      if (size > limit) throw tooLarge({ limit });
      const chunks: Uint8Array[] = [];
      for await (const chunk of verified(path, digest)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    readRange: (digest, from, to) => readRange(pathOf(digest), digest, from, to),
    remove: (digest, olderThanMs) => remove(incoming, pathOf(digest), olderThanMs),
    has: async (digest) => (await sizeOf(pathOf(digest))) !== null,
    size: (digest) => sizeOf(pathOf(digest)),
  };
}

type PutOptions = { readonly limit?: number; readonly expect?: Digest };

async function put(
  incoming: string,
  pathOf: (digest: Digest) => string,
  bytes: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<{ digest: Digest; size: number }> {
  const temporary = join(incoming, randomHex(16));
  const hash = createHash('sha256');
  const limit = options.limit ?? DEFAULT_LIMIT;
  let size = 0;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      for await (const chunk of bytes) {
        size += chunk.length;
        if (size > limit) throw tooLarge({ limit });
        hash.update(chunk);
        await writeAll(file, chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    if (options.expect !== undefined && options.expect !== digest) throw blobMismatch({ expected: options.expect, found: digest });
    await place(temporary, pathOf(digest));
    return { digest, size };
  } catch (error) {
    await rm(temporary, { force: true });
    if ((error as { code?: unknown }).code === 'ENOSPC') throw databaseFull({ cause: 'ENOSPC' });
    throw error;
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  // A short write is legal; only what was written counts.
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

async function place(temporary: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rename(temporary, path);
  // The rename is durable once its folder is.
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function* verified(path: string, digest: Digest): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) throw blobDamaged({ digest, found });
}

async function readRange(path: string, digest: Digest, from: number, to: number): Promise<Uint8Array> {
  if (!Number.isSafeInteger(from) || from < 0 || to < from || to - from > RANGE_LIMIT)
    throw new Error(`no range to read: ${from} to ${to}`);
  const file = await open(path, 'r').catch((error: unknown) => {
    throw (error as { code?: unknown }).code === 'ENOENT' ? blobMissing({ digest }) : error;
  });
  try {
    const bytes = Buffer.alloc(to - from);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === bytes.length) return bytes.subarray(0, filled);
    }
  } finally {
    await file.close();
  }
}

/**
 * The file leaves its place by a rename before it is deleted: a writer who puts the same bytes there after our look at
 * its age is seen by the age of what was moved, and its bytes go back.
 */
async function remove(incoming: string, path: string, olderThanMs: Millis): Promise<boolean> {
  const isOld = async (file: string): Promise<boolean | null> => {
    const found = await stat(file).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === 'ENOENT') return null;
      throw error;
    });
    return found === null ? null : Date.now() - found.mtimeMs > olderThanMs;
  };
  if ((await isOld(path)) !== true) return false;
  const away = join(incoming, `gone-${randomHex(16)}`);
  await rename(path, away);
  if ((await isOld(away)) === false) {
    await rename(away, path);
    return false;
  }
  await rm(away, { force: true });
  return true;
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}

async function* single(bytes: string | Uint8Array): AsyncIterable<Uint8Array> {
  yield typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}
