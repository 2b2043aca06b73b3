import { resolve } from 'node:path';
import { argumentsOf, misused, needed, runDaemon, type Daemon, type DaemonOptions } from '../host/daemon.process.ts';
import { system } from '../kernel/actor.ts';
import { instanceRestored } from '../operations/keeping.events.ts';
import { restoreStatus } from '../operations/restore.api.ts';
import { openBlobs } from '../platform/blobs/open.system.ts';
import { mustBeEmpty, mustKnowSchema, restoreBackup } from '../platform/backup/restore.system.ts';
import { verifyBackup } from '../platform/backup/verify.system.ts';
import { gitLogin } from '../integrations/forges/at.system.ts';
import { openFloor } from '../platform/floor.system.ts';
import { signingKeysIn } from '../platform/keys/signing.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { startEmbedded } from '../platform/postgres/embedded.system.ts';
import { absolutes, keysFor, passphraseOf, unpackKeys } from './backup.system.ts';
import { wiringOf } from './flow.ts';
import { withFloor } from './local.system.ts';
import { takePlace } from './place.system.ts';
import { MIGRATIONS } from './server.system.ts';

const JSON_OPTION = { type: 'boolean', help: 'print one JSON object' } as const;

const RESTORE: Daemon = {
  name: 'restore',
  about:
    'Brings a backup into an empty state folder (and an empty database). The instance is paused until a person resumes it.\nAlso: yardmaster restore status.',
  options: {
    from: { type: 'string', value: 'FOLDER', help: 'the backup' },
    reason: { type: 'string', value: 'TEXT', help: 'why; it stays on record' },
    'passphrase-file': {
      type: 'string',
      value: 'FILE',
      help: 'take the keys from the backup: a file whose first line is their passphrase',
    },
    'checkpoint-log': {
      type: 'string',
      value: 'FILE',
      help: 'a checkpoints.log that outlived the instance: it may know more than the backup',
    },
    json: JSON_OPTION,
  },
};

const STATUS: Daemon = {
  name: 'restore status',
  about: 'What differs between these books and what runs, as far as agents have said, on the machine itself.',
  options: { json: JSON_OPTION },
};

/** `yardmaster restore --from FOLDER` and `yardmaster restore status`. */
export async function restoreMain(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'status') return runDaemon(STATUS, argv.slice(1), status);
  return runDaemon(RESTORE, argv, restore);
}

async function status(values: DaemonOptions): Promise<void> {
  const found = await withFloor(STATUS, values, (floor) => floor.db.read(floor.org, restoreStatus));
  const { restore, places, deployments, unknownActs } = found;
  if (values['json'] === true) process.stdout.write(`${JSON.stringify(found)}\n`);
  else if (restore === null) process.stdout.write('This instance never came out of a backup.\n');
  else {
    const differ = places.filter((place) => !place.same).map((place) => `${place.environment}/${place.service}: ${place.says}`);
    const lines = [`${restore.state}: the backup of ${restore.snapshotAt}, restored at ${restore.restoredAt}`, ...differ];
    process.stdout.write(
      `${[...lines, `${deployments.length} deployments were under way; machines did ${unknownActs.length} acts since`].join('\n')}\n`,
    );
  }
}

async function restore(given: DaemonOptions, _signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const values = absolutes(given, ['from', 'passphrase-file', 'checkpoint-log']);
  const folder = needed(RESTORE, values, 'from');
  const reason = needed(RESTORE, values, 'reason').trim();
  if (reason.length < 3 || reason.length > 500) misused(RESTORE, '--reason has 3 to 500 characters');
  const config = takePlace(['restore', ...argumentsOf(RESTORE, values, {})], undefined, () => undefined);
  // Everything is read and compared before anything is written.
  const { manifest, digest } = await verifyBackup(folder, await keysFor(RESTORE, values, folder), say);
  await mustKnowSchema(manifest, MIGRATIONS);
  if (typeof values['passphrase-file'] === 'string' && (await signingKeysIn(config.keys)).length === 0)
    await unpackKeys(config.keys, folder, await passphraseOf(values));
  const keys = await signingKeysIn(config.keys);
  const log = makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel, 'yardmaster');
  const embedded = config.databaseUrl === null ? await startEmbedded(config.state, config.keys) : null;
  try {
    const where = embedded?.connection ?? { url: config.databaseUrl ?? '' };
    await mustBeEmpty(where);
    const blobs = await openBlobs(config);
    const checkpointLog = typeof values['checkpoint-log'] === 'string' ? resolve(values['checkpoint-log']) : null;
    const order = {
      folder,
      manifest,
      digest,
      where,
      state: config.state,
      keys,
      blobs,
      migrations: MIGRATIONS,
      checkpointLog,
      reason,
      log,
      say,
    };
    const restored = await restoreBackup(order);
    const open = await openFloor({ config, log, where, wiring: wiringOf(), gitLogin, migrations: MIGRATIONS });
    try {
      await open.floor.db.tx(open.floor.org, (tx) =>
        tx.record(instanceRestored, {
          subject: restored.restore,
          actor: system(open.floor.org, 'operator'),
          body: { manifest: digest, snapshotAt: manifest.snapshotAt, origin: restored.origin },
        }),
      );
    } finally {
      await open.close();
    }
    const answer = { ...restored, snapshotAt: manifest.snapshotAt, blobs: manifest.blobs.count, settings: manifest.settings };
    process.stdout.write(
      values['json'] === true
        ? `${JSON.stringify(answer)}\n`
        : `${restored.rows} rows and ${manifest.blobs.count} blobs of ${manifest.snapshotAt} are back. The ledger goes on as ${restored.origin}.\nThe instance is PAUSED. Start the server, let the agents come, look with \`ym restore status\`, then \`ym restore resume --reason TEXT\`.\n`,
    );
  } finally {
    await embedded?.stop();
  }
}
