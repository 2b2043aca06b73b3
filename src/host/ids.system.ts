import { randomBytes, randomFillSync } from 'node:crypto';
import { makeId, type Id } from '../kernel/id.ts';

/** Randomness for ids is drawn for many at a time: a server that takes webhooks makes thousands a second. Each byte is used once. */
const pool = Buffer.allocUnsafe(4000);
let used = pool.length;

/** A new id from this machine's clock and randomness. Ids are no secrets. */
export function newId<Prefix extends string>(prefix: Prefix): Id<Prefix> {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 10;
  return makeId(prefix, Date.now(), pool.subarray(used - 10, used));
}

/** `bytes` random bytes as lower-case hex: for secrets. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
