/** One append as a runner sent it: text that begins at byte `offset` of its log. */
export type Append = { readonly offset: number; readonly bytes: Uint8Array };

/** What becomes of an append: the bytes that are new, where they begin, and what is stored after it. */
export type Placed =
  | { readonly kind: 'stored'; readonly at: number; readonly bytes: Uint8Array; readonly stored: number }
  | { readonly kind: 'known'; readonly stored: number }
  | { readonly kind: 'gap'; readonly stored: number }
  | { readonly kind: 'full'; readonly stored: number };

/**
 * Places an append behind `stored` bytes. What was stored before is never written again, so a repeated or overlapping
 * append changes nothing (its sender lost our answer); a gap is refused, and the sender resumes from `stored`.
 */
export function placeAppend(stored: number, append: Append, limit: number): Placed {
  if (append.offset > stored) return { kind: 'gap', stored };
  const fresh = append.bytes.subarray(stored - append.offset);
  if (fresh.length === 0) return { kind: 'known', stored };
  if (stored + fresh.length > limit) return { kind: 'full', stored };
  return { kind: 'stored', at: stored, bytes: fresh, stored: stored + fresh.length };
}

/** The longest prefix of `bytes` that ends between two UTF-8 characters; bytes that are no UTF-8 pass as they are. */
export function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < length ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
