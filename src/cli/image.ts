import { createReadStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTar } from '../host/archive.read.ts';
import { LAYER_LIMITS } from '../host/archive-names.ts';
import { addLayer, LIST_BYTES, MOST_LAYERS, noFiles, packagesOfImage } from '../artifacts/sbom/image.ts';
import type { Locked } from '../artifacts/sbom/package.ts';
import { noImage } from './sbom.problems.ts';

const MANIFEST_BYTES = 4 * 1024 * 1024;

type Blob = () => AsyncIterable<Uint8Array>;
type Descriptor = {
  readonly digest?: unknown;
  readonly mediaType?: unknown;
  readonly platform?: { readonly os?: unknown; readonly architecture?: unknown };
};

/** The packages of an image in a folder or a tar, layer upon layer, see `packagesOfImage`. */
export async function readImage(path: string): Promise<Locked> {
  const layers = statSync(path).isDirectory() ? await layersOfLayout(path) : await layersOfTar(path);
  const files = noFiles();
  for (const layer of layers.slice(0, MOST_LAYERS)) {
    const large = await addLayer(files, readTar(layer(), LAYER_LIMITS));
    if (large !== null) throw noImage({ path: large, why: `it is larger than ${LIST_BYTES} bytes` });
  }
  return packagesOfImage(files);
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
  for await (const entry of readTar(open(), LAYER_LIMITS)) {
    const name = entry.name.replace(/^\.\//, '');
    if (entry.type === '0' && entry.size <= MANIFEST_BYTES && (/\.json$/.test(name) || /^blobs\/sha256\/[0-9a-f]{64}$/.test(name))) {
      const text = await textOf(entry.bytes, MANIFEST_BYTES);
      if (/^\s*[{[]/.test(text)) small.set(name, text);
    }
  }
  const member = (name: string): Blob =>
    async function* () {
      for await (const entry of readTar(open(), LAYER_LIMITS)) if (entry.name.replace(/^\.\//, '') === name) yield* entry.bytes;
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
