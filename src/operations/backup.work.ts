import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { actorLabel, system, type Actor } from '../kernel/actor.ts';
import { Problem } from '../kernel/problem.ts';
import { plus, type Instant, type Millis } from '../kernel/time.ts';
import { makeBackup, type BackupOrder, type MadeBackup } from '../platform/backup/make.system.ts';
import { backupById, lastBackup, lostBackups, scheduledBackup, wholeBackupsIn, type BackupRow } from '../platform/backup/backup.queries.ts';
import { failBackup, finishBackup, insertBackup, markRemoved, noteProgress, takeBackup } from '../platform/backup/backup.store.ts';
import { folderPlace } from '../platform/backup/place.system.ts';
import type { Floor, Sweeper, Task, Tx } from '../platform/floor.ts';
import { backupFailed, backupMade, backupRemoved } from './keeping.events.ts';
import { backupUnderWay, noBackupFolder } from './keeping.problems.ts';

export const MAKE_BACKUP = 'operations.backup';
const SCHEDULE = 'schedule';
/** A maker says every few seconds that it is there; silent for so long, another goes on in the same folder. */
const LOST_MS: Millis = 60_000;
const SAY_MS: Millis = 2000;
/** `2026-11-23t18-15-02-bak-0192...`: what a backup of ours is called, and nothing else is ever removed. */
const NAME = /^\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d-bak-[0-9a-f]{32}$/;

/** Asks for a backup in the configured folder. One at a time. */
export async function wantBackup(tx: Tx, actor: Actor): Promise<BackupRow> {
  if (tx.floor.config.backups.folder === null) throw noBackupFolder({});
  const [open] = await lostOrRunning(tx);
  if (open !== undefined) throw backupUnderWay({ backup: open });
  return insertWanted(tx, actorLabel(actor), await tx.now());
}

async function insertWanted(tx: Tx, askedBy: string, askedAt: Instant): Promise<BackupRow> {
  const id = tx.floor.newId('bak');
  await insertBackup(tx, { id, askedBy, askedAt, folder: null });
  await tx.wake(MAKE_BACKUP, id, { backup: id });
  return (await backupById(tx, id)) as BackupRow;
}

async function lostOrRunning(tx: Tx): Promise<string[]> {
  // A negative patience takes those too whose maker has just been heard of.
  return (await lostBackups(tx, await tx.now(), -LOST_MS)).map(({ id }) => id);
}

/** What a server knows of itself that a backup needs. */
export type Maker = Pick<BackupOrder, 'program' | 'needed'>;

/** Makes a backup that is wanted. Cut off, it is continued in the same folder, by whichever server. */
export function backupTask(maker: Maker): Task {
  return {
    name: MAKE_BACKUP,
    async run(floor, payload, org) {
      const id = String(payload['backup']);
      const root = floor.config.backups.folder;
      // A server without the folder leaves it to one that has it: the sweeper wakes it again.
      if (root === null) return;
      const row = await floor.db.tx(org, async (tx) => {
        const now = await tx.now();
        return takeBackup(tx, id, join(root, nameOf(id, now)), now, LOST_MS);
      });
      if (row?.folder == null) return;
      const actor = system(org, 'backup');
      try {
        const made = await make(floor, org, row.id, row.folder, maker);
        await floor.db.tx(org, (tx) => tellMade(tx, actor, row.id, made));
        await removeOld(floor, org, root);
      } catch (error) {
        const known = error instanceof Problem;
        await floor.db.tx(org, async (tx) => {
          await failBackup(tx, row.id, known ? `${error.sentence} ${error.remedy}` : 'a bug: see the log of the server', await tx.now());
          await tx.record(backupFailed, { subject: row.id, actor, body: { code: known ? error.code : 'platform.bug' } });
        });
        if (!known) throw error;
        floor.log.error({ backup: row.id, code: error.code }, error.sentence);
      }
    },
  };
}

function nameOf(id: string, now: Instant): string {
  return `${now.slice(0, 19).toLowerCase().replaceAll(':', '-')}-${id.replace('_', '-')}`;
}

async function make(floor: Floor, org: string, id: string, folder: string, maker: Maker): Promise<MadeBackup> {
  let line = 'beginning';
  const stopping = new AbortController();
  const note = async (): Promise<void> => floor.db.tx(org, async (tx) => noteProgress(tx, id, line, await tx.now()));
  const timer = setInterval(() => void note().catch(() => undefined), SAY_MS);
  try {
    const before = await floor.db.read(org, lastBackup);
    const place = await folderPlace(folder, before?.folder ?? null);
    return await makeBackup({
      ...maker,
      floor,
      where: floor.where,
      place,
      snapshot: null,
      passphrase: null,
      say: (said) => void (line = said),
      signal: stopping.signal,
    });
  } finally {
    clearInterval(timer);
  }
}

/** Writes a whole backup down. */
export async function tellMade(tx: Tx, actor: Actor, id: string, { manifest, digest }: MadeBackup): Promise<void> {
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes =
    manifest.blobs.bytes + [...manifest.tables, manifest.jobs].flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.size, 0);
  const { snapshotAt } = manifest;
  const outcome = { snapshotAt, rows, blobs: manifest.blobs.count, bytes, manifestDigest: digest };
  if (!(await finishBackup(tx, id, outcome, await tx.now()))) return;
  const body = { manifest: digest, snapshotAt, rows, blobs: manifest.blobs.count, withKeys: manifest.keys.sealed !== null };
  await tx.record(backupMade, { subject: id, actor, body });
}

/** Removes the oldest beyond what is kept: only folders that we named ourselves, directly under the configured one. */
async function removeOld(floor: Floor, org: string, root: string): Promise<void> {
  const old = (await floor.db.read(org, (tx) => wholeBackupsIn(tx, root))).slice(floor.config.backups.keep);
  for (const { id, folder } of old) {
    if (dirname(folder) !== root || !NAME.test(basename(folder))) continue;
    await rm(folder, { recursive: true, force: true });
    await floor.db.tx(org, async (tx) => {
      const row = await backupById(tx, id);
      await markRemoved(tx, id);
      await tx.record(backupRemoved, { subject: id, actor: system(org, 'backup'), body: { manifest: row?.manifestDigest ?? '' } });
    });
  }
}

/** Wakes backups that nobody makes, and asks for the next one where YARDMASTER_BACKUP_EVERY says so. */
export const backupSweeper: Sweeper = {
  name: 'operations.backups',
  async sweep(tx) {
    const now = await tx.now();
    for (const { id, org } of await lostBackups(tx, now, LOST_MS)) await tx.wake(MAKE_BACKUP, id, { backup: id, org });
    const { folder, everyMs } = tx.floor.config.backups;
    if (folder === null || everyMs === null) return;
    const by = `system:${SCHEDULE}`;
    const { askedAt, open } = await scheduledBackup(tx, by);
    if (open || (askedAt !== null && plus(askedAt, everyMs) > now)) return;
    await insertScheduled(tx, by, now);
  },
};

/** The sweeper sees all organisations; a backup is of the instance, and its row of the first. */
async function insertScheduled(tx: Tx, by: string, now: Instant): Promise<void> {
  await insertWanted({ ...tx, org: tx.floor.org }, by, now);
}
