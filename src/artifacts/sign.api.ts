import { canonicalBytes } from '../kernel/canonical.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Floor } from '../platform/floor.ts';
import { sealEvidence } from '../platform/keys/signing.commands.ts';
import { PAYLOAD_TYPE, type Statement } from './provenance/statement.ts';

/** Signs the canonical bytes of a statement with the key of evidence, and keeps the envelope. Never inside a transaction. */
export async function attest(floor: Floor, statement: Statement): Promise<{ readonly envelope: Digest; readonly key: string }> {
  const { keyId, ...envelope } = await sealEvidence(floor, PAYLOAD_TYPE, canonicalBytes(statement));
  return { envelope: (await floor.blobs.put(canonicalBytes(envelope))).digest, key: keyId };
}
