import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDigest, hexOf, type Digest } from '../../kernel/digest.ts';
import type { Millis } from '../../kernel/time.ts';
import { randomHex } from '../../host/ids.system.ts';
import type { BlobStore } from '../floor.ts';
import { putAll, syncPath } from './group.system.ts';
import { writeFileOf, writeStream, type Written } from './write.system.ts';
import { blobDamaged, blobMismatch, blobMissing, databaseFull, tooLarge } from '../platform.problems.ts';

const DEFAULT_LIMIT = 4 * 1024 ** 3;
const DEFAULT_READ_LIMIT = 16 * 1024 ** 2;
const READ_AT_ONCE = 256 * 1024;
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
      put(incoming, pathOf, options, (to, limit) =>
        writeStream(to, typeof bytes === 'string' || bytes instanceof Uint8Array ? single(bytes) : bytes, limit, true),
      ),
    putFile: (path, options = {}) => put(incoming, pathOf, options, (to, limit) => writeFileOf(to, path, limit)),
    putAll: (items, options = {}) =>
      putAll(incoming, pathOf, items, options.limit ?? DEFAULT_LIMIT).catch((error: unknown) => {
        throw fullOr(error);
      }),
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
  options: PutOptions,
  write: (to: string, limit: number) => Promise<Written>,
): Promise<Written> {
  const temporary = join(incoming, randomHex(16));
  try {
    const { digest, size } = await write(temporary, options.limit ?? DEFAULT_LIMIT);
    if (options.expect !== undefined && options.expect !== digest) throw blobMismatch({ expected: options.expect, found: digest });
    await place(temporary, pathOf(digest));
    return { digest, size };
  } catch (error) {
    await rm(temporary, { force: true });
    throw fullOr(error);
  }
}

/** A full disk is a problem that a person can do something about. */
function fullOr(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' ? databaseFull({ cause: code }) : error;
}

async function place(temporary: string, path: string): Promise<void> {
  const folder = dirname(path);
  // A folder that is new must be on the disk too, or the name in it is not.
  const made = await mkdir(folder, { recursive: true });
  await rename(temporary, path);
  await syncPath(folder);
  if (made !== undefined) await syncPath(dirname(folder));
}

async function* verified(path: string, digest: Digest): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: READ_AT_ONCE }) as AsyncIterable<Buffer>) {
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
