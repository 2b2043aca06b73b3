/** An id is a typed prefix and a UUIDv7 in 32 hex digits: `rel_01932f...`. It is never used for ordering. */
export type Id<Prefix extends string = string> = `${Prefix}_${string}`;

const FORM = /^([a-z]{2,5})_([0-9a-f]{32})$/;

/**
 * An id from a time in milliseconds and 10 random bytes (RFC 9562, version 7). Both are parameters, because this file
 * reads neither clock nor randomness; `host/ids.system.ts` supplies them.
 */
export function makeId<Prefix extends string>(prefix: Prefix, nowMs: number, random: Uint8Array): Id<Prefix> {
  // Without a buffer or a big integer in between: a server that takes webhooks makes thousands a second.
  const hex = (at: number): string => HEX[random[at] ?? 0] ?? '';
  const time = Math.trunc(nowMs).toString(16).padStart(12, '0');
  const version = HEX[((random[0] ?? 0) & 0x0f) | 0x70] ?? '';
  const variant = HEX[((random[2] ?? 0) & 0x3f) | 0x80] ?? '';
  return `${prefix}_${time}${version}${hex(1)}${variant}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`;
}

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** The prefix of an id, or null where `text` has not the form of one. */
export function prefixOf(text: string): string | null {
  return FORM.exec(text)?.[1] ?? null;
}

/** Whether `text` is an id with this prefix. */
export function isId<Prefix extends string>(prefix: Prefix, text: unknown): text is Id<Prefix> {
  return typeof text === 'string' && prefixOf(text) === prefix;
}
