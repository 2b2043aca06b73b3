import type { AnswerOf } from '../contract/route.ts';
import type { recordAttestation } from '../contract/record.ts';

/** Who signed a statement that was handed in, in a few words. */
export function signerWords({
  key,
  identity,
  unsigned,
}: Pick<AnswerOf<typeof recordAttestation>, 'key' | 'identity' | 'unsigned'>): string {
  if (key !== null) return `signed by the key ${key.name}`;
  if (identity === null) return `signed by nobody registered: ${unsigned ?? 'its signature is of no key or identity that is'}`;
  const from = identity.repository === null ? '' : ` of ${identity.repository}${identity.ref === null ? '' : ` at ${identity.ref}`}`;
  return `signed by ${identity.subject}${from}, as ${identity.issuer} attests (identity ${identity.name})`;
}
