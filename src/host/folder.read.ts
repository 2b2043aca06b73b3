import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_LIMITS, entryPath, linkProblem, type Tree } from './archive-names.ts';
import { archiveTooLarge, unpackable } from './archive.problems.ts';
import { BLOCK, makeTarHeader } from './tar-header.ts';

/** One thing in a folder, as a look found it. */
type Seen = {
  readonly path: string;
  readonly at: string;
  readonly type: '0' | '2' | '5';
  readonly link: string;
  /** The kind of thing and who may use it, as the file system has them (st_mode). */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** What the file system says of it, as far as a change shows in it. */
  readonly mark: string;
  /** When it changed last, its content or its inode, in nanoseconds since 1970. */
  readonly changed: bigint;
};

export type Folder = {
  /** All of it by path: folders, files and links. */
  readonly entries: readonly Seen[];
  /** A digest over what the file system says of every entry: who changes one changes this, but for the racy case below. */
  readonly shape: string;
  /** When anything in it changed last, in nanoseconds since 1970. */
  readonly newest: bigint;
};

/** Chunks of the archive are about so large. */
const CHUNK = 256 * 1024;
/** So many characters of a list are hashed in one call. */
const HASHED_AT_ONCE = 64 * 1024;

/**
 * Looks at everything under `root`, which is a folder. Reads no file. Throws `archive.unpackable` for what is special or a
 * link to the outside, `archive.too-large` for more entries than anybody unpacks. Synchronous, for a process that has
 * nothing else to do: a look at ten thousand files takes a tenth of a second.
 */
export function lookAtFolder(root: string): Folder {
  const entries: Seen[] = [];
  walk(root, '', entries);
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const tree: Tree = new Map(entries.map(({ path, type, link }) => [path, type === '5' ? 'dir' : type === '0' ? 'file' : { link }]));
  for (const { path, type, link } of entries) {
    const why = type === '2' ? linkProblem(tree, path, link) : null;
    if (why !== null) throw unpackable({ path, why: `it ${why}` });
  }
  return { entries, ...shapeOf(entries) };
}

/** The same over one file: what tells that it has not changed. */
export function shapeOfFile(path: string): { readonly shape: string; readonly newest: bigint } {
  return shapeOf([seen('', path, '0', '', lstatSync(path, { bigint: true }))]);
}

/** What is kept of an entry: ten thousand of them are held at once, and all else the file system says is let go. */
function seen(path: string, at: string, type: Seen['type'], link: string, stat: BigIntStats): Seen {
  const changed = stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
  return { path, at, type, link, mode: Number(stat.mode), size: Number(stat.size), mark: markOf(stat), changed };
}

function markOf({ dev, ino, mode, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${mode} ${size} ${mtimeNs} ${ctimeNs}`;
}

function shapeOf(entries: readonly Seen[]): { readonly shape: string; readonly newest: bigint } {
  const hash = createHash('sha256');
  let newest = 0n;
  let lines = '';
  for (const { path, type, link, mode, mark, changed } of entries) {
    // Of a folder only its names and mode count, and the names are entries: what was made and removed in it changed nothing.
    // No name and no target has a NUL in it, so that no two lists look alike.
    lines += type === '5' ? `${path}\0d\0${mode}\0` : `${path}\0${type}\0${link}\0${mark}\0`;
    if (lines.length >= HASHED_AT_ONCE) {
      hash.update(lines);
      lines = '';
    }
    if (type !== '5' && changed > newest) newest = changed;
  }
  return { shape: hash.update(lines).digest('hex'), newest };
}

/** Names that need no second look: most. */
const PLAIN = /^[A-Za-z0-9._-]{1,200}$/;

function walk(root: string, inside: string, entries: Seen[], depth = 1): void {
  const folder = inside === '' ? root : join(root, inside);
  for (const name of readdirSync(folder)) {
    const path = inside === '' ? name : `${inside}/${name}`;
    if (!PLAIN.test(name) || depth > ARCHIVE_LIMITS.depth || path.length > 4096) {
      const checked = entryPath(path, ARCHIVE_LIMITS.depth);
      if ('why' in checked) throw unpackable({ path, why: `it ${checked.why}` });
    }
    if (entries.length >= ARCHIVE_LIMITS.entries) throw archiveTooLarge({ what: 'entries', limit: ARCHIVE_LIMITS.entries });
    const at = `${folder}/${name}`;
    const stat = lstatSync(at, { bigint: true });
    if (stat.isFile()) entries.push(seen(path, at, '0', '', stat));
    else if (stat.isSymbolicLink()) entries.push(seen(path, at, '2', readlinkSync(at), stat));
    else if (!stat.isDirectory()) throw unpackable({ path, why: 'it is neither file, folder nor symbolic link' });
    else {
      entries.push(seen(path, at, '5', '', stat));
      walk(root, path, entries, depth + 1);
    }
  }
}

/**
 * The folder as a tar archive, in chunks. The same content makes the same bytes: sorted names, no owners, no times, modes
 * 644 and 755. Throws `archive.unpackable` for a file that is another than the one that was looked at.
 */
export async function* archiveOf({ entries }: Folder): AsyncGenerator<Buffer> {
  // Files are read into the chunk itself: of ten thousand small ones, none has a buffer of its own.
  let chunk = Buffer.allocUnsafe(CHUNK);
  let used = 0;
  for (const { path, at, type, link, mark, ...entry } of entries) {
    const size = type === '0' ? entry.size : 0;
    const mode = type === '5' ? 0o755 : type === '2' ? 0o777 : entry.mode & 0o100 ? 0o755 : 0o644;
    const header = makeTarHeader({ path, type, mode, size, link });
    if (used + header.length > CHUNK) {
      yield chunk.subarray(0, used);
      [chunk, used] = [Buffer.allocUnsafe(Math.max(CHUNK, header.length)), 0];
    }
    used += header.copy(chunk, used);
    if (size === 0) continue;
    const file = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (markOf(fstatSync(file, { bigint: true })) !== mark) throw changed(path);
      const whole = Math.ceil(size / BLOCK) * BLOCK;
      for (let done = 0; done < whole;) {
        if (used >= CHUNK) {
          yield chunk.subarray(0, used);
          [chunk, used] = [Buffer.allocUnsafe(CHUNK), 0];
        }
        const room = Math.min(CHUNK - used, whole - done);
        const read = done < size ? readSync(file, chunk, used, Math.min(room, size - done), done) : 0;
        if (read === 0 && done < size) throw changed(path);
        if (read === 0) chunk.fill(0, used, used + room);
        done += read === 0 ? room : read;
        used += read === 0 ? room : read;
      }
    } finally {
      closeSync(file);
    }
  }
  yield Buffer.concat([chunk.subarray(0, used), Buffer.alloc(2 * BLOCK)]);
}

function changed(path: string): Error {
  return unpackable({ path, why: 'it changed while it was packed' });
}
