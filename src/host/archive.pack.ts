import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import * as tar from 'tar-stream';
import type { Digest } from '../kernel/digest.ts';
import { ARCHIVE_LIMITS, entryPath, linkProblem, type Tree } from './archive-names.ts';
import { archiveTooLarge, unpackable } from './archive.problems.ts';

export type Packed = { readonly digest: Digest; readonly size: number };
type Found = { readonly path: string; readonly at: string; readonly kind: 'dir' | 'file' | { readonly link: string } };

/**
 * Packs into `file` (a tar.gz) what stands at `path` under `root`: a folder's content at the archive's root, or one file
 * under its own name. The same content makes the same bytes: sorted names, no owners, no times, modes 644 and 755.
 * Throws `archive.unpackable` for what is missing, special, or a link that leads outside.
 */
export async function packPath(root: string, path: string, file: string): Promise<Packed> {
  const at = await inside(root, path);
  const there = await lstat(at);
  const found: Found[] = [];
  if (there.isDirectory()) await walk(at, '', found);
  else found.push(await look(at, basename(at)));
  return write(found, file);
}

/** Packs several paths under `root` by their own names (for caches); the ones that are not there are left out. Null: none is there. */
export async function packPaths(root: string, paths: readonly string[], file: string): Promise<Packed | null> {
  const found: Found[] = [];
  for (const path of [...new Set(paths.map(normal))].sort()) {
    if (found.some((other) => other.path === path)) continue;
    const at = await inside(root, path).catch(() => null);
    if (at === null) continue;
    if (path !== '') found.push(await look(at, path));
    if ((await lstat(at)).isDirectory()) await walk(at, path, found);
  }
  return found.length === 0 ? null : write(found, file);
}

function normal(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

/** The real place of `root/path`, none of its steps a link that a job could have laid to the outside. */
async function inside(root: string, path: string): Promise<string> {
  const expected = join(await realpath(root), normal(path));
  const real = await realpath(expected).catch(() => null);
  if (real === null) throw unpackable({ path, why: 'it is not there' });
  if (real !== expected) throw unpackable({ path, why: 'it is reached through a symbolic link' });
  return real;
}

async function walk(at: string, path: string, found: Found[]): Promise<void> {
  for (const name of (await readdir(at)).sort()) {
    const entry = await look(join(at, name), path === '' ? name : `${path}/${name}`);
    found.push(entry);
    if (found.length > ARCHIVE_LIMITS.entries) throw archiveTooLarge({ what: 'entries', limit: ARCHIVE_LIMITS.entries });
    if (entry.kind === 'dir') await walk(entry.at, entry.path, found);
  }
}

async function look(at: string, path: string): Promise<Found> {
  const checked = entryPath(path, ARCHIVE_LIMITS.depth);
  if ('why' in checked) throw unpackable({ path, why: `it ${checked.why}` });
  const there = await lstat(at);
  if (there.isDirectory()) return { path, at, kind: 'dir' };
  if (there.isFile()) return { path, at, kind: 'file' };
  if (there.isSymbolicLink()) return { path, at, kind: { link: await readlink(at) } };
  throw unpackable({ path, why: 'it is neither file, folder nor symbolic link' });
}

async function write(found: readonly Found[], file: string): Promise<Packed> {
  const sorted = found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const tree: Tree = new Map(sorted.map(({ path, kind }) => [path, kind]));
  for (const { path, kind } of sorted) {
    const why = typeof kind === 'object' ? linkProblem(tree, path, kind.link) : null;
    if (why !== null) throw unpackable({ path, why: `it ${why}` });
  }
  const out = tar.pack();
  const hash = createHash('sha256');
  let size = 0;
  const filling = fill(out, sorted).then(
    () => out.finalize(),
    (error: Error) => out.destroy(error),
  );
  await pipeline(
    out,
    createGzip({ level: 6 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(file, { mode: 0o600 }),
  );
  await filling;
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

const EPOCH = new Date(0);

async function fill(out: tar.Pack, found: readonly Found[]): Promise<void> {
  for (const { path, at, kind } of found) {
    const plain = { name: path, mtime: EPOCH, uid: 0, gid: 0, uname: '', gname: '' };
    if (kind === 'dir') out.entry({ ...plain, type: 'directory', mode: 0o755 });
    else if (kind === 'file') await addFile(out, plain, at);
    else out.entry({ ...plain, type: 'symlink', linkname: kind.link, mode: 0o777 });
  }
}

async function addFile(out: tar.Pack, plain: { name: string }, at: string): Promise<void> {
  const file = await openPlainFile(at);
  try {
    const { size, mode } = await file.stat();
    const entry = out.entry({ ...plain, type: 'file', size, mode: mode & 0o100 ? 0o755 : 0o644 });
    let left = size;
    for await (const chunk of file.createReadStream({ autoClose: false, end: Math.max(size - 1, 0) }) as AsyncIterable<Buffer>) {
      left -= chunk.length;
      if (left < 0) break;
      if (!entry.write(chunk)) await drained(entry);
      if (out.destroyed) return;
    }
    if (left !== 0) throw unpackable({ path: plain.name, why: 'it changed while it was packed' });
    entry.end(null);
  } finally {
    await file.close();
  }
}

function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((done) => {
    const over = (): void => {
      stream.off('drain', over);
      stream.off('close', over);
      done();
    };
    stream.on('drain', over);
    stream.on('close', over);
  });
}

/**
 * Opens a file for reading only if it is a plain file at exactly this place: whoever swaps a folder of its path for a link
 * between look and open is found out, because the opened file itself is asked where it is.
 */
export async function openPlainFile(at: string): Promise<FileHandle> {
  const file = await open(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? unpackable({ path: at, why: 'it is a symbolic link' }) : error;
  });
  const place = await readlink(`/proc/self/fd/${file.fd}`).catch(() => null);
  if ((place === null || place === at) && (await file.stat()).isFile()) return file;
  await file.close();
  throw unpackable({ path: at, why: 'it is no plain file at that place' });
}
