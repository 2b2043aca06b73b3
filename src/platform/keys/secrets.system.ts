import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { SecretBox, Tx } from '../floor.ts';
import { masterKeyMissing, sealedBadly } from './keys.problems.ts';
import { currentDataKey, currentMaster, findDataKey, insertDataKey, insertMaster, type DataKeyRow } from './keys.store.ts';
import { openFileMasters, seal, unseal } from './master-file.system.ts';
import { openVaultMasters } from './master-vault.system.ts';
import type { MasterKeys, Masters } from './master.port.ts';

/** The first form: a key derived from the master key itself. Still read, until its values were sealed again. */
const DERIVED = 1;
/** The second: version, 16 bytes of the data key's id, then nonce, tag and bytes under that data key. */
const ENVELOPE = 2;
const HEAD = 17;
const NONCE = 12;
const TAG = 16;
/** Data keys that this process remembers unwrapped, and for how long. */
const REMEMBERED = 500;
const REMEMBER_MS = 5 * 60_000;

/** Opens the key files and the key service of the configuration. */
export async function openMasters(config: Pick<Config, 'keys' | 'masterKeyFile' | 'vault'>): Promise<Masters> {
  const own = join(config.keys, 'master.key');
  const file = await openFileMasters(config.masterKeyFile === null ? [own] : [config.masterKeyFile, own]);
  const vault = config.vault === null ? null : await openVaultMasters(config.vault);
  const parts: readonly MasterKeys[] = vault === null ? [file] : [file, vault];
  return {
    parts,
    home: vault ?? file,
    ids: () => parts.flatMap((part) => part.ids()),
    raw: () => file.raw(),
    async reload() {
      for (const part of parts) await part.reload();
    },
    of(id) {
      const part = parts.find((one) => one.ids().includes(id));
      if (part === undefined) throw masterKeyMissing({ id });
      return part;
    },
  };
}

/**
 * Envelope encryption with AES-256-GCM: a data key for each scope, wrapped by the current master key. `place` is
 * authenticated: a sealed value that was moved to another row can't be opened.
 */
export function makeSecretBox(masters: Masters): SecretBox {
  const unwrapped = new Map<string, { readonly key: Buffer; readonly until: number }>();
  const keyOf = async (row: DataKeyRow): Promise<Buffer> => {
    const known = unwrapped.get(row.id);
    if (known !== undefined && known.until > performance.now()) return known.key;
    const key = Buffer.from(await withMaster(masters, row.master_id, (part) => part.unwrap(row.master_id, row.wrapped, wrapPlace(row))));
    if (unwrapped.size >= REMEMBERED) unwrapped.delete(unwrapped.keys().next().value ?? '');
    unwrapped.set(row.id, { key, until: performance.now() + REMEMBER_MS });
    return key;
  };
  return {
    async seal(tx, scope, plain, place) {
      const row = (await currentDataKey(tx, scope)) ?? (await newDataKey(tx, masters, scope));
      const head = Buffer.concat([Buffer.from([ENVELOPE]), keyBytes(row.id)]);
      return Buffer.concat([head, seal(await keyOf(row), Buffer.from(plain, 'utf8'), placeOf(head, place))]);
    },
    async open(tx, sealed, place) {
      const bytes = Buffer.from(sealed);
      try {
        if (bytes[0] === DERIVED) return openDerived(masters.raw(), bytes, place);
        if (bytes[0] !== ENVELOPE || bytes.length < HEAD + NONCE + TAG) throw new Error('an unknown form');
        const row = await findDataKey(tx, `dky_${bytes.subarray(1, HEAD).toString('hex')}`);
        if (row === null) throw new Error('its data key is gone');
        return unseal(await keyOf(row), bytes.subarray(HEAD), placeOf(bytes.subarray(0, HEAD), place)).toString('utf8');
      } catch (error) {
        if (isUnavailable(error)) throw error;
        throw Object.assign(sealedBadly({ place }), { cause: error });
      }
    },
  };
}

/** Does something with a master key; where it is not known here yet, looks again once. */
export async function withMaster<Result>(masters: Masters, id: string, work: (part: MasterKeys) => Promise<Result>): Promise<Result> {
  if (!masters.ids().includes(id)) await masters.reload();
  return work(masters.of(id));
}

async function newDataKey(tx: Tx, masters: Masters, scope: string): Promise<DataKeyRow> {
  const master = (await currentMaster(tx)) ?? (await firstMaster(tx, masters));
  const id = `dky_${randomBytes(16).toString('hex')}`;
  const bare = { id, org_id: tx.org, scope, master_id: master };
  const wrapped = Buffer.from(await withMaster(masters, master, (part) => part.wrap(master, randomBytes(32), wrapPlace(bare))));
  if (await insertDataKey(tx, { ...bare, wrapped })) return { ...bare, wrapped };
  const theirs = await currentDataKey(tx, scope);
  if (theirs === null) throw new Error(`the data key of ${scope} was made and retired at once`);
  return theirs;
}

/** The master key of an instance that has none in use yet: the newest that is there, or a new one. */
async function firstMaster(tx: Tx, masters: Masters): Promise<string> {
  const id = masters.home.ids().at(-1) ?? (await masters.home.create());
  await insertMaster(tx, { id, kind: masters.home.kind, state: 'current', by: 'system:first-use' });
  const current = await currentMaster(tx);
  if (current === null) throw new Error('no master key is current');
  return current;
}

export function wrapPlace(row: Pick<DataKeyRow, 'id' | 'org_id' | 'scope'>): string {
  return `data-key:${row.org_id}:${row.scope}:${row.id}`;
}

function placeOf(head: Uint8Array, place: string): string {
  return `${Buffer.from(head).toString('hex')}:${place}`;
}

/** The 16 bytes of a data key's id, as they stand in what it sealed. */
export function keyBytes(id: string): Buffer {
  return Buffer.from(id.slice('dky_'.length), 'hex');
}

/** The key may be there in a moment: not the same as a value that can't be opened. */
function isUnavailable(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? '');
  return (
    ['platform.master-key-missing', 'platform.key-service', 'platform.key-file-open', 'platform.key-file-bad'].includes(code) ||
    /^[0-9A-Z]{5}$/.test(code)
  );
}

function openDerived(keys: readonly Buffer[], bytes: Buffer, place: string): string {
  if (bytes.length < 1 + NONCE + TAG) throw new Error('cut short');
  for (const master of keys) {
    try {
      const key = Buffer.from(hkdfSync('sha256', master, 'yardmaster secrets', place, 32));
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE));
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(bytes.subarray(1 + NONCE, 1 + NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(1 + NONCE + TAG)), decipher.final()]).toString('utf8');
    } catch {
      // Another key of the ring may be the one.
    }
  }
  throw new Error('no master key of the ring opens it');
}
