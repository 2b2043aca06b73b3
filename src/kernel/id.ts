/** An id is a typed prefix and a UUIDv7 in 32 hex digits: `rel_01932f...`. It is never used for ordering. */
export type Id<Prefix extends string = string> = `${Prefix}_${string}`;

const FORM = /^([a-z]{2,5})_([0-9a-f]{32})$/;

/**
 * An id from a time in milliseconds and 10 random bytes (RFC 9562, version 7). Both are parameters, because this file
 * reads neither clock nor randomness; `host/ids.system.ts` supplies them.
 */
export function makeId<Prefix extends string>(prefix: Prefix, nowMs: number, random: Uint8Array): Id<Prefix> {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.trunc(nowMs)) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `${prefix}_${Buffer.from(bytes).toString('hex')}`;
}

/** The prefix of an id, or null where `text` has not the form of one. */
export function prefixOf(text: string): string | null {
  return FORM.exec(text)?.[1] ?? null;
}

/** Whether `text` is an id with this prefix. */
export function isId<Prefix extends string>(prefix: Prefix, text: unknown): text is Id<Prefix> {
  return typeof text === 'string' && prefixOf(text) === prefix;
}
