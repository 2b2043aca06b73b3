import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';

const MOST_FILES = 50;
const RATIO = 200;
const PACKED = 64 * 1024 * 1024;
const [END, CENTRAL, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];

/** One file of an archive. Its name is a word for people: it is never resolved, and nothing is written anywhere. */
export type ZippedFile = { readonly name: string; readonly bytes: ByteStream };

export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/**
 * The files of a ZIP (APPNOTE 6.3, stored or deflated), by its central directory. Refused: more than 64 MB packed or 50
 * files, encryption, ZIP64, an entry that points outside the archive or unpacks to more than it says, or to more than
 * 200 times its size.
 */
export async function unzip(bytes: ByteStream): Promise<readonly ZippedFile[]> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > PACKED) throw new ReportFault('the archive is larger than 64 MB');
    parts.push(chunk);
  }
  const archive = Buffer.concat(parts);
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > archive.length || archive.readUInt32LE(end) !== END) throw broken('it has no directory: it is cut short');
  const count = archive.readUInt16LE(end + 10);
  if (count > MOST_FILES) throw new ReportFault(`the archive holds more than ${MOST_FILES} files`);
  const files: ZippedFile[] = [];
  let unpacked = 0;
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== CENTRAL) throw broken('its directory is damaged');
    const [nameSize, extra, comment] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32)];
    const name = archive.subarray(at + 46, at + 46 + nameSize).toString('utf8');
    const entry = {
      name,
      flags: archive.readUInt16LE(at + 8),
      method: archive.readUInt16LE(at + 10),
      packed: archive.readUInt32LE(at + 20),
      full: archive.readUInt32LE(at + 24),
      from: archive.readUInt32LE(at + 42),
    };
    at += 46 + nameSize + extra + comment;
    if (name.endsWith('/')) continue;
    unpacked += entry.full;
    if (unpacked > LIMITS.bytes) throw new ReportFault('unpacked, the archive is larger than 200 MB');
    files.push({ name, bytes: contentOf(archive, entry) });
  }
  if (files.length === 0) throw new ReportFault('the archive holds no file', 'empty');
  return files;
}

type Entry = {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly packed: number;
  readonly full: number;
  readonly from: number;
};

async function* contentOf(archive: Buffer, { name, flags, method, packed, full, from }: Entry): AsyncGenerator<Uint8Array> {
  const what = JSON.stringify(name.slice(0, 100));
  if ((flags & 1) !== 0) throw broken(`${what} is encrypted`);
  if (from + 30 > archive.length || archive.readUInt32LE(from) !== LOCAL) throw broken(`${what} is not where the directory says`);
  const start = from + 30 + archive.readUInt16LE(from + 26) + archive.readUInt16LE(from + 28);
  if (start + packed > archive.length) throw broken(`${what} goes past the end of the archive`);
  const content = archive.subarray(start, start + packed);
  if (method !== 0 && method !== 8) throw broken(`${what} is packed by the method ${method}, and stored and deflate are read`);
  if (full > 1024 * 1024 && full > packed * RATIO) throw broken(`${what} unpacks to more than ${RATIO} times its size`);
  let made = 0;
  try {
    for await (const chunk of method === 0 ? [content] : inflated(content)) {
      made += chunk.length;
      if (made > full) throw broken(`${what} is larger than the directory says`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ReportFault) throw error;
    throw broken(`${what} can't be unpacked`);
  }
  if (made !== full) throw broken(`${what} is smaller than the directory says`);
}

function inflated(content: Uint8Array): AsyncIterable<Uint8Array> {
  const packed = new Blob([new Uint8Array(content)]).stream();
  return packed.pipeThrough(new DecompressionStream('deflate-raw')) as unknown as AsyncIterable<Uint8Array>;
}

function broken(why: string): ReportFault {
  return new ReportFault(`the archive can't be read: ${why}`);
}
