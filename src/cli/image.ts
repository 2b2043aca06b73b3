import { createReadStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createZstdDecompress } from 'node:zlib';
import { readTar } from '../host/archive.read.ts';
import { ARCHIVE_LIMITS } from '../host/archive-names.ts';
import type { ArchiveLimits } from '../host/archive-names.ts';
import { readApk, readDpkg, readOsRelease } from '../artifacts/sbom/locks/distribution.ts';
import type { Locked } from '../artifacts/sbom/package.ts';
import { noImage } from './sbom.problems.ts';

/** What an image may hold at most; it is read as a stream, and of its files only the lists of packages are kept. */
const LIMITS: ArchiveLimits = { ...ARCHIVE_LIMITS, bytes: 64 * 1024 ** 3, entries: 5_000_000 };
const LIST_BYTES = 64 * 1024 * 1024;
const MANIFEST_BYTES = 4 * 1024 * 1024;
const LAYERS = 500;

/** The files of an image that say what is installed, by their paths in it. */
const WANTED =
  /^(?:var\/lib\/dpkg\/status|var\/lib\/dpkg\/status\.d\/[^/]+|(?:usr\/)?lib\/apk\/db\/installed|etc\/os-release|usr\/lib\/os-release)$/;
const RPM = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/(?:rpmdb\.sqlite|Packages(?:\.db)?)$/;

type Blob = () => AsyncIterable<Uint8Array>;
type Descriptor = {
  readonly digest?: unknown;
  readonly mediaType?: unknown;
  readonly platform?: { readonly os?: unknown; readonly architecture?: unknown };
};

/**
 * The packages of an image, layer upon layer, as its last layer leaves them: Debian's and Alpine's lists. rpm keeps a
 * database of its own, which is not read: then the answer says that it is incomplete.
 */
export async function readImage(path: string): Promise<Locked> {
  const layers = statSync(path).isDirectory() ? await layersOfLayout(path) : await layersOfTar(path);
  const files = new Map<string, string>();
  let rpm = false;
  for (const layer of layers.slice(0, LAYERS)) {
    for await (const entry of readTar(plain(layer), LIMITS)) {
      const name = entry.name.replace(/^(?:\.?\/)+/, '');
      const at = name.lastIndexOf('/') + 1;
      if (name.slice(at) === '.wh..wh..opq') for (const file of files.keys()) if (file.startsWith(name.slice(0, at))) files.delete(file);
      if (name.slice(at).startsWith('.wh.')) {
        const gone = name.slice(0, at) + name.slice(at + 4);
        for (const file of files.keys()) if (file === gone || file.startsWith(`${gone}/`)) files.delete(file);
      }
      if (RPM.test(name)) rpm = true;
      if (entry.type === '0' && WANTED.test(name) && !name.endsWith('.md5sums')) files.set(name, await textOf(entry.bytes, LIST_BYTES));
    }
  }
  return fromFiles(files, rpm);
}

function fromFiles(files: ReadonlyMap<string, string>, rpm: boolean): Locked {
  const system = readOsRelease(files.get('etc/os-release') ?? files.get('usr/lib/os-release') ?? '');
  const lists = [...files].filter(([name]) => name.startsWith('var/lib/dpkg/status'));
  const read: Locked[] = [];
  if (lists.length > 0) read.push(readDpkg(lists.map(([, text]) => text.trimEnd()).join('\n\n'), system));
  for (const [name, text] of files) if (name.endsWith('lib/apk/db/installed')) read.push(readApk(text, system));
  const said = read.flatMap((one) => one.incomplete);
  if (rpm) said.push('the image holds a database of rpm, which is not read');
  if (read.length === 0) said.push('the image holds no list of packages of dpkg or apk');
  said.push('what an image holds beside its distribution’s packages is not seen: give the lock files too');
  return { packages: read.flatMap((one) => one.packages), direct: read.flatMap((one) => one.direct), incomplete: said };
}

async function layersOfLayout(folder: string): Promise<Blob[]> {
  const blob =
    (digest: string): Blob =>
    () =>
      createReadStream(join(folder, 'blobs', ...digestParts(digest)));
  const index = parse(await readFile(join(folder, 'index.json'), 'utf8'));
  return layersOf(index, blob);
}

