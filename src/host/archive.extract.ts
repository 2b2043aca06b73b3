import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, symlink, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Digest } from '../kernel/digest.ts';
import { ARCHIVE_LIMITS, entryPath, linkProblem, type ArchiveLimits } from './archive-names.ts';
import { archiveTooLarge, unsafeArchive } from './archive.problems.ts';
import { readTar, type TarEntry } from './archive.read.ts';

export type Extracted = {
  /** The digest of the bytes as they came (packed). */
  readonly digest: Digest;
  readonly entries: number;
  readonly bytes: number;
};

type Job = {
  readonly root: string;
  readonly limits: ArchiveLimits;
  /** Everything this archive has made, by normal path. */
  readonly tree: Map<string, 'dir' | 'file' | { link: string }>;
  /** Folders that were looked at and are folders, not links. */
  readonly folders: Set<string>;
  entries: number;
  bytes: number;
};

/**
 * Unpacks a tar or tar.gz into the existing folder `root`, and nowhere else. Owners, times and special mode bits are
 * dropped; files are 644 or 755. Hard links, devices, pipes, names twice, and links that leave `root` are refused. Links
 * are made last, so nothing is ever written through one, neither through a link that was there before. A file that stood
 * there before is replaced. Throws `archive.unsafe`, `archive.too-large` or `archive.unreadable`, and then leaves what it
 * had unpacked so far for the caller to wipe.
 */
export async function extractArchive(
  packed: AsyncIterable<Uint8Array>,
  root: string,
  limits: Partial<ArchiveLimits> = {},
): Promise<Extracted> {
  const job: Job = { root, limits: { ...ARCHIVE_LIMITS, ...limits }, tree: new Map(), folders: new Set(['']), entries: 0, bytes: 0 };
  const hash = createHash('sha256');
  const hashed = (async function* () {
    for await (const chunk of packed) {
      hash.update(chunk);
      yield chunk;
    }
  })();
  for await (const entry of readTar(hashed, job.limits)) await take(job, entry);
  await makeLinks(job);
  return { digest: `sha256:${hash.digest('hex')}`, entries: job.entries, bytes: job.bytes };
}

const KINDS: Readonly<Record<string, string>> = { '1': 'a hard link', '3': 'a device', '4': 'a device', '6': 'a pipe' };

async function take(job: Job, entry: TarEntry): Promise<void> {
  const { name, type, size } = entry;
  if (++job.entries > job.limits.entries) throw archiveTooLarge({ what: 'entries', limit: job.limits.entries });
  const checked = entryPath(name, job.limits.depth);
  if ('why' in checked) throw unsafeArchive({ entry: name, why: checked.why });
  const { path } = checked;
  if (type === '5') return makeFolder(job, path, name);
  if (type === '0') {
    job.bytes += size;
    if (job.bytes > job.limits.bytes) throw archiveTooLarge({ what: 'bytes', limit: job.limits.bytes });
    await makeParent(job, path, name);
    job.tree.set(path, 'file');
    return writeFile(await fresh(job, path, name, entry.mode & 0o100 ? 0o755 : 0o644), entry.bytes);
  }
  if (type !== '2')
    throw unsafeArchive({
      entry: name,
      why: `is ${KINDS[type] ?? 'of an unknown kind'}, and only files, folders and symbolic links are taken`,
    });
  await makeParent(job, path, name);
  await makeRoom(job, path, name);
  job.tree.set(path, { link: entry.link });
}

/** The parent folder stands, is no link, and nothing of this archive stands at `path` yet. */
async function makeParent(job: Job, path: string, name: string): Promise<void> {
  if (path === '') throw unsafeArchive({ entry: name, why: 'is no folder but stands at the root' });
  if (job.tree.has(path)) throw unsafeArchive({ entry: name, why: 'is there twice' });
  await makeFolder(job, path.split('/').slice(0, -1).join('/'), name);
}

/** Nothing stands at `path` any more; a file that stood there before is gone, a folder or link is refused. */
async function makeRoom(job: Job, path: string, name: string): Promise<void> {
  const there = await lstat(join(job.root, path)).catch(absent);
  if (there === null) return;
  if (!there.isFile()) throw unsafeArchive({ entry: name, why: 'would replace a folder or link' });
  await unlink(join(job.root, path));
}

/** A new file, opened for writing. Most often nothing stands there, so it is not looked at first. */
async function fresh(job: Job, path: string, name: string, mode: number): Promise<FileHandle> {
  const how = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    return await open(join(job.root, path), how, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await makeRoom(job, path, name);
    return open(join(job.root, path), how, mode);
  }
}

async function makeFolder(job: Job, path: string, name: string): Promise<void> {
  if (job.folders.has(path)) return;
  await makeFolder(job, path.split('/').slice(0, -1).join('/'), name);
  if ((job.tree.get(path) ?? 'dir') !== 'dir')
    throw unsafeArchive({ entry: name, why: 'passes through a file or link of the same archive' });
  const there = await lstat(join(job.root, path)).catch(absent);
  if (there === null) await mkdir(join(job.root, path), 0o755);
  else if (!there.isDirectory()) throw unsafeArchive({ entry: name, why: 'passes through a file or link' });
  job.tree.set(path, 'dir');
  job.folders.add(path);
}

async function writeFile(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

async function makeLinks(job: Job): Promise<void> {
  const root = await realpath(job.root);
  for (const [path, made] of job.tree) {
    if (typeof made !== 'object') continue;
    const why = linkProblem(job.tree, path, made.link);
    if (why !== null) throw unsafeArchive({ entry: path, why });
  }
  for (const [path, made] of job.tree) {
    if (typeof made !== 'object') continue;
    const at = join(job.root, path);
    await symlink(made.link, at);
    // What stood in the folder before is no part of the tree above: ask the file system as well.
    const end = await realpath(at).catch(() => dirname(at));
    if (end !== root && !end.startsWith(root + sep) && !end.startsWith(job.root)) {
      await unlink(at);
      throw unsafeArchive({ entry: path, why: 'is a link that leaves the folder' });
    }
  }
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
