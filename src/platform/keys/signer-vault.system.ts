import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { strictBase64, verifies } from '../../kernel/dsse.ts';
import { keyServiceFailed } from './keys.problems.ts';
import type { EvidenceSigner, SignerKey } from './signer.port.ts';
import { vaultAt, type VaultAuth } from './vault-call.system.ts';

export type VaultSigning = {
  /** The base address; its path is the mount of the transit engine, `transit` by default. */
  readonly url: string;
  /** The name of the key: of the type `ed25519` or `ecdsa-p256`. */
  readonly key: string;
  readonly auth: VaultAuth;
};

/** How long the newest version is taken as known: a key that is rotated there by itself signs within a minute. */
const KNOWN_MS = 60_000;
/** SPKI DER of an Ed25519 key is this head and the 32 bytes (RFC 8410). */
const ED25519_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

const described = z.object({
  data: z.object({
    type: z.string(),
    latest_version: z.number().int().positive(),
    keys: z.record(z.string(), z.object({ public_key: z.string().min(1).max(4096) })),
  }),
});
const signed = z.object({ data: z.object({ signature: z.string().max(4096) }) });

/**
 * Signs evidence in the transit engine of HashiCorp Vault or OpenBao (`keys/:name`, `sign/:name`, `keys/:name/rotate`):
 * the key never leaves it. Every signature is verified here before it is used. Recorded: written against the published
 * API and held to a small implementation of it.
 */
export function openVaultSigner({ url, key: name, auth }: VaultSigning): EvidenceSigner & { close(): void } {
  const { ask, close } = vaultAt(url, auth);
  const at = encodeURIComponent(name);
  let known: { readonly key: SignerKey; readonly until: number } | null = null;
  const load = async (): Promise<SignerKey> => {
    const { type, latest_version: version, keys } = (await ask('GET', `keys/${at}`, described)).data;
    const publicKey = publicKeyOf(type, keys[String(version)]?.public_key);
    if (publicKey === null)
      throw keyServiceFailed({ why: `its key ${name} is of the type ${type.slice(0, 40)}: ed25519 and ecdsa-p256 are known` });
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const key = {
      keyId: createHash('sha256').update(der).digest('hex'),
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      name: `${name}:${version}`,
    };
    known = { key, until: Date.now() + KNOWN_MS };
    return key;
  };
  return {
    kind: 'vault',
    close,
    current: async () => (known !== null && Date.now() < known.until ? known.key : load()),
    async sign(key, bytes) {
      const version = Number(key.name.slice(key.name.lastIndexOf(':') + 1));
      const body = {
        input: Buffer.from(bytes).toString('base64'),
        key_version: version,
        hash_algorithm: 'sha2-256',
        marshaling_algorithm: 'asn1',
      };
      const { signature } = (await ask('POST', `sign/${at}`, signed, body)).data;
      const [, by, text = ''] = /^vault:v(\d+):(.+)$/.exec(signature) ?? [];
      const raw = Number(by) === version ? strictBase64(text) : null;
      if (raw === null || !verifies(key.publicKeyPem, bytes, raw))
        throw keyServiceFailed({ why: `its signature is not one of ${key.name}` });
      return raw;
    },
    async rotate() {
      await ask('POST', `keys/${at}/rotate`, z.unknown(), {});
      return load();
    },
  };
}

/** The public half as the engine tells it: PEM, or for ed25519 the 32 bytes in base64; null where it is of another kind. */
function publicKeyOf(type: string, text: string | undefined): KeyObject | null {
  if (text === undefined) return null;
  try {
    const raw = type === 'ed25519' ? strictBase64(text) : null;
    const key =
      raw?.length === 32
        ? createPublicKey({ key: Buffer.concat([ED25519_HEAD, raw]), format: 'der', type: 'spki' })
        : createPublicKey(text);
    if (type === 'ed25519') return key.asymmetricKeyType === 'ed25519' ? key : null;
    return type === 'ecdsa-p256' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}
