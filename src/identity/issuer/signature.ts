import { compactVerify, importJWK, type JWK } from 'jose';
import type { Compact } from './compact.ts';

/** The least that an RSA key must have, as RFC 7518 asks. */
const RSA_BITS = 2048;
/** Keys that share a name: more than an issuer ever has at once, and few enough to try. */
const TRIED = 4;

/**
 * The keys of a JWK set (RFC 7517) that may verify this token: for signatures, of its algorithm, and with its `kid`. A token
 * without one is verified where the set leaves no choice.
 */
export function keysFor(keys: readonly JWK[], { header }: Compact): readonly JWK[] {
  const fitting = keys.filter((key) => fits(key, header.alg));
  if (header.kid !== null) return fitting.filter((key) => key.kid === header.kid).slice(0, TRIED);
  return fitting.length === 1 ? fitting : [];
}

/** Whether one of these keys made the token's signature. */
export async function isSigned(compact: Compact, keys: readonly JWK[]): Promise<boolean> {
  const { alg } = compact.header;
  for (const key of keysFor(keys, compact)) {
    try {
      await compactVerify(compact.token, await importJWK(publicPart(key), alg), { algorithms: [alg] });
      return true;
    } catch {
      // Not by this key. Why is of no use to anybody: a signature is right or it is not.
    }
  }
  return false;
}

function fits(key: JWK, alg: string): boolean {
  if (key.use !== undefined && key.use !== 'sig') return false;
  if (key.key_ops !== undefined && (!Array.isArray(key.key_ops) || !key.key_ops.includes('verify'))) return false;
  if (key.alg !== undefined && key.alg !== alg && !(alg === 'EdDSA' && key.alg === 'Ed25519')) return false;
  if (alg.startsWith('RS') || alg.startsWith('PS')) return key.kty === 'RSA' && bitsOf(key.n) >= RSA_BITS;
  if (alg === 'EdDSA') return key.kty === 'OKP' && key.crv === 'Ed25519';
  return key.kty === 'EC' && key.crv === CURVES[alg];
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function bitsOf(modulus: string | undefined): number {
  const bytes = Buffer.from(modulus ?? '', 'base64url');
  const from = bytes.findIndex((byte) => byte !== 0);
  return from === -1 ? 0 : (bytes.length - from) * 8 - Math.clz32(bytes[from] ?? 0) + 24;
}

/** What of a key verifies: a set that shows private parts is no reason to use them. */
function publicPart({ kty, n, e, crv, x, y }: JWK): JWK {
  return Object.fromEntries(Object.entries({ kty, n, e, crv, x, y }).filter((entry) => entry[1] !== undefined)) as JWK;
}