/** A tar is read twice: once for where its blobs are, then each layer by itself. */
async function layersOfTar(path: string): Promise<Blob[]> {
  const small = new Map<string, string>();
  const open = (): AsyncIterable<Uint8Array> => createReadStream(path);
  for await (const entry of readTar(open(), LIMITS)) {
    const name = entry.name.replace(/^\.\//, '');
    if (entry.type === '0' && entry.size <= MANIFEST_BYTES && (/\.json$/.test(name) || /^blobs\/sha256\/[0-9a-f]{64}$/.test(name))) {
      const text = await textOf(entry.bytes, MANIFEST_BYTES);
      if (/^\s*[{[]/.test(text)) small.set(name, text);
    }
  }
  const member = (name: string): Blob =>
    async function* () {
      for await (const entry of readTar(open(), LIMITS)) if (entry.name.replace(/^\.\//, '') === name) yield* entry.bytes;
    };
  const index = small.get('index.json');
  if (index !== undefined) {
    const blob = (digest: string): Blob => {
      const name = `blobs/${digestParts(digest).join('/')}`;
      const text = small.get(name);
      return text === undefined
        ? member(name)
        : async function* () {
            yield Buffer.from(text);
          };
    };
    return layersOf(parse(index), blob);
  }
  const manifest = parse(small.get('manifest.json') ?? 'null');
  const first = Array.isArray(manifest) ? (manifest[0] as { Layers?: unknown } | undefined) : undefined;
  if (!Array.isArray(first?.Layers)) throw noImage({ path, why: 'it holds neither index.json nor manifest.json' });
  return (first.Layers as unknown[]).filter((name): name is string => typeof name === 'string').map(member);
}

/** The layers of the first image that an index leads to: of several platforms linux/amd64 where there is one. */
async function layersOf(index: unknown, blob: (digest: string) => Blob): Promise<Blob[]> {
  let document = index as { manifests?: readonly Descriptor[]; layers?: readonly Descriptor[] } | null;
  for (let level = 0; level < 4 && Array.isArray(document?.manifests); level += 1) {
    const images = document.manifests.filter((one) => one.platform?.os !== 'unknown');
    const chosen: Descriptor | undefined = images.find((one) => one.platform?.architecture === 'amd64') ?? images[0];
    if (typeof chosen?.digest !== 'string') throw noImage({ path: 'index.json', why: 'it names no manifest' });
    document = parse(await textOf(blob(chosen.digest)(), MANIFEST_BYTES)) as typeof document;
  }
  if (!Array.isArray(document?.layers)) throw noImage({ path: 'the manifest', why: 'it names no layers' });
  return document.layers.map((layer) => {
    if (typeof layer.digest !== 'string') throw noImage({ path: 'the manifest', why: 'a layer has no digest' });
    return blob(layer.digest);
  });
}

function digestParts(digest: string): [string, string] {
  const [, algorithm, hex] = /^(sha256|sha512):([0-9a-f]{64,128})$/.exec(digest) ?? [];
  if (algorithm === undefined || hex === undefined) throw noImage({ path: 'the manifest', why: 'a digest in it is none' });
  return [algorithm, hex];
}

/** A layer's bytes as readTar takes them: tar and tar.gz as they are, zstd unpacked. */
async function* plain(blob: Blob): AsyncGenerator<Uint8Array> {
  const source = blob()[Symbol.asyncIterator]();
  const first = await source.next();
  if (first.done === true) return;
  const rest = (async function* () {
    yield first.value;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  })();
  const isZstd = Buffer.from(first.value.subarray(0, 4)).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
  if (!isZstd) return yield* rest;
  const { Readable } = await import('node:stream');
  yield* Readable.from(rest).pipe(createZstdDecompress()) as AsyncIterable<Uint8Array>;
}

async function textOf(bytes: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limit) throw noImage({ path: 'a list in it', why: `it is larger than ${limit} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw noImage({ path: 'a manifest', why: 'it is no JSON' });
  }
}
