/** What a look at a path found: a digest over all that the file system says of it, and when anything in it changed last (ns since 1970). */
export type Look = { readonly shape: string; readonly newest: bigint };

/** The clock of a file system ticks; two changes within one tick have the same time. */
const TICK = 50_000_000n;
/** Where times have no part below a second, the ticks are seconds (two on FAT). */
const COARSE = 2_000_000_000n;

/**
 * Whether times can tell that a path is as it was when it was read from `started` on (ns since 1970). What changed just
 * before the look could change again within the same tick and show the same time (git calls such an entry racily clean):
 * it is not to be trusted, and is read again the next time.
 */
export function trusted(newest: bigint, started: bigint): boolean {
  return newest + (newest % 1_000_000_000n === 0n ? COARSE : TICK) < started;
}
