import { createPublicKey } from 'node:crypto';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { argumentsOf, misused, needed, runDaemon, type Daemon, type DaemonOptions } from '../host/daemon.process.ts';
import type { TrustedKey } from '../kernel/dsse.ts';
import { system } from '../kernel/actor.ts';
import { tellMade } from '../operations/backup.work.ts';
import { noSealedKeys } from '../platform/backup/backup.problems.ts';
import { insertBackup, takeBackup } from '../platform/backup/backup.store.ts';
import { placeKeys, unsealKeys } from '../platform/backup/keys.system.ts';
import { makeBackup } from '../platform/backup/make.system.ts';
import { claimedSealedKeys, MANIFEST } from '../platform/backup/manifest.ts';
import { folderPlace, tarPlace } from '../platform/backup/place.system.ts';
import { verifyBackup } from '../platform/backup/verify.system.ts';
import type { Floor } from '../platform/floor.ts';
import { signingKeysIn } from '../platform/keys/signing.system.ts';
import { backupMaker } from './backups.ts';
import { withFloor } from './local.system.ts';
import { takePlace } from './place.system.ts';

const JSON_OPTION = { type: 'boolean', help: 'print one JSON object' } as const;
const PASSPHRASE = { type: 'string', value: 'FILE', help: 'a file whose first line is the passphrase of the keys' } as const;
const KEY = { type: 'string', value: 'FILE', help: "the instance's public key (PEM), where its keys folder is not here" } as const;

const BACKUP: Daemon = {
  name: 'backup',
  about:
    'Takes a whole backup of this instance, beside servers that run or without any. The keys stay out, unless asked for.\nAlso: yardmaster backup verify FOLDER.',
  options: {
    to: { type: 'string', value: 'FOLDER|-', help: 'an empty folder, one with a backup that was cut off, or - for a tar stream' },
    previous: { type: 'string', value: 'FOLDER', help: 'an earlier backup: what has not changed becomes a link to it' },
    'with-keys': { type: 'boolean', help: 'put the keys into it too, under a passphrase' },
    'passphrase-file': PASSPHRASE,
    snapshot: { type: 'string', value: 'ID', help: 'a snapshot that another session of the database exported and holds' },
    json: JSON_OPTION,
  },
};

const VERIFY: Daemon = {
  name: 'backup verify',
  about: 'Reads a whole backup and compares every byte with its signed manifest; needs no server and no database.',
  options: { from: { type: 'string', value: 'FOLDER', help: 'the backup' }, key: KEY, 'passphrase-file': PASSPHRASE, json: JSON_OPTION },
};

/** `yardmaster backup --to FOLDER` and `yardmaster backup verify FOLDER`. */
export async function backupMain(argv: readonly string[]): Promise<void> {
  if (argv[0] !== 'verify') return runDaemon(BACKUP, argv, backUp);
  return runDaemon(VERIFY, withPlace(argv.slice(1), '--from'), verify);
}

/** The place may be said without its option: `backup verify FOLDER`. */
function withPlace(argv: readonly string[], option: string): string[] {
  const [first, ...rest] = argv;
  return first === undefined || first.startsWith('-') ? [...argv] : [`${option}=${first}`, ...rest];
}

async function backUp(values: DaemonOptions, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const to = needed(BACKUP, values, 'to');
  const withKeys = values['with-keys'] === true;
  if (withKeys && values['passphrase-file'] === undefined)
    misused(BACKUP, '--with-keys needs --passphrase-file: keys never leave in the clear');
  const stream = to === '-';
  if (stream && process.stdout.isTTY) misused(BACKUP, 'a tar stream is no text: lead it into a file or a program');
  await withFloor(BACKUP, absolutes(values, ['to', 'previous', 'passphrase-file']), async (floor) => {
    const passphrase = withKeys ? await passphraseOf(values) : null;
    if (passphrase !== null)
      say('THE KEYS GO INTO THIS BACKUP: whoever has it and the passphrase can sign as this instance and read the secrets of its services');
    const place = stream ? tarPlace(process.stdout) : await folderPlace(resolve(to), folderOf(values['previous']));
    const order = { ...backupMaker, floor, where: floor.where, place, passphrase, say, signal };
    const made = await makeBackup({ ...order, snapshot: typeof values['snapshot'] === 'string' ? values['snapshot'] : null });
    await keepInBooks(floor, stream ? null : resolve(to), made);
    const { snapshotAt, ledger, missing, damaged, keys, blobs } = made.manifest;
    const answer = {
      folder: stream ? null : resolve(to),
      manifest: made.digest,
      snapshotAt,
      ledger: ledger.size,
      blobs: blobs.count,
      written: made.written,
      missing,
      damaged,
      keys: keys.sealed !== null,
    };
    const words = [
      `The backup of ${snapshotAt} is whole: ${blobs.count} blobs, ledger of ${ledger.size} entries.`,
      ...(missing.length + damaged.length === 0
        ? []
        : [`${missing.length} blobs were missing and ${damaged.length} damaged before it was made; the manifest names them.`]),
      keys.sealed === null
        ? 'The keys are NOT in it: keep a copy of the keys folder elsewhere, or it can not be restored.'
        : 'The keys are in it, under the passphrase. Keep both apart.',
    ];
    const text = values['json'] === true ? JSON.stringify(answer) : words.join('\n');
    (stream ? process.stderr : process.stdout).write(`${text}\n`);
  });
}

