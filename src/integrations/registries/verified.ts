import { createHash } from 'node:crypto';
import type { Digest } from '../../kernel/digest.ts';

/** Why bytes on their way are not those that were meant. */
export type NotThose = (found: string) => Error;

/**
 * Passes bytes on while it hashes them. The last piece is held back until the digest and the size are right, so that
 * nobody behind it ever has the whole of what is wrong; throws what `notThose` makes of what was found instead.
 */
export async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  expected: { readonly digest: Digest; readonly size: number },
  notThose: NotThose,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  let held: Uint8Array | null = null;
  for await (const part of bytes) {
    size += part.length;
    if (size > expected.size) throw notThose(`more than ${expected.size} bytes`);
    hash.update(part);
    if (held !== null) yield held;
    held = part;
  }
  if (size !== expected.size) throw notThose(`${size} bytes`);
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== expected.digest) throw notThose(found);
  if (held !== null) yield held;
}

/** The same bytes in pieces of exactly `size`, the last one shorter. One piece is in memory at a time. */
export async function* inPieces(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let kept = 0;
  for await (const part of bytes) {
    for (let at = 0; at < part.length;) {
      const take = part.subarray(at, at + size - kept);
      parts.push(take);
      kept += take.length;
      at += take.length;
      if (kept < size) continue;
      yield Buffer.concat(parts);
      parts = [];
      kept = 0;
    }
  }
  if (kept > 0) yield Buffer.concat(parts);
}
