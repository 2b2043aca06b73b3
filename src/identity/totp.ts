import { createHmac, timingSafeEqual } from 'node:crypto';

/** Time-based one-time passwords: RFC 6238 over RFC 4226, SHA-1, six digits, steps of 30 seconds, as authenticators do. */

const STEP_MS = 30_000;
const DIGITS = 6;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The step of an instant, in milliseconds since 1970. */
export function stepAt(ms: number): number {
  return Math.floor(ms / STEP_MS);
}

/** The code of `secret` at a step, with `digits` digits (RFC 4226, 5.3). */
export function codeAt(secret: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = (mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits;
  return String(number).padStart(digits, '0');
}

/**
 * The step whose code this is, among the one now and its neighbours (clocks differ), or null. A step at or before
 * `lastStep` was used already: a code that somebody saw over a shoulder is worth nothing.
 */
export function matchingStep(secret: Uint8Array, code: string, nowMs: number, lastStep: number): number | null {
  const now = stepAt(nowMs);
  let found: number | null = null;
  for (const step of [now - 1, now, now + 1]) if (step > lastStep && same(codeAt(secret, step), code)) found ??= step;
  return found;
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Bytes in base 32 without padding (RFC 4648, 6): how authenticators take a secret. */
export function toBase32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** The address that an authenticator reads from a QR code or a link (the Key URI format). */
export function keyUri(secret: string, account: string, issuer: string): string {
  const [who, by] = [encodeURIComponent(account), encodeURIComponent(issuer)];
  return `otpauth://totp/${by}:${who}?secret=${secret}&issuer=${by}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`;
}
