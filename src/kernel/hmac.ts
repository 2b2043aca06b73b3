import { createHmac, hash } from 'node:crypto';

const BLOCK = 64;
const INNER = 0x36;
const OUTER = 0x5c;
/** What is signed is laid out here behind the padded key, so that one call hashes it all: most webhooks are a few kilobytes. */
const DESK = 64 * 1024;
const desk = Buffer.alloc(DESK);
const last = Buffer.alloc(BLOCK + 32);

/**
 * HMAC-SHA256 (RFC 2104, FIPS 198-1) of `head` and then `body`. The same as `createHmac` of Node, without the native object that
 * each of those leaves for the garbage collector: of a webhook that took more time than its hashing.
 */
export function hmacSha256(key: string | Uint8Array, head: string, body: string | Uint8Array): Buffer {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  const room = BLOCK + head.length * 3 + (typeof body === 'string' ? body.length * 3 : body.length);
  if (bytes.length > BLOCK || room > DESK) return createHmac('sha256', bytes).update(head).update(body).digest();
  pad(desk, bytes, INNER);
  let end = BLOCK + (head === '' ? 0 : desk.write(head, BLOCK));
  if (typeof body === 'string') end += desk.write(body, end);
  else {
    desk.set(body, end);
    end += body.length;
  }
  pad(last, bytes, OUTER);
  last.set(hash('sha256', desk.subarray(0, end), 'buffer'), BLOCK);
  const made = hash('sha256', last, 'buffer');
  desk.fill(0, 0, BLOCK);
  last.fill(0);
  return made;
}

function pad(into: Uint8Array, key: Uint8Array, mask: number): void {
  for (let at = 0; at < BLOCK; at += 1) into[at] = (key[at] ?? 0) ^ mask;
}
