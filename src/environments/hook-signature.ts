import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Millis } from '../kernel/time.ts';

/** A delivery is taken only this long before and after the instant that it was signed at. */
export const REPLAY_WINDOW: Millis = 5 * 60_000;

/** What a delivery says of itself, before anything of it is believed. */
export type DeliveryHeaders = { readonly timestamp: string | null; readonly delivery: string | null; readonly signature: string | null };

/**
 * The signature of a delivery: `sha256=` and the hex HMAC-SHA256 over timestamp, delivery id and the raw bytes, joined
 * by dots. Both belong to what is signed, so neither can be exchanged to send captured bytes again.
 */
export function signDelivery(secret: string, timestamp: string, delivery: string, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${delivery}.`).update(body).digest('hex')}`;
}

/** The delivery's id where the signature is right and its time is near `nowMs`, else null. Compares in constant time. */
export function verifyDelivery(secret: string, headers: DeliveryHeaders, body: Uint8Array, nowMs: number): string | null {
  const { timestamp, delivery, signature } = headers;
  if (timestamp === null || delivery === null || signature === null) return null;
  if (!/^\d{1,12}$/.test(timestamp) || !/^[A-Za-z0-9_-]{1,100}$/.test(delivery)) return null;
  const expected = Buffer.from(signDelivery(secret, timestamp, delivery, body));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return Math.abs(Number(timestamp) * 1000 - nowMs) <= REPLAY_WINDOW ? delivery : null;
}
