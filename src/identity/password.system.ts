import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt with N = 2^15, r = 8, p = 1 (OWASP's second line): about 32 MiB and 60 ms a guess. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 ** 2 };

export type Hashed = { readonly salt: Uint8Array; readonly hash: Uint8Array };

/** A salted hash of a password, for keeping. */
export async function hashPassword(password: string): Promise<Hashed> {
  const salt = randomBytes(16);
  return { salt, hash: await derive(password, salt) };
}

/** Whether `password` is the one that was hashed. Without a kept hash it takes as long and says no. */
export async function checkPassword(password: string, kept: Hashed | null): Promise<boolean> {
  const salt = kept?.salt ?? Buffer.alloc(16);
  const found = await derive(password, salt);
  return kept !== null && timingSafeEqual(found, kept.hash);
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, COST, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

/** How a bearer secret is kept: only as a digest. The secrets are 256 random bits, so a plain hash is enough. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
