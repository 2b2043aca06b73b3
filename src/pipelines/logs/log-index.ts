import { createHash } from 'node:crypto';

/**
 * The index of a sealed log: for each block of 256 KiB how many lines it ends, and its sha256, so that a range of lines
 * is found and verified without the rest. Form: one byte version (1), one byte that is 1 where the log ends with a line
 * break, then for each block four bytes (big-endian) of line breaks and 32 bytes of digest.
 */
export const BLOCK = 256 * 1024;
const HEAD = 2;
const ENTRY = 36;
const BREAK = 0x0a;

export type LogIndex = {
  readonly blocks: readonly { readonly breaks: number; readonly digest: Uint8Array }[];
  readonly endsWithBreak: boolean;
};

/** A place to begin reading: the byte where a part or block begins, and how many line breaks stand before it. */
export type Anchor = { readonly at: number; readonly before: number };

/** Builds an index of chunks of any size, in order. */
export function indexBuilder(): { add(chunk: Uint8Array): void; end(): Buffer } {
  const entries: Buffer[] = [];
  let hash = createHash('sha256');
  let [filled, breaks, last] = [0, 0, 0];
  const close = (): void => {
    const entry = Buffer.alloc(ENTRY);
    entry.writeUInt32BE(breaks, 0);
    hash.digest().copy(entry, 4);
    entries.push(entry);
    hash = createHash('sha256');
    [filled, breaks] = [0, 0];
  };
  return {
    add(chunk) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + BLOCK - filled);
        hash.update(part);
        breaks += countBreaks(part);
        filled += part.length;
        at += part.length;
        if (filled === BLOCK) close();
      }
      last = chunk.at(-1) ?? last;
    },
    end() {
      if (filled > 0) close();
      return Buffer.concat([Buffer.from([1, last === BREAK ? 1 : 0]), ...entries]);
    },
  };
}

/** Reads an index; null for one of another version or of an odd length. */
export function readIndex(bytes: Uint8Array): LogIndex | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEAD || buffer[0] !== 1 || (buffer.length - HEAD) % ENTRY !== 0) return null;
  const blocks = Array.from({ length: (buffer.length - HEAD) / ENTRY }, (_, index) => {
    const at = HEAD + index * ENTRY;
    return { breaks: buffer.readUInt32BE(at), digest: buffer.subarray(at + 4, at + ENTRY) };
  });
  return { blocks, endsWithBreak: buffer[1] === 1 };
}

/** The last block that begins before or at the start of the line after `breaks` line breaks. */
export function anchorIn(index: LogIndex, breaks: number): Anchor {
  let before = 0;
  for (const [at, block] of index.blocks.entries()) {
    // The break that the line stands behind lies in this block.
    if (before + block.breaks >= breaks) return { at: at * BLOCK, before };
    before += block.breaks;
  }
  return { at: Math.max(0, index.blocks.length - 1) * BLOCK, before: before - (index.blocks.at(-1)?.breaks ?? 0) };
}

export function countBreaks(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(BREAK); at !== -1; at = bytes.indexOf(BREAK, at + 1)) count += 1;
  return count;
}

/** How many lines a log has: what stands behind the last line break is one where it is not empty. */
export function linesIn(breaks: number, size: number, endsWithBreak: boolean): number {
  return breaks + (size > 0 && !endsWithBreak ? 1 : 0);
}
