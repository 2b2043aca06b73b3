import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { pack as tarPack } from 'tar-stream';
import type { Digest } from '../../kernel/digest.ts';
import { hexOf } from '../../kernel/digest.ts';
import { randomHex } from '../../host/ids.system.ts';
import { folderTaken, noSpace } from './backup.problems.ts';
import { MANIFEST, UNFINISHED } from './manifest.ts';

/** Where a backup goes. Everything is durable before `finish` makes a whole backup of it. */
export type BackupPlace = {
  /** For what must not stay in memory meanwhile. */
  readonly scratch: string;
  readonly sequential: boolean;
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Takes a blob: `bytes` is asked only where no earlier backup holds it. Every byte passes `see`. Throws where it isn't what it should be. */
  blob(
    digest: Digest,
    size: number,
    bytes: () => Promise<AsyncIterable<Uint8Array>>,
    see: (chunk: Uint8Array) => void,
  ): Promise<'written' | 'kept'>;
  /** Throws `backup.no-space` where `needed` more bytes do not fit. */
  room(needed: number): Promise<void>;
  finish(manifest: Uint8Array): Promise<void>;
};

/** Where a blob lies in a backup. */
export function blobName(digest: Digest): string {
  const hex = hexOf(digest);
  return `blobs/${hex.slice(0, 2)}/${hex}`;
}

/**
 * A folder. One that holds a backup which was cut off is continued: its blobs are kept where they are right, its tables
 * are taken anew. Blobs that the backup in `previous` holds too become links to the same bytes, once they were read and found right.
 */
export async function folderPlace(folder: string, previous: string | null): Promise<BackupPlace> {
  await begin(folder);
  const folders = new Set<string>();
  const place = async (name: string, fill: (path: string) => Promise<void>): Promise<void> => {
    const path = join(folder, name);
    if (!folders.has(dirname(path))) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    folders.add(dirname(path));
    const temporary = `${path}.${randomHex(4)}`;
    try {
      await fill(temporary);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  };
  return {
    scratch: join(folder, '.work'),
    sequential: false,
    write: (name, bytes) => place(name, (path) => writeWhole(path, single(bytes))),
    async blob(digest, size, bytes, see) {
      const name = blobName(digest);
      if (await isRight(join(folder, name), digest, size, see)) return 'kept';
      if (
        previous !== null &&
        (await isRight(join(previous, name), digest, size, see)) &&
        (await linked(join(previous, name), name, place))
      )
        return 'kept';
      await place(name, async (path) => writeWhole(path, seen(await bytes(), see)));
      return 'written';
    },
    async room(needed) {
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize < needed) throw noSpace({ folder, needed, free: bavail * bsize });
    },
    async finish(manifest) {
      await rm(join(folder, '.work'), { recursive: true, force: true });
      for (const one of folders) await syncFolder(one);
      await place(MANIFEST, (path) => writeWhole(path, single(manifest)));
      await syncFolder(folder);
      await rm(join(folder, UNFINISHED), { force: true });
    },
  };
}

async function begin(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  if (names.includes(MANIFEST)) throw folderTaken({ folder, why: 'it holds a whole backup already' });
  if (names.length > 0 && !names.includes(UNFINISHED)) throw folderTaken({ folder, why: 'it is not empty' });
  await writeFile(join(folder, UNFINISHED), 'This backup was not finished. It can be continued, and nothing can be restored from it.\n', {
    flush: true,
  });
  for (const stale of ['tables', 'index', '.work']) await rm(join(folder, stale), { recursive: true, force: true });
}

async function linked(
  from: string,
  name: string,
  place: (name: string, fill: (path: string) => Promise<void>) => Promise<void>,
): Promise<boolean> {
  try {
    await place(name, (path) => link(from, path));
    return true;
  } catch {
    // Another file system, or one without links: it is written.
    return false;
  }
}

async function isRight(path: string, digest: Digest, size: number, see: (chunk: Uint8Array) => void): Promise<boolean> {
  const there = await lstat(path).catch(() => null);
  if (there === null || !there.isFile() || there.size !== size) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    see(chunk);
  }
  return `sha256:${hash.digest('hex')}` === digest;
}

async function writeWhole(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of bytes) for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A tar stream, with the manifest as its last entry: a stream that was cut off holds none. */
export function tarPlace(out: Writable): BackupPlace {
  const pack = tarPack();
  const pumped = pipeline(Readable.from(pack as unknown as AsyncIterable<Uint8Array>), out, { end: false });
  pumped.catch(() => undefined);
  const entry = async (name: string, size: number, bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    const into = pack.entry({ name, size, mode: 0o600 });
    await finished(Readable.from(bytes).pipe(into as unknown as Writable));
  };
  return {
    scratch: join(tmpdir(), `ym-backup-${randomHex(8)}`),
    sequential: true,
    write: (name, bytes) => entry(name, bytes.length, single(bytes)),
    async blob(digest, size, bytes, see) {
      await entry(blobName(digest), size, seen(await bytes(), see));
      return 'written';
    },
    room: async () => undefined,
    async finish(manifest) {
      await entry(MANIFEST, manifest.length, single(manifest));
      pack.finalize();
      await pumped;
    },
  };
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function* seen(bytes: AsyncIterable<Uint8Array>, see: (chunk: Uint8Array) => void): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    see(chunk);
    yield chunk;
  }
}
