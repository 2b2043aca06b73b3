/**
 * What has to end by itself ends well within this, in milliseconds, also on a machine that is slow and shared; what hangs,
 * or takes more than linear time on a large hostile text, takes minutes or for ever. How fast things are is measured in
 * bench/, beside something else in the same run, and never here.
 */
export const TOO_LONG_MS = 20_000;
