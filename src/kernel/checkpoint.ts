import { createHash, createPublicKey } from 'node:crypto';
import { strictBase64, verifies, type Signer, type TrustedKey } from './dsse.ts';
import type { Hash } from './merkle.ts';

/**
 * Checkpoints of the ledger: C2SP tlog-checkpoint bodies in C2SP signed notes with Ed25519
 * (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note).
 *
 *     yardmaster.ledger/4f2a.../1      origin: the instance and its epoch
 *     1234                             leaves
 *     base64 of the root               32 bytes
 *
 *     — yardmaster.ledger/4f2a.../1 base64 of (key hash, signature)
 */
export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Extension lines, opaque here. */
  readonly extensions: readonly string[];
};

export type ReadCheckpoint =
  { readonly ok: true; readonly checkpoint: Checkpoint; readonly keyId: string } | { readonly ok: false; readonly why: string };

const ED25519 = 1;
const SIGNATURE_LINE = /^\u2014 (\S+) (\S+)$/;
const ORIGIN = /^[^\s+]{1,200}$/;
/** A checkpoint has a few lines and rarely more than two signatures; anything longer is not one of ours. */
const MAX_TEXT = 16_384;

/** The text that is signed: the body of a checkpoint, with its last newline. */
export function checkpointBody(checkpoint: Checkpoint): string {
  if (!ORIGIN.test(checkpoint.origin)) throw new Error('the origin of a checkpoint has neither spaces nor plus signs');
  return `${[checkpoint.origin, String(checkpoint.size), base64(checkpoint.root), ...checkpoint.extensions].join('\n')}\n`;
}

/** A checkpoint as a note signed by `signer`, whose public key in PEM (Ed25519) is `publicKeyPem`. The key's name is the origin. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer, publicKeyPem: string): string {
  const body = checkpointBody(checkpoint);
  const hash = noteKeyHash(checkpoint.origin, publicKeyPem);
  if (hash === null) throw new Error('checkpoints are signed with Ed25519 keys');
  return `${body}\n\u2014 ${checkpoint.origin} ${base64(Buffer.concat([hash, signer.sign(Buffer.from(body))]))}\n`;
}

/**
 * Reads a checkpoint that one of `keys` signed under its origin's name. Signatures by others are passed over, as the
 * note format asks; without one by a trusted key the text is refused.
 */
export function readCheckpoint(text: string, keys: readonly TrustedKey[]): ReadCheckpoint {
  const parsed = parseNote(text);
  if (!parsed.ok) return parsed;
  const { body, signatures, checkpoint } = parsed;
  for (const line of signatures) {
    const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
    if (name === undefined || encoded === undefined) return { ok: false, why: 'a signature line of the checkpoint has the wrong form' };
    const bytes = strictBase64(encoded);
    if (bytes === null || bytes.length < 5) return { ok: false, why: 'a signature of the checkpoint is not canonical base64' };
    if (name !== checkpoint.origin) continue;
    const key = keys.find((candidate) => signedBy(candidate, name, body, bytes));
    if (key !== undefined) return { ok: true, checkpoint, keyId: key.keyId };
  }
  return { ok: false, why: 'no signature of the checkpoint is by a trusted key' };
}

/** What a note says, without asking who signed it: for finding the origin and size of a text that is verified elsewhere. */
export function peekCheckpoint(text: string): Checkpoint | null {
  const parsed = parseNote(text);
  return parsed.ok ? parsed.checkpoint : null;
}

type Parsed = { readonly ok: true; readonly body: string; readonly signatures: readonly string[]; readonly checkpoint: Checkpoint };

function parseNote(text: string): Parsed | { readonly ok: false; readonly why: string } {
  const no = (why: string) => ({ ok: false as const, why });
  if (text.length > MAX_TEXT) return no('the checkpoint is too long');
  // The signature block follows the last empty line, so that a body may hold empty lines itself.
  const end = text.lastIndexOf('\n\n');
  if (end < 0 || !text.endsWith('\n')) return no('the checkpoint is not a signed note');
  const body = text.slice(0, end + 1);
  const [origin, size, root, ...extensions] = body.slice(0, -1).split('\n');
  const hash = strictBase64(root ?? '');
  if (origin === undefined || !ORIGIN.test(origin)) return no('the checkpoint has no origin');
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size ?? '') || !Number.isSafeInteger(Number(size)))
    return no('the size of the checkpoint is not a number');
  if (hash?.length !== 32) return no('the root of the checkpoint is not 32 bytes of base64');
  if (extensions.some((line) => line === '')) return no('the checkpoint has an empty extension line');
  return {
    ok: true,
    body,
    signatures: text.slice(end + 2, -1).split('\n'),
    checkpoint: { origin, size: Number(size), root: hash, extensions },
  };
}

function signedBy(key: TrustedKey, name: string, body: string, bytes: Uint8Array): boolean {
  const hash = noteKeyHash(name, key.publicKeyPem);
  return hash !== null && hash.equals(bytes.subarray(0, 4)) && verifies(key.publicKeyPem, Buffer.from(body), bytes.subarray(4));
}

/** The first four bytes of SHA-256 over name, newline, algorithm and public key; null where the key is no Ed25519 key. */
function noteKeyHash(name: string, publicKeyPem: string): Buffer | null {
  try {
    const key = createPublicKey(publicKeyPem);
    if (key.asymmetricKeyType !== 'ed25519') return null;
    const raw = key.export({ type: 'spki', format: 'der' }).subarray(-32);
    return createHash('sha256').update(`${name}\n`).update(Uint8Array.of(ED25519)).update(raw).digest().subarray(0, 4);
  } catch {
    return null;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
