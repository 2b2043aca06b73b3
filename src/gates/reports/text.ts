import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';

/**
 * Bytes into text, in chunks. Bytes that are no text in their encoding refuse the whole report, as do more bytes than
 * the limit. An XML declaration may name its encoding; a byte order mark wins over it.
 */
export async function* decodeText(bytes: ByteStream, limit: number = LIMITS.bytes): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let seen = 0;
  for await (const chunk of withHead(bytes)) {
    seen += chunk.length;
    if (seen > limit) throw new ReportFault(`the file is larger than ${Math.round(limit / 1024 / 1024)} MB`);
    decoder ??= decoderFor(chunk);
    yield decode(decoder, chunk);
  }
  if (decoder === null) throw new ReportFault('the file is empty', 'empty');
  yield decode(decoder);
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new ReportFault(`the file is not text in ${decoder.encoding}`);
  }
}

/** The first chunk of at least 200 bytes where there are so many: an encoding is recognised by the head. */
async function* withHead(bytes: ByteStream): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | null = new Uint8Array(0);
  for await (const chunk of bytes) {
    if (head === null) yield chunk;
    else {
      head = Buffer.concat([head, chunk]);
      if (head.length < 200) continue;
      yield head;
      head = null;
    }
  }
  if (head !== null && head.length > 0) yield head;
}

const ENCODING = /^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/;

/**
 * UTF-16 by its byte order mark, or without one by a first character that only it writes so (XML 1.0, appendix F); null
 * for anything else.
 */
export function utf16Of(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [a, b, c, d] = head;
  if ((a === 0xff && b === 0xfe) || (FIRST.has(a ?? 0) && b === 0 && c !== 0 && d === 0)) return 'utf-16le';
  return (a === 0xfe && b === 0xff) || (a === 0 && FIRST.has(b ?? 0) && c === 0 && d !== 0) ? 'utf-16be' : null;
}
/** What a document begins with: `<`, `{`, `[`. */
const FIRST: ReadonlySet<number> = new Set([0x3c, 0x7b, 0x5b]);

function decoderFor(head: Uint8Array): InstanceType<typeof TextDecoder> {
  const wide = utf16Of(head);
  if (wide !== null) return new TextDecoder(wide, { fatal: true });
  const named = ENCODING.exec(Buffer.from(head.subarray(0, 200)).toString('latin1'))?.[1]?.toLowerCase() ?? 'utf-8';
  // A declaration that can be read byte by byte is not in UTF-16, whatever it says of itself.
  const label = named.startsWith('utf-16') || named.startsWith('ucs') ? 'utf-8' : named;
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    throw new ReportFault(`the file names an unknown encoding: ${named}`);
  }
}

/** The lines of a text stream, without their ends. A line longer than the limit refuses the report. */
export async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest: string[] = [];
  let length = 0;
  for await (const chunk of text) {
    const lines = chunk.split('\n');
    // Joined only when its end is there: a line in many pieces is copied once.
    const open = lines.pop() ?? '';
    const [first, ...others] = lines;
    if (first !== undefined) {
      for (const line of [[...rest, first].join(''), ...others]) yield line.endsWith('\r') ? line.slice(0, -1) : line;
      rest = [];
      length = 0;
    }
    rest.push(open);
    length += open.length;
    if (length > LIMITS.text) throw new ReportFault('a line is too long');
  }
  if (length > 0) yield rest.join('');
}

/** A whole number written in decimal digits, or null: no signs, exponents or spaces. */
export function wholeNumber(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return null;
  return Number(text);
}

/** Milliseconds from decimal seconds (`1.25`, `1,234.5`, `1e-3`), or null. */
export function secondsToMs(text: string | undefined): number | null {
  if (text === undefined || text.length > 40) return null;
  const plain = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text.replace(/^(\d+),(\d+)$/, '$1.$2');
  const seconds = /^\+?\d*\.?\d+(?:[eE][-+]?\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
  const ms = Math.round(seconds * 1000);
  return Number.isSafeInteger(ms) ? ms : null;
}
