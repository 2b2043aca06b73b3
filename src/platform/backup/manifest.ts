import { z } from 'zod';
import { digestSchema } from '../../contract/common.ts';
import { canonicalBytes } from '../../kernel/canonical.ts';
import { openEnvelope, sealEnvelope, type Signer, type TrustedKey } from '../../kernel/dsse.ts';

/**
 * What a backup is made of. `manifest.json` is written last: a folder without one is no backup. It is a DSSE envelope,
 * signed by the instance, and names every other file with its digest.
 */
export const MANIFEST = 'manifest.json';
export const MANIFEST_TYPE = 'application/vnd.yardmaster.backup+json';
export const UNFINISHED = 'unfinished';

const count = z.number().int().min(0);
/** Names of files are made by us from this alphabet; a manifest that names others is refused. */
const fileName = z.string().regex(/^[a-z0-9][a-z0-9_.-]*(?:\/[a-z0-9][a-z0-9_.-]*)*$/);
const identifier = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);
export const partSchema = z.object({ file: fileName, digest: digestSchema, size: count });

export const tableSchema = z.object({
  name: identifier,
  columns: z.array(identifier).min(1),
  rows: count,
  /** Of the rows in COPY's text form, all parts one after the other. */
  digest: digestSchema,
  bytes: count,
  parts: z.array(partSchema),
});

export const manifestSchema = z.object({
  v: z.literal(1),
  instance: z.string(),
  /** The version of the program that made it. */
  program: z.string(),
  postgres: z.string(),
  snapshotAt: z.string(),
  finishedAt: z.string(),
  migrations: z.array(z.object({ name: z.string().regex(/^\d{4}_[a-z_]+\.sql$/), digest: digestSchema })),
  tables: z.array(tableSchema),
  sequences: z.array(z.object({ name: identifier, value: count })),
  /** Work that waits: which task with what, as it stood. */
  jobs: tableSchema,
  blobs: z.object({ count, bytes: count, index: z.array(partSchema) }),
  /** Blobs that rows speak of and that were not there, or not whole; the first thousand. */
  missing: z.array(digestSchema),
  damaged: z.array(digestSchema),
  ledger: z.object({
    origin: z.string(),
    size: count,
    root: z.string().nullable(),
    /** Over exactly the entries of this snapshot. */
    checkpoint: z.string().nullable(),
  }),
  /** The outside file as it was. */
  checkpointLog: partSchema.nullable(),
  /** What signs, by name and as public keys; `sealed` holds the private ones under a passphrase. */
  keys: z.object({
    keyId: z.string(),
    all: z.array(z.object({ keyId: z.string(), publicKeyPem: z.string() })),
    sealed: partSchema.nullable(),
  }),
  /** Settings that a restored instance wants again; no secret is among them. */
  settings: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type BackupTable = z.infer<typeof tableSchema>;
export type BackupPart = z.infer<typeof partSchema>;

const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z
    .array(z.object({ keyid: z.string(), sig: z.string() }))
    .min(1)
    .max(10),
});

/** The bytes of a signed manifest. */
export function sealManifest(manifest: Manifest, signer: Signer): Uint8Array {
  return Buffer.from(`${JSON.stringify(sealEnvelope(MANIFEST_TYPE, canonicalBytes(manifest), signer))}\n`);
}

export type ReadManifest = { readonly ok: true; readonly manifest: Manifest } | { readonly ok: false; readonly why: string };

/** Reads a manifest that one of `keys` signed; keys that it names itself vouch for nothing. */
export function openManifest(bytes: Uint8Array, keys: readonly TrustedKey[]): ReadManifest {
  const read = payloadOf(bytes);
  if (read === null) return { ok: false, why: 'the manifest has the wrong form' };
  const opened = openEnvelope(read, MANIFEST_TYPE, keys);
  if (!opened.ok) return opened;
  const manifest = manifestSchema.safeParse(JSON.parse(Buffer.from(opened.payload).toString('utf8')));
  if (manifest.success) return { ok: true, manifest: manifest.data };
  const issue = manifest.error.issues[0];
  return { ok: false, why: `the manifest has the wrong form at ${issue?.path.join('.') ?? 'its beginning'}` };
}

/** Ids of the keys that a manifest says it is signed by; nobody has checked that. */
export function claimedSigners(bytes: Uint8Array): string[] {
  return payloadOf(bytes)?.signatures.map((one) => one.keyid.slice(0, 64)) ?? [];
}

/** The part that holds the sealed keys, before anybody could check the manifest that names it. */
export function claimedSealedKeys(bytes: Uint8Array): string | null {
  const envelope = payloadOf(bytes);
  if (envelope === null) return null;
  try {
    const said = manifestSchema.safeParse(JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')));
    return said.success ? (said.data.keys.sealed?.file ?? null) : null;
  } catch {
    return null;
  }
}

function payloadOf(bytes: Uint8Array): z.infer<typeof envelopeSchema> | null {
  try {
    const read = envelopeSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
