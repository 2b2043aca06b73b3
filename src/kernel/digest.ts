import { createHash } from 'node:crypto';
import { canonicalBytes } from './canonical.ts';

/** `sha256:` and 64 lower-case hex digits: how bytes are named everywhere (OCI's digest form). */
export type Digest = `sha256:${string}`;

const FORM = /^sha256:[0-9a-f]{64}$/;

/** Whether `text` has the form of a digest. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && FORM.test(text);
}

/** The digest of `bytes` (a string is taken as UTF-8). */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digest of the canonical JSON of `value`; throws what `canonicalBytes` throws. */
export function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalBytes(value));
}

/** The 64 hex digits of a digest, without `sha256:`. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