/** One made on the machine itself is known to doctor like every other. */
async function keepInBooks(floor: Floor, folder: string | null, made: Awaited<ReturnType<typeof makeBackup>>): Promise<void> {
  const id = floor.newId('bak');
  await floor.db.tx(floor.org, async (tx) => {
    const now = await tx.now();
    await insertBackup(tx, { id, askedBy: 'operator', askedAt: now, folder });
    await takeBackup(tx, id, folder ?? '-', now, 0);
    await tellMade(tx, system(floor.org, 'operator'), id, made);
  });
}

async function verify(values: DaemonOptions, _signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const folder = resolve(needed(VERIFY, values, 'from'));
  const keys = await keysFor(VERIFY, values, folder);
  const { manifest, digest } = await verifyBackup(folder, keys, say);
  const { snapshotAt, program, ledger, blobs, missing, damaged } = manifest;
  const answer = { whole: true, folder, manifest: digest, snapshotAt, program, ledger: ledger.size, blobs: blobs.count, missing, damaged };
  process.stdout.write(
    values['json'] === true
      ? `${JSON.stringify(answer)}\n`
      : `Whole: the backup of ${snapshotAt}, made by ${program}, ${blobs.count} blobs, ledger of ${ledger.size} entries.\n`,
  );
}

/** Keys that vouch for a backup: those of the keys folder, a public key that was given, or those that the backup holds under a passphrase. */
export async function keysFor(daemon: Daemon, values: DaemonOptions, folder: string): Promise<TrustedKey[]> {
  const config = takePlace([...daemon.name.split(' '), ...argumentsOf(daemon, values, {})], undefined, () => undefined);
  const own = await signingKeysIn(config.keys);
  const given = typeof values['key'] === 'string' ? [publicKey(await readFile(values['key'], 'utf8'))] : [];
  if (typeof values['passphrase-file'] !== 'string') return [...own, ...given];
  const files = await sealedKeysOf(folder, await passphraseOf(values));
  const inside = [...files]
    .filter(([name]) => /^signing-\d{4}\.pem$/.test(name))
    .map(([, pem]) => publicKey(Buffer.from(pem).toString('utf8')));
  return [...own, ...given, ...inside];
}

/** The keys that a backup holds, opened. */
export async function sealedKeysOf(folder: string, passphrase: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const name = claimedSealedKeys(await readFile(join(folder, MANIFEST)).catch(() => Buffer.alloc(0)));
  if (name === null) throw noSealedKeys({ folder });
  return unsealKeys(await readFile(join(folder, name)), passphrase);
}

/** Puts the keys of a backup into the empty keys folder of the instance to be. */
export async function unpackKeys(keysFolder: string, folder: string, passphrase: string): Promise<void> {
  await placeKeys(keysFolder, await sealedKeysOf(folder, passphrase));
}

export async function passphraseOf(values: DaemonOptions): Promise<string> {
  const [line = ''] = (await readFile(resolve(String(values['passphrase-file'])), 'utf8')).split('\n');
  if (line.length < 12) misused(BACKUP, 'the passphrase has 12 characters or more');
  return line;
}

function publicKey(pem: string): TrustedKey {
  const key = createPublicKey(pem);
  const keyId = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { keyId, publicKeyPem: key.export({ type: 'spki', format: 'pem' }).toString() };
}

function folderOf(value: DaemonOptions[string]): string | null {
  return typeof value === 'string' ? resolve(value) : null;
}

/** Paths mean the folder in which the command was typed, also for the process that may replace this one. */
export function absolutes(values: DaemonOptions, names: readonly string[]): DaemonOptions {
  const paths = names.flatMap((name) =>
    typeof values[name] === 'string' && values[name] !== '-' ? [[name, resolve(values[name])] as const] : [],
  );
  return { ...values, ...Object.fromEntries(paths) };
}
