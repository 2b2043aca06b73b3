import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomHex } from '../../host/ids.system.ts';
import type { SecretBox } from '../floor.ts';

const VERSION = 1;
const NONCE = 12;
const TAG = 16;

/**
 * AES-256-GCM under a key derived (HKDF-SHA256) from the master key and the context, for example the service that the
 * secret belongs to. The context is authenticated too: a secret moved to another row can not be opened.
 */
export async function openSecretBox(folder: string): Promise<SecretBox> {
  const master = await masterKey(folder);
  const keyFor = (context: string): Buffer => Buffer.from(hkdfSync('sha256', master, 'yardmaster secrets', context, 32));
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', keyFor(context), nonce);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== VERSION || bytes.length < 1 + NONCE + TAG) throw new Error('a sealed secret has an unknown form');
      const decipher = createDecipheriv('aes-256-gcm', keyFor(context), bytes.subarray(1, 1 + NONCE));
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(1 + NONCE, 1 + NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(1 + NONCE + TAG)), decipher.final()]).toString('utf8');
    },
  };
}

async function masterKey(folder: string): Promise<Buffer> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'master.key');
  const existing = await readKey(path);
  if (existing !== null) return existing;
  const temporary = `${path}.${randomHex(6)}`;
  await writeFile(temporary, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  await link(temporary, path).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  });
  await rm(temporary, { force: true });
  const made = await readKey(path);
  if (made === null) throw new Error(`the master key ${path} could not be read after it was written`);
  return made;
}

async function readKey(path: string): Promise<Buffer | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32) throw new Error(`the master key ${path} must be 32 bytes in base64`);
  return key;
}
