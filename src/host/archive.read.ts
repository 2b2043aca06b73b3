import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ArchiveLimits } from './archive-names.ts';
import { archiveTooLarge, unreadableArchive } from './archive.problems.ts';
import { BLOCK, parsePax, parseTarHeader, type TarHeader } from './tar-header.ts';

/** An entry and its bytes; the bytes must be taken or left before the next entry is asked for. */
export type TarEntry = TarHeader & { readonly bytes: AsyncIterable<Uint8Array> };

/** Long names and pax records larger than this are nobody's names. */
const MAX_META = 1024 ** 2;
/** How a frame of Zstandard begins (RFC 8878). */
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The entries of a tar, tar.gz or tar.zst, long names resolved. Reads to the very end, so that a checksum at the end counts. */
export async function* readTar(packed: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncGenerator<TarEntry> {
  const source = new Source(unzipped(packed, limits));
  const common = new Map<string, string>();
  let own = new Map<string, string>();
  for (;;) {
    const block = await source.take(BLOCK);
    if (block === null) throw unreadableArchive({ why: source.any ? 'it ends without its closing block' : 'it is empty' });
    const header = parseTarHeader(block);
    if (header === 'end') break;
    if ('why' in header) throw unreadableArchive(header);
    if ('xgLK'.includes(header.type)) {
      const records = await metadata(source, header);
      if (header.type === 'g') for (const [key, value] of records) common.set(key, value);
      else own = new Map([...own, ...records]);
      continue;
    }
    const entry = described(header, new Map([...common, ...own]));
    own = new Map();
    const body = source.part(entry.size);
    yield { ...entry, bytes: body };
    for await (const _ of body);
    await source.skip((BLOCK - (entry.size % BLOCK)) % BLOCK);
  }
  await source.drain();
}

async function metadata(source: Source, header: TarHeader): Promise<ReadonlyMap<string, string>> {
  if (header.size > MAX_META) throw unreadableArchive({ why: 'a name in it is longer than any name' });
  const bytes = await source.take(header.size);
  if (bytes === null) throw unreadableArchive({ why: 'it ends within a header' });
  await source.skip((BLOCK - (header.size % BLOCK)) % BLOCK);
  const name = () => Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');
  if (header.type === 'L') return new Map([['path', name()]]);
  if (header.type === 'K') return new Map([['linkpath', name()]]);
  const records = parsePax(bytes);
  if (records === null) throw unreadableArchive({ why: 'a pax header is malformed' });
  return records;
}

function described(header: TarHeader, records: ReadonlyMap<string, string>): TarHeader {
  for (const key of records.keys()) if (key.startsWith('GNU.sparse')) throw unreadableArchive({ why: 'sparse files are not taken' });
  const size = records.get('size');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw unreadableArchive({ why: 'a pax header holds a size that is none' });
  const name = records.get('path') ?? header.name;
  const file = header.type === '0' || header.type === '5';
  return {
    ...header,
    name,
    type: header.type === '0' && name.endsWith('/') ? '5' : header.type,
    link: records.get('linkpath') ?? header.link,
    // Only files have content; a size on anything else would let two readers disagree on where the next header is.
    size: size === undefined ? header.size : file ? Number(size) : header.size,
  };
}

async function* unzipped(packed: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncGenerator<Uint8Array> {
  let taken = 0;
  const counted = (async function* () {
    for await (const chunk of packed) {
      taken += chunk.length;
      if (chunk.length > 0) yield chunk;
    }
  })();
  const first = await counted.next();
  if (first.done === true) return;
  const all = (async function* () {
    yield first.value;
    yield* counted;
  })();
  const isGzip = first.value[0] === 0x1f && (first.value[1] ?? 0x8b) === 0x8b;
  if (!isGzip && !ZSTD.equals(first.value.subarray(0, ZSTD.length))) return yield* all;
  const unpack = isGzip ? createGunzip() : createZstdDecompress();
  const source = Readable.from(all, { objectMode: false });
  source.on('error', (error) => unpack.destroy(error));
  let made = 0;
  try {
    for await (const chunk of source.pipe(unpack) as AsyncIterable<Buffer>) {
      made += chunk.length;
      if (made > 64 * 1024 ** 2 && made > taken * limits.ratio)
        throw archiveTooLarge({ what: 'bytes for each packed byte', limit: limits.ratio });
      if (made > limits.bytes + limits.entries * 2 * BLOCK) throw archiveTooLarge({ what: 'bytes', limit: limits.bytes });
      yield chunk;
    }
  } catch (error) {
    // zlib's words about broken bytes are about the archive; everything else keeps its own name.
    if (error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_)/.test(String(error.code)))
      throw unreadableArchive({ why: error.message });
    throw error;
  }
}

/** Bytes in the sizes that the reader asks for. */
class Source {
  any = false;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At least one byte and at most `limit`, or null at the end. */
  async #some(limit: number): Promise<Uint8Array | null> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return null;
      this.#rest = next.value;
      this.any = true;
    }
    const some = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(some.length);
    return some;
  }

  /** Exactly `size` bytes, or null where fewer are left. */
  async take(size: number): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    for (let missing = size; missing > 0;) {
      const some = await this.#some(missing);
      if (some === null) return null;
      parts.push(some);
      missing -= some.length;
    }
    return parts.length === 1 ? (parts[0] ?? null) : Buffer.concat(parts);
  }

  /** The next `size` bytes as they come; iterating again goes on where it stopped. */
  part(size: number): AsyncIterable<Uint8Array> {
    let missing = size;
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      if (missing === 0) return { done: true, value: undefined };
      const some = await this.#some(missing);
      if (some === null) throw unreadableArchive({ why: 'it ends within a file' });
      missing -= some.length;
      return { done: false, value: some };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async skip(size: number): Promise<void> {
    if ((await this.take(size)) === null && size > 0) throw unreadableArchive({ why: 'it ends within a file' });
  }

  async drain(): Promise<void> {
    while ((await this.#some(2 ** 20)) !== null);
  }
}
