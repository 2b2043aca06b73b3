import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { link, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomHex } from '../../host/ids.system.ts';
import type { SigningKeys } from '../floor.ts';
import { keyFileBad, keyFileOpen, keyServiceFailed } from './keys.problems.ts';
import { openTo } from './ring.ts';
import type { EvidenceSigner, SignerKey } from './signer.port.ts';
import { describe } from './signing.system.ts';

const FORM = /^evidence-(\d{4})\.pem$/;
/** The name of the instance's own key, which signs evidence until the first rotation. */
const OWN = 'instance';

/**
 * Signs evidence with files `evidence-0001.pem` ... of the keys folder, the highest number first; while there is none,
 * with the instance's key. The folder is looked at for every signature: a rotation needs no start anew, and other
 * servers with the same folder follow at once. Plans of jobs and checkpoints stay with the instance's key, which runners pin.
 */
export function openFileSigner(folder: string, own: SigningKeys): EvidenceSigner {
  const instance: SignerKey = { keyId: own.keyId, publicKeyPem: own.publicKeyPem, name: OWN };
  const names = async (): Promise<string[]> => (await readdir(folder)).filter((name) => FORM.test(name)).sort();
  const read = async (name: string) => {
    const file = join(folder, name);
    const why = openTo((await stat(file)).mode);
    if (why !== null) throw keyFileOpen({ file, why });
    try {
      return describe(createPrivateKey(await readFile(file)));
    } catch {
      throw keyFileBad({ file, why: 'it is no private key in PEM' });
    }
  };
  const current = async (): Promise<SignerKey> => {
    const newest = (await names()).at(-1);
    if (newest === undefined) return instance;
    const { keyId, publicKeyPem } = await read(newest);
    return { keyId, publicKeyPem, name: newest };
  };
  return {
    kind: 'file',
    current,
    async sign(key, bytes) {
      if (key.name === OWN) return own.sign(bytes);
      const held = await read(key.name);
      if (held.keyId !== key.keyId) throw keyServiceFailed({ why: `the file ${key.name} holds another key than before` });
      return sign(held.key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, held.key);
    },
    async rotate() {
      const last = Number((await names()).at(-1)?.match(FORM)?.[1] ?? 0);
      const name = `evidence-${String(last + 1).padStart(4, '0')}.pem`;
      const temporary = join(folder, `${name}.${randomHex(6)}`);
      const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
      await writeFile(temporary, pem, { mode: 0o600 });
      // Two servers that rotate at once end with one key: whoever links first.
      await link(temporary, join(folder, name)).catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
      });
      await rm(temporary, { force: true });
      return current();
    },
  };
}
