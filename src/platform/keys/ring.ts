import { createHash } from 'node:crypto';

/** A master key of 256 bits, and the name that is derived from it: the name may be stored and shown. */
export type RingKey = { readonly id: string; readonly key: Buffer };

/** Most keys of one ring: old ones are removed once nothing uses them. */
const MOST = 32;

/** The name of a master key: its first 16 hex digits under SHA-256 with a label of its own. */
export function ringKeyId(key: Uint8Array): string {
  return `file:${createHash('sha256').update('yardmaster master key\0').update(key).digest('hex').slice(0, 16)}`;
}

/**
 * Reads a key ring: one key a line, 32 bytes in base64; empty lines and `#` comments are left out. The first key is the
 * oldest. Answers why where a line is no key; the text itself never stands in the reason.
 */
export function readRing(text: string): { readonly keys: readonly RingKey[] } | { readonly why: string } {
  const keys: RingKey[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const key = Buffer.from(line, 'base64');
    if (key.length !== 32 || key.toString('base64') !== line) return { why: `line ${at + 1} is not 32 bytes in base64` };
    const id = ringKeyId(key);
    if (!keys.some((one) => one.id === id)) keys.push({ id, key });
    if (keys.length > MOST) return { why: `it holds more than ${MOST} keys` };
  }
  return { keys };
}

/** The ring as text, as `readRing` reads it. */
export function writeRing(keys: readonly RingKey[]): string {
  return keys.map(({ key }) => `${key.toString('base64')}\n`).join('');
}

/** Why a key file with these mode bits may not be used, or null: others may not read it, and nobody but its owner may write it. */
export function openTo(mode: number): string | null {
  if ((mode & 0o007) !== 0) return 'everybody on this machine may open it';
  return (mode & 0o020) === 0 ? null : 'its group may write it';
}
