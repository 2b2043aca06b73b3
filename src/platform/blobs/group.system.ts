import { execFile } from 'node:child_process';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest } from '../../kernel/digest.ts';
import { randomHex } from '../../host/ids.system.ts';
import { blobMismatch } from '../platform.problems.ts';
import type { PutItem } from '../floor.ts';
import { writeBytes, writeFileOf, writeSmallFileOf, writeStream, type Written } from './write.system.ts';

/** A group is made durable at once when it has so many files or bytes. */
const FILES = 10_000;
const BYTES = 256 * 1024 ** 2;
const AT_ONCE = 8;
/** A file of fewer bytes is read, hashed and written in one go. */
const SMALL = 256 * 1024;
/** So long other work may wait for what is done in one go. */
const TURN_MS = 5;
/** Names that are given while one waits: few turns of the loop, and other requests get theirs in between. */
const RENAMES = 128;
/** Fewer files than this are synced one by one: a sync of the whole file system also waits for what others wrote. */
const FEW = 8;
const SYNC_MS = 10 * 60_000;

type Held = Written & { readonly temporary: string };

/** What small files go through, and when the loop went round last, in the clock of this process. */
type Hand = { readonly buffer: Buffer; turn: number };

/**
 * Stores many files with the durability of one: each group is written beside, brought to the disk by one sync, and only
 * then renamed into place; the folders of the names are synced before it answers. A power cut in between leaves files
 * beside that nobody sees, never a name with half of its bytes.
 */
export async function putAll(
  incoming: string,
  pathOf: (digest: Digest) => string,
  items: readonly PutItem[],
  limit: number,
): Promise<Written[]> {
  const done: Written[] = [];
  for (let next = 0; next < items.length;) {
    const group: Held[] = [];
    try {
      next = await writeGroup(incoming, items, next, limit, group);
      await syncFiles(incoming, group);
      await place(incoming, group, pathOf);
    } catch (error) {
      for (const one of group) await rm(one.temporary, { force: true });
      throw error;
    }
    for (const { digest, size } of group) done.push({ digest, size });
  }
  return done;
}

/** Writes items from `from` on into `group`, in their order, until it is full. Answers which item is next. */
async function writeGroup(incoming: string, items: readonly PutItem[], from: number, limit: number, group: Held[]): Promise<number> {
  let next = from;
  let bytes = 0;
  const hand: Hand = { buffer: Buffer.allocUnsafe(SMALL), turn: performance.now() };
  const one = async (): Promise<void> => {
    while (next < items.length && next - from < FILES && bytes < BYTES) {
      const at = next++;
      const item = items[at] as PutItem;
      const temporary = join(incoming, randomHex(16));
      try {
        const written = await writeItem(temporary, item, limit, hand);
        group[at - from] = { ...written, temporary };
        bytes += written.size;
        if (item.expect !== undefined && item.expect !== written.digest)
          throw blobMismatch({ expected: item.expect, found: written.digest });
      } catch (error) {
        group[at - from] ??= { temporary, digest: 'sha256:', size: 0 };
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, one));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return next;
}

/** Writes one item to a new file. The buffer is only used while nothing is awaited. */
async function writeItem(temporary: string, { bytes }: PutItem, limit: number, hand: Hand): Promise<Written> {
  if (bytes instanceof Uint8Array) return writeBytes(temporary, bytes, limit);
  if (typeof bytes === 'function') return writeStream(temporary, bytes(), limit, false);
  const small = writeSmallFileOf(temporary, bytes.file, limit, hand.buffer);
  if (small === null) return writeFileOf(temporary, bytes.file, limit, false);
  // What was done in one go gives its turn to whoever waits.
  if (performance.now() - hand.turn > TURN_MS) hand.turn = await nextTurn();
  return small;
}

function nextTurn(): Promise<number> {
  return new Promise((resolve) => setImmediate(() => resolve(performance.now())));
}

async function syncFiles(incoming: string, group: readonly Held[]): Promise<void> {
  if (group.length >= FEW && (await syncFileSystem(incoming))) return;
  for (const { temporary } of group) await syncPath(temporary);
}

async function place(incoming: string, group: readonly Held[], pathOf: (digest: Digest) => string): Promise<void> {
  const folders = new Set(group.map(({ digest }) => dirname(pathOf(digest))));
  const parents = new Set([...folders].map((folder) => dirname(folder)));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  for (let at = 0; at < group.length; at += RENAMES) {
    const part = group.slice(at, at + RENAMES).map(({ temporary, digest }) => rename(temporary, pathOf(digest)));
    const failed = (await Promise.allSettled(part)).find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
  // The names need only a commit of the journal: the bytes are on the disk already.
  if (folders.size >= FEW && (await syncFileSystem(incoming))) return;
  await Promise.all([...folders, ...parents].map(syncPath));
}

/** Brings what was written to a file, or the names in a folder, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** syncfs(2) by way of `sync -f`: Node has no call for it. False: this machine has no such program. Throws where the disk failed. */
function syncFileSystem(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    execFile('sync', ['-f', path], { timeout: SYNC_MS, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }, (error, _stdout, stderr) => {
      if (error === null) resolve(true);
      else if ((error as NodeJS.ErrnoException).code === 'ENOENT' || /unrecognized|invalid|illegal/.test(stderr)) resolve(false);
      else reject(new Error(`the disk of the store could not be synced: ${stderr.trim() || error.message}`));
    });
  });
}
