import { z } from 'zod';
import type { Check, ReadFact } from './check.ts';
import { checked } from './check.ts';
import type { Trust } from './format.ts';

const ADDED = 'signing-key.added';
const REVOKED = 'signing-key.revoked';
const revoked = z.object({ key: z.string(), from: z.string() });

/**
 * What is trusted, less what the ledger says has ended: a revocation that the bundle proves counts also where the trust file is
 * older than it. The other way round nothing is added: a bundle makes no key trusted.
 */
export function lessRevoked(trust: Trust, facts: readonly ReadFact[]): Trust {
  const ends = endsOf(facts);
  const keys = trust.keys.map((key) => {
    const from = [key.revokedFrom, ends.get(key.keyId)].filter((one) => one !== undefined).sort()[0];
    return from === undefined ? key : { ...key, revokedFrom: from };
  });
  return { ...trust, keys };
}

/** The key of the manifest is none that the ledger of the bundle ended. */
export function checkKeys(manifestKey: string, facts: readonly ReadFact[]): Check {
  const ends = endsOf(facts);
  const added = facts.filter(({ leaf }) => leaf.type === ADDED).length;
  const wrong = ends.has(manifestKey) ? [`the key that signed the manifest was revoked from ${ends.get(manifestKey)} on`] : [];
  return checked('keys', wrong, `${added} keys were announced in the ledger, ${ends.size} ended`);
}

/** From when on each key that was revoked counts no more; of several revocations the earliest. */
function endsOf(facts: readonly ReadFact[]): ReadonlyMap<string, string> {
  const ends = new Map<string, string>();
  for (const { leaf } of facts) {
    const body = leaf.type === REVOKED ? revoked.safeParse(leaf.body).data : undefined;
    const before = body === undefined ? undefined : ends.get(body.key);
    if (body !== undefined && (before === undefined || body.from < before)) ends.set(body.key, body.from);
  }
  return ends;
}
