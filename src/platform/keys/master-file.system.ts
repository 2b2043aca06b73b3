import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomHex } from '../../host/ids.system.ts';
import { keyFileBad, keyFileOpen, masterKeyMissing, masterKeyReadOnly, noSuchKey } from './keys.problems.ts';
import type { MasterKeys } from './master.port.ts';
import { openTo, readRing, ringKeyId, writeRing, type RingKey } from './ring.ts';

const NONCE = 12;
const TAG = 16;

/** Master keys in files, each a ring. `raw` is for values of the first form, which were sealed without a data key. */
export type FileMasters = MasterKeys & { raw(): readonly Buffer[] };

/**
 * Opens the rings of `files` (those that are there). New keys go to the first one. A file that others may read is
 * refused (`platform.key-file-open`): its keys may be known already.
 */
export async function openFileMasters(files: readonly [string, ...string[]]): Promise<FileMasters> {
  let keys: readonly RingKey[] = [];
  const load = async (): Promise<void> => {
    const rings = await Promise.all(files.map(ringOf));
    keys = rings.flat().filter((one, at, all) => all.findIndex((other) => other.id === one.id) === at);
  };
  const named = (id: string): Buffer => {
    const found = keys.find((one) => one.id === id);
    if (found === undefined) throw masterKeyMissing({ id });
    return found.key;
  };
  await load();
  return {
    kind: 'file',
    ids: () => keys.map(({ id }) => id),
    raw: () => keys.map(({ key }) => key),
    reload: load,
    wrap: async (id, plain, context) => seal(named(id), plain, context),
    unwrap: async (id, wrapped, context) => unseal(named(id), wrapped, context),
    async create() {
      const key = randomBytes(32);
      await change(files[0], (there) => [...there, { id: ringKeyId(key), key }]);
      await load();
      // Of two that made the first key at once, the other's may be the one that is there.
      const made = keys.find((one) => one.id === ringKeyId(key)) ?? keys.at(-1);
      if (made === undefined) throw keyFileBad({ file: files[0], why: 'it is there, and holds no key' });
      return made.id;
    },
    async forget(id) {
      if (!keys.some((one) => one.id === id)) throw noSuchKey({ id });
      for (const file of files) {
        if ((await ringOf(file)).some((one) => one.id === id)) await change(file, (there) => there.filter((one) => one.id !== id));
      }
      await load();
    },
  };
}

async function ringOf(file: string): Promise<readonly RingKey[]> {
  let text: string;
  try {
    const why = openTo((await stat(file)).mode);
    if (why !== null) throw keyFileOpen({ file, why });
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'EACCES') throw keyFileBad({ file, why: 'this user may not read it' });
    throw error;
  }
  const read = readRing(text);
  if ('why' in read) throw keyFileBad({ file, why: read.why });
  return read.keys;
}

/** Writes a ring whole or not at all: a key that was used once and then lost would take every secret with it. */
async function change(file: string, to: (there: readonly RingKey[]) => readonly RingKey[]): Promise<void> {
  const temporary = `${file}.${randomHex(6)}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const there = await ringOf(file);
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(writeRing(to(there)));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, 0o600);
    // The first key: of two servers that begin at once one wins, and the other reads its key.
    if (there.length === 0) await link(temporary, file).catch(unlessThere);
    else await rename(temporary, file);
    const folder = await open(dirname(file), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw masterKeyReadOnly({ file });
    throw error;
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}

/** AES-256-GCM under `key`: nonce, tag, bytes. `context` is authenticated. */
export function seal(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** The other way; throws where a bit of it, or the context, is another. */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  const bytes = Buffer.from(sealed);
  if (bytes.length < NONCE + TAG) throw new Error('sealed bytes are cut short');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]);
}
