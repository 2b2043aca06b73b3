import { digestOf, hexOf, type Digest } from '../../kernel/digest.ts';
import { keysAt, openEnvelope, strictBase64, type DatedKey, type Envelope } from '../../kernel/dsse.ts';
import { z } from 'zod';
import { checked, type Check, type Opened, type ReadFact } from './check.ts';
import type { Sections } from './format.ts';

/** Every blob has the digest that it is filed under. */
export function checkBlobs({ bundle }: Opened): Check {
  const wrong: string[] = [];
  const entries = Object.entries(bundle.sections.blobs);
  for (const [digest, text] of entries) {
    const bytes = strictBase64(text);
    if (bytes === null) wrong.push(`the blob ${digest} is not canonical base64`);
    else if (digestOf(bytes) !== digest) wrong.push(`the blob ${digest} has other bytes`);
  }
  return checked('blobs', wrong, `${entries.length} blobs have the digests that name them`);
}

const envelopeSchema = z.strictObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string() })).min(1),
});
const statementSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })).min(1),
  predicateType: z.string(),
  predicate: z.unknown().optional(),
});
const referenceSchema = z.object({
  references: z.array(z.object({ digest: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) })).max(20),
});

/**
 * Every attestation is signed by a trusted key, speaks of the artifact that it is filed under, and is one of those that
 * the ledger names: an envelope that the holder of the key wrote afterwards is not.
 */
export function checkAttestations(opened: Opened, facts: readonly ReadFact[]): Check {
  const wrong: string[] = [];
  const named = namedAttestations(facts);
  for (const { artifact, blob } of opened.bundle.sections.attestations) {
    const read = readAttestation({ sections: opened.bundle.sections, keys: opened.trust.keys }, artifact as Digest, blob, named);
    const label = `the attestation ${blob.slice(0, 19)} of ${artifact.slice(0, 19)}`;
    if (!read.ok) wrong.push(`${label}: ${read.why}`);
    else if (!named.has(`${artifact} ${blob}`)) wrong.push(`${label}: no fact of the bundle says that it was made`);
  }
  return checked(
    'attestations',
    wrong,
    `${opened.bundle.sections.attestations.length} attestations are signed by a trusted key and named in the ledger`,
  );
}

const signedSchema = z.object({ digest: z.string(), attestations: z.array(z.object({ envelope: z.string() })) });

/** `artifact envelope` for every attestation that a fact says was made, with the instant of the fact: the first that names it. */
export function namedAttestations(facts: readonly ReadFact[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const { leaf } of facts) {
    const body = leaf.type === 'artifact.signed' ? signedSchema.safeParse(leaf.body) : null;
    if (body?.success !== true) continue;
    for (const { envelope } of body.data.attestations) {
      const name = `${body.data.digest} ${envelope}`;
      const before = named.get(name);
      if (before === undefined || leaf.at < before) named.set(name, leaf.at);
    }
  }
  return named;
}

type Unread = { readonly ok: false; readonly why: string };
export type ReadAttestation = { readonly ok: true; readonly predicateType: string; readonly references: readonly string[] } | Unread;
export type ReadStatement =
  { readonly ok: true; readonly predicateType: string; readonly predicate: unknown; readonly keyId: string } | Unread;

/** The blobs of a bundle, and the keys to read them by. */
export type Readable = { readonly sections: Pick<Sections, 'blobs'>; readonly keys: readonly DatedKey[] };

/** One attestation: an in-toto statement in a DSSE envelope, by a key that counted when the ledger says it was made (`named`). */
export function readAttestation(readable: Readable, artifact: Digest, blob: string, named: ReadonlyMap<string, string>): ReadAttestation {
  const read = readStatement(readable, artifact, blob, named.get(`${artifact} ${blob}`) ?? null);
  if (!read.ok) return read;
  const references = referenceSchema.safeParse(read.predicate).data?.references.map(({ digest }) => `sha256:${digest.sha256}`) ?? [];
  return { ok: true, predicateType: read.predicateType, references };
}

/** An in-toto statement about `artifact` in a DSSE envelope, by a key that counted at `at`; null: by one without an end. */
export function readStatement({ sections, keys }: Readable, artifact: Digest, blob: string, at: string | null): ReadStatement {
  const text = Object.hasOwn(sections.blobs, blob) ? sections.blobs[blob] : undefined;
  if (text === undefined) return { ok: false, why: 'its bytes are not in the bundle' };
  try {
    const envelope: Envelope = envelopeSchema.parse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
    const opened = openEnvelope(envelope, 'application/vnd.in-toto+json', keysAt(keys, at));
    if (!opened.ok) return opened;
    const statement = statementSchema.parse(JSON.parse(Buffer.from(opened.payload).toString('utf8')));
    if (!statement.subject.some(({ digest }) => digest.sha256 === hexOf(artifact)))
      return { ok: false, why: 'it speaks of another artifact' };
    return { ok: true, predicateType: statement.predicateType, predicate: statement.predicate, keyId: opened.keyId };
  } catch {
    return { ok: false, why: 'it has the wrong form' };
  }
}
