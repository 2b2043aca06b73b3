import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { badPassphrase } from './backup.problems.ts';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 ** 2 };
const HEAD = Buffer.from('ymkeys1\n');
const SALT = 16;
const NONCE = 12;
const TAG = 16;
/** The embedded database's password is of that one folder, and made anew. */
const LEFT_OUT = new Set(['postgres.password']);

/** All files of the keys folder under a passphrase: scrypt (N = 32768, r = 8) and AES-256-GCM. */
export async function sealKeys(folder: string, passphrase: string): Promise<Uint8Array> {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile() && !LEFT_OUT.has(entry.name));
  const files: Record<string, string> = {};
  for (const { name } of names) files[name] = (await readFile(join(folder, name))).toString('base64');
  const salt = randomBytes(SALT);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt, 32, COST), nonce);
  cipher.setAAD(HEAD);
  const body = Buffer.concat([cipher.update(JSON.stringify(files), 'utf8'), cipher.final()]);
  return Buffer.concat([HEAD, salt, nonce, cipher.getAuthTag(), body]);
}

/** The files that `sealKeys` sealed, by name. Throws `backup.bad-passphrase`. */
export async function unsealKeys(sealed: Uint8Array, passphrase: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const bytes = Buffer.from(sealed);
  const at = { salt: HEAD.length, nonce: HEAD.length + SALT, tag: HEAD.length + SALT + NONCE, body: HEAD.length + SALT + NONCE + TAG };
  try {
    const key = await derive(passphrase, bytes.subarray(at.salt, at.nonce), 32, COST);
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(at.nonce, at.tag));
    decipher.setAAD(bytes.subarray(0, HEAD.length));
    decipher.setAuthTag(bytes.subarray(at.tag, at.body));
    const text = Buffer.concat([decipher.update(bytes.subarray(at.body)), decipher.final()]).toString('utf8');
    const files = Object.entries(JSON.parse(text) as Record<string, string>);
    return new Map(files.map(([name, content]) => [name, Buffer.from(content, 'base64')]));
  } catch {
    throw badPassphrase({});
  }
}

/** Writes keys into a folder where none of them is yet. */
export async function placeKeys(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of files) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw badPassphrase({});
    await writeFile(join(folder, name), bytes, { mode: 0o600, flag: 'wx' });
  }
}
