import { z } from 'zod';
import type { Digest } from '../../kernel/digest.ts';
import type { Envelope } from '../../kernel/dsse.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Tx } from '../../platform/floor.ts';
import { envelopeOfBundle } from './foreign.ts';
import type { Signed } from './signers.ts';

const ENVELOPE_LIMIT = 1024 ** 2;
const envelopeSchema = z.strictObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string() })).max(10),
});

/** A stored envelope, or null where its bytes are gone, damaged or of another form: the rule makes that "unknown". */
export async function readEnvelope(tx: Tx, digest: Digest): Promise<Envelope | null> {
  return envelopeSchema.safeParse(await readJson(tx, digest)).data ?? null;
}

/** A stored signed statement of somebody else: an envelope or a Sigstore bundle of one; null as for an envelope. */
export async function readSigned(tx: Tx, digest: Digest): Promise<Signed | null> {
  const value = await readJson(tx, digest);
  const envelope = envelopeSchema.safeParse(value).data;
  if (envelope !== undefined) return { envelope };
  const inner = envelopeOfBundle(value);
  return inner === null ? null : { envelope: inner, bundle: value as object };
}

/** A stored JSON document, or undefined where its bytes are gone, damaged or none. */
export async function readJson(tx: Tx, digest: Digest): Promise<unknown> {
  try {
    const bytes = await tx.floor.blobs.read(digest, ENVELOPE_LIMIT);
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof Problem || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
