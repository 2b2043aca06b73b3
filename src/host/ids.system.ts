import { randomBytes } from 'node:crypto';
import { makeId, type Id } from '../kernel/id.ts';

/** A new id from this machine's clock and randomness. */
export function newId<Prefix extends string>(prefix: Prefix): Id<Prefix> {
  return makeId(prefix, Date.now(), randomBytes(10));
}

/** `bytes` random bytes as lower-case hex. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
