import type { Floor } from '../../platform/floor.ts';
import { faultsOf, type Asked } from './claims.ts';
import { readCompact, type Compact } from './compact.ts';
import { issuerKeys } from './keys.system.ts';
import { isSigned, keysFor } from './signature.ts';

export type Verified = { readonly ok: true; readonly compact: Compact } | { readonly ok: false; readonly why: readonly string[] };

/**
 * Verifies a token of an issuer that a setting names: shape, signature with the issuer's published keys, and the claims
 * that every token has. May ask the issuer, so never inside a transaction. Throws where its keys can't be had: that is
 * no "no".
 */
export async function verifyToken(floor: Floor, token: string, asked: Asked): Promise<Verified> {
  const compact = readCompact(token);
  if ('wrong' in compact) return { ok: false, why: [compact.wrong] };
  const faults = faultsOf(compact.claims, asked);
  if (faults.length > 0) return { ok: false, why: faults };
  const keys = await issuerKeys(floor.egress).of(asked.issuer, (known) => keysFor(known, compact).length > 0);
  if (!(await isSigned(compact, keys))) {
    const known = keysFor(keys, compact).length > 0;
    return { ok: false, why: [known ? 'its signature is not the issuer’s' : 'the issuer publishes no key that it could be signed with'] };
  }
  return { ok: true, compact };
}
