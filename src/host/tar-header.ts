/** One header block of a tar archive (POSIX.1-2001 ustar with pax, and GNU's long names), read strictly. */
export type TarHeader = {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  /** The type byte as a character; `0` also for the NUL and `7` that mean a plain file. */
  readonly type: string;
  readonly link: string;
  /** When it was last changed, in seconds since 1970; null: not said. */
  readonly modified: number | null;
  /** `uid:gid` and the names beside them, as the header has them. */
  readonly owner: string;
};

export const BLOCK = 512;

/** The header in a block of 512 bytes, `'end'` for a block of zeros, or why it is none. */
export function parseTarHeader(block: Uint8Array): TarHeader | 'end' | { readonly why: string } {
  if (block.every((byte) => byte === 0)) return 'end';
  const sum = octal(block, 148, 8);
  if (sum === null || sum !== checksum(block)) return { why: 'a header has the wrong checksum' };
  const size = octal(block, 124, 12);
  const mode = octal(block, 100, 8);
  if (size === null || mode === null) return { why: 'a header holds a number that is none' };
  const ustar = text(block, 257, 5) === 'ustar' && block[262] === 0;
  const prefix = ustar ? text(block, 345, 155) : '';
  const name = prefix === '' ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`;
  const byte = block[156] ?? 0;
  const plain = byte === 0 || byte === 0x30 || byte === 0x37;
  // Before POSIX a folder was a file whose name ends in a slash.
  const type = plain ? (name.endsWith('/') ? '5' : '0') : String.fromCharCode(byte);
  const owner = `${octal(block, 108, 8) ?? ''}:${octal(block, 116, 8) ?? ''} ${text(block, 265, 32)}:${text(block, 297, 32)}`;
  return { name, mode, size, type, link: text(block, 157, 100), modified: octal(block, 136, 12), owner };
}

/** The records of a pax header (`27 path=some/name\n`), or null where one is malformed. */
export function parsePax(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  const records = new Map<string, string>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length;) {
    const space = buffer.indexOf(0x20, at);
    const digits = space < 0 ? '' : buffer.toString('latin1', at, space);
    const length = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = buffer.indexOf(0x3d, space);
    if (length === 0 || end > buffer.length || buffer[end - 1] !== 0x0a || equals < 0 || equals >= end) return null;
    records.set(buffer.toString('utf8', space + 1, equals), buffer.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** The unsigned sum of all bytes, the checksum field itself taken as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum;
}

function text(block: Uint8Array, at: number, length: number): string {
  const end = block.subarray(at, at + length).indexOf(0);
  return Buffer.from(block.subarray(at, at + (end < 0 ? length : end))).toString('utf8');
}

/** An octal number, or GNU's base-256 where the first bit is set; null for anything else and beyond 2^53. */
function octal(block: Uint8Array, at: number, length: number): number | null {
  const field = block.subarray(at, at + length);
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = Buffer.from(field).toString('latin1').replace(/\0.*$/s, '').trim();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** What stands in the archives that we write: no owners and no times, so that the same content makes the same bytes. */
export type NewEntry = {
  readonly path: string;
  readonly type: '0' | '2' | '5';
  readonly mode: number;
  readonly size: number;
  readonly link: string;
};

/** The header blocks of an entry (POSIX.1-2001 ustar; what does not fit stands in a pax header before it). */
export function makeTarHeader({ path, type, mode, size, link }: NewEntry): Buffer {
  const name = type === '5' ? `${path}/` : path;
  const records = [
    ...(fits(name) ? [] : [paxRecord('path', name)]),
    ...(link === '' || fits(link) ? [] : [paxRecord('linkpath', link)]),
    ...(size < 8 ** 11 ? [] : [paxRecord('size', String(size))]),
  ];
  const own = headerBlock({ name: fits(name) ? name : 'long', type, mode, size: size < 8 ** 11 ? size : 0, link: fits(link) ? link : '' });
  if (records.length === 0) return own;
  const pax = Buffer.from(records.join(''));
  const head = headerBlock({ name: 'pax', type: 'x', mode: 0o644, size: pax.length, link: '' });
  return Buffer.concat([head, pax, Buffer.alloc((BLOCK - (pax.length % BLOCK)) % BLOCK), own]);
}

function headerBlock(entry: { name: string; type: string; mode: number; size: number; link: string }): Buffer {
  const block = Buffer.alloc(BLOCK);
  const number = (value: number, at: number, digits: number): void =>
    void block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.write(entry.name, 0, 100, 'utf8');
  number(entry.mode, 100, 7);
  number(0, 108, 7);
  number(0, 116, 7);
  number(entry.size, 124, 11);
  number(0, 136, 11);
  block.write(entry.type, 156, 'latin1');
  block.write(entry.link, 157, 100, 'utf8');
  block.write('ustar\x0000', 257, 'latin1');
  number(checksum(block), 148, 6);
  block.write('\0 ', 154, 'latin1');
  return block;
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= 100;
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
