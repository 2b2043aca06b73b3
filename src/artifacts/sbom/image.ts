import { readApk, readDpkg, readOsRelease } from './locks/distribution.ts';
import type { Locked } from './package.ts';

/** The files of an image that say what is installed, by their paths in it. */
const WANTED =
  /^(?:var\/lib\/dpkg\/status|var\/lib\/dpkg\/status\.d\/[^/]+|(?:usr\/)?lib\/apk\/db\/installed|etc\/os-release|usr\/lib\/os-release)$/;
const RPM = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/(?:rpmdb\.sqlite|Packages(?:\.db)?)$/;
/** Lists of packages larger than this are nobody's. */
export const LIST_BYTES = 64 * 1024 * 1024;
/** Layers of one image that are read; container runtimes take 127. */
export const MOST_LAYERS = 500;

/** What was found in the layers so far: the lists of packages by their paths, and whether there is a database of rpm. */
export type ImageFiles = { readonly lists: Map<string, string>; rpm: boolean };

/** An entry of a layer, as `readTar` gives it. */
type LayerEntry = { readonly name: string; readonly type: string; readonly bytes: AsyncIterable<Uint8Array> };

/** Nothing is read yet. */
export function noFiles(): ImageFiles {
  return { lists: new Map(), rpm: false };
}

/**
 * Lays a layer over what was found before, as the OCI image specification says ("Layer Filesystem Changeset"): what it
 * writes replaces, its whiteouts take away. Answers the path of a list that is larger than `LIST_BYTES`; null: all was read.
 */
export async function addLayer(files: ImageFiles, entries: AsyncIterable<LayerEntry>): Promise<string | null> {
  const { lists } = files;
  for await (const entry of entries) {
    const path = entry.name.replace(/^(?:\.?\/)+/, '');
    const at = path.lastIndexOf('/') + 1;
    if (path.slice(at) === '.wh..wh..opq') for (const file of lists.keys()) if (file.startsWith(path.slice(0, at))) lists.delete(file);
    if (path.slice(at).startsWith('.wh.')) {
      const gone = path.slice(0, at) + path.slice(at + 4);
      for (const file of lists.keys()) if (file === gone || file.startsWith(`${gone}/`)) lists.delete(file);
    }
    if (RPM.test(path)) files.rpm = true;
    if (entry.type !== '0' || !WANTED.test(path) || path.endsWith('.md5sums')) continue;
    const text = await textOf(entry.bytes);
    if (text === null) return path;
    lists.set(path, text);
  }
  return null;
}

/**
 * The packages of an image as its last layer leaves them: Debian's and Alpine's lists. rpm keeps a database of its own,
 * which is not read: then the answer says that it is incomplete.
 */
export function packagesOfImage({ lists, rpm }: ImageFiles): Locked {
  const system = readOsRelease(lists.get('etc/os-release') ?? lists.get('usr/lib/os-release') ?? '');
  const dpkg = [...lists].filter(([name]) => name.startsWith('var/lib/dpkg/status'));
  const read: Locked[] = [];
  if (dpkg.length > 0) read.push(readDpkg(dpkg.map(([, text]) => text.trimEnd()).join('\n\n'), system));
  for (const [name, text] of lists) if (name.endsWith('lib/apk/db/installed')) read.push(readApk(text, system));
  const said = read.flatMap((one) => one.incomplete);
  if (rpm) said.push('the image holds a database of rpm, which is not read');
  if (read.length === 0) said.push('the image holds no list of packages of dpkg or apk');
  said.push('what an image holds beside its distribution’s packages is not seen: give the lock files too');
  return { packages: read.flatMap((one) => one.packages), direct: read.flatMap((one) => one.direct), incomplete: said };
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > LIST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
