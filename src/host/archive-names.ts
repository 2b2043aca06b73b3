/** Names and links inside archives: the pure half of unpacking and packing safely. */

/** Upper bounds of what an archive may hold; every archive is a stranger's. */
export type ArchiveLimits = {
  readonly entries: number;
  /** Unpacked bytes of all files together. */
  readonly bytes: number;
  /** Unpacked to packed bytes, asked once more than 64 MiB came out. */
  readonly ratio: number;
  /** Folders in folders. */
  readonly depth: number;
};
export const ARCHIVE_LIMITS: ArchiveLimits = { entries: 250_000, bytes: 8 * 1024 ** 3, ratio: 250, depth: 64 };
/** What a layer of an image may hold at most: it is read as a stream, and nothing of it is unpacked to disk. */
export const LAYER_LIMITS: ArchiveLimits = { ...ARCHIVE_LIMITS, bytes: 64 * 1024 ** 3, entries: 5_000_000 };

/**
 * The normal form of an entry's name: segments joined by `/`, `''` for the root itself, or why the name is refused.
 * Refused are absolute names, drive letters, `..`, backslashes, control characters, lone surrogates and broken UTF-8,
 * and segments that no file system takes. Leading `./`, doubled and trailing slashes fold away.
 */
export function entryPath(name: string, depth: number): { readonly path: string } | { readonly why: string } {
  if (name.length > 4096) return { why: 'has a name longer than 4096' };
  if (/[\0-\x1f\x7f]/.test(name)) return { why: 'has a control character in its name' };
  if (name.includes('\\')) return { why: 'has a backslash in its name' };
  if (name.includes('\ufffd') || !name.isWellFormed()) return { why: 'has a name that is not UTF-8' };
  if (name.startsWith('/')) return { why: 'has an absolute name' };
  if (/^[a-zA-Z]:/.test(name)) return { why: 'has a drive letter in its name' };
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return { why: 'leaves the archive with ..' };
  if (segments.length > depth) return { why: `is nested deeper than ${depth}` };
  if (segments.some((segment) => Buffer.byteLength(segment) > 255)) return { why: 'has a name longer than 255 bytes' };
  return { path: segments.join('/') };
}

/** What an archive holds at a path: `dir`, `file`, or a link with its target as written. */
export type Tree = ReadonlyMap<string, 'dir' | 'file' | { readonly link: string }>;

/** As many links as Linux follows. */
const MAX_HOPS = 40;

/**
 * Why the link at `path` may not stand, or null. It is walked as the kernel would walk it, through the archive's other
 * links: it may dangle, but no step of it may leave the root, and nothing may climb out of a name that is not there yet
 * (what is put there later would decide where the climb ends).
 */
export function linkProblem(tree: Tree, path: string, target: string): string | null {
  if (target === '' || target.length > 4096) return 'is a link with an empty or endless target';
  if (/[\0-\x1f\x7f\\]/.test(target)) return 'is a link with a control character or backslash in its target';
  let here = path.split('/').slice(0, -1);
  const rest = segmentsOf(target);
  if (rest === null) return 'is a link to an absolute path';
  for (let hops = 0; rest.length > 0;) {
    const segment = rest.shift();
    if (segment === '..') {
      if (here.length === 0) return 'is a link that leaves the archive';
      if (!isFolder(tree, here.join('/'))) return 'is a link that climbs out of a name that is no folder of the archive';
      here.pop();
      continue;
    }
    const next = [...here, segment ?? ''];
    const found = tree.get(next.join('/'));
    if (typeof found !== 'object') {
      here = next;
      continue;
    }
    if (++hops > MAX_HOPS) return 'is a link in a circle';
    const inner = segmentsOf(found.link);
    if (inner === null) return 'is a link that leads to a link to an absolute path';
    rest.unshift(...inner);
  }
  return null;
}

function segmentsOf(target: string): string[] | null {
  return target.startsWith('/') ? null : target.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function isFolder(tree: Tree, path: string): boolean {
  return path === '' || tree.get(path) === 'dir';
}
