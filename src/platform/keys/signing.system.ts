import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomHex } from '../../host/ids.system.ts';
import type { SigningKeys } from '../floor.ts';

const FORM = /^signing-(\d{4})\.pem$/;

/**
 * The instance's Ed25519 keys, as PKCS#8 PEM files `signing-0001.pem` ... in the keys folder (0600, outside the state
 * folder and the database). The highest number signs; older ones are kept so that what they signed still verifies.
 */
export async function openSigningKeys(folder: string): Promise<SigningKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let names = await keyFiles(folder);
  if (names.length === 0) {
    await addSigningKey(folder);
    names = await keyFiles(folder);
  }
  const keys = await Promise.all(names.map(async (name) => describe(createPrivateKey(await readFile(join(folder, name))))));
  const current = keys.at(-1);
  if (current === undefined) throw new Error(`no signing key could be made in ${folder}`);
  return {
    keyId: current.keyId,
    publicKeyPem: current.publicKeyPem,
    sign: (bytes) => sign(null, bytes, current.key),
    publicKey: (keyId) => keys.find((key) => key.keyId === keyId)?.publicKeyPem ?? null,
    all: keys.map(({ keyId, publicKeyPem }) => ({ keyId, publicKeyPem })),
  };
}

/** The public halves of the keys in a folder, oldest first; none where the folder is not there. Nothing is made. */
export async function signingKeysIn(folder: string): Promise<{ keyId: string; publicKeyPem: string }[]> {
  const names = await keyFiles(folder).catch(() => []);
  return Promise.all(
    names.map(async (name) => {
      const { keyId, publicKeyPem } = describe(createPrivateKey(await readFile(join(folder, name))));
      return { keyId, publicKeyPem };
    }),
  );
}

/** Adds a new signing key, which signs from the next start on. Two servers that add at once end with one. */
export async function addSigningKey(folder: string): Promise<void> {
  const last = Number((await keyFiles(folder)).at(-1)?.match(FORM)?.[1] ?? 0);
  const path = join(folder, `signing-${String(last + 1).padStart(4, '0')}.pem`);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const temporary = `${path}.${randomHex(6)}`;
  await writeFile(temporary, pem, { mode: 0o600 });
  // The link to the final name decides who was first; a reader never sees half a key because only complete files are linked.
  await link(temporary, path).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  });
  await rm(temporary, { force: true });
}

async function keyFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => FORM.test(name)).sort();
}

/** A private key with the id and PEM of its public half. */
export function describe(key: KeyObject): { key: KeyObject; keyId: string; publicKeyPem: string } {
  const publicKey = createPublicKey(key);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    key,
    keyId: createHash('sha256').update(der).digest('hex'),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
