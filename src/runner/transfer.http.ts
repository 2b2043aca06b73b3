import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { findCache, getJobBlob, putJobBlob, saveCache, type JobPlan } from '../contract/runner.ts';
import { extractArchive } from '../host/archive.extract.ts';
import { packPath, packPaths } from '../host/archive.pack.ts';
import type { Digest } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import type { Place } from './executor.ts';
import type { Lease } from './lease.work.ts';
import type { LogSpool } from './log.spool.ts';
import { wrongBytes } from './runner.problems.ts';

/** Moving bytes between the server and one job's folders. Whatever comes is used only once its digest is right. */
export type Transfer = { readonly lease: Lease; readonly place: Place; readonly log: LogSpool };

let counter = 0;
const freshFile = (place: Place): string => join(place.transfer, String(++counter));

/** Downloads into a file of the job; throws `runner.wrong-bytes` where the server sent something else. */
async function download({ lease, place }: Transfer, digest: string): Promise<string> {
  const path = freshFile(place);
  await lease.insist(async () => {
    const { stream } = await lease.client.call(
      getJobBlob,
      { params: { ...lease.params, digest }, query: { token: lease.token } },
      { signal: lease.lost },
    );
    const hash = createHash('sha256');
    const file = await open(path, 'w', 0o600);
    try {
      for await (const chunk of stream) {
        hash.update(chunk);
        await file.writeFile(chunk);
      }
    } catch (error) {
      if (error instanceof Problem || (error as NodeJS.ErrnoException).syscall === 'write') throw error;
      // The connection broke in the middle; the next try starts afresh.
      throw new Problem({
        code: 'client.unreachable',
        status: 503,
        sentence: `The download of ${digest} broke off.`,
        remedy: 'It is tried again.',
      });
    } finally {
      await file.close();
    }
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== digest) throw wrongBytes({ expected: digest, found });
  });
  return path;
}

/** Uploads a file under its digest. */
export async function upload({ lease }: Pick<Transfer, 'lease'>, file: string, digest: Digest): Promise<void> {
  const body = (): ReadableStream<Uint8Array> => Readable.toWeb(createReadStream(file)) as unknown as ReadableStream<Uint8Array>;
  await lease.insist(() =>
    lease.client.call(
      putJobBlob,
      { params: { ...lease.params, digest }, query: { token: lease.token }, body },
      { idempotencyKey: null, signal: lease.lost },
    ),
  );
}

/** The source and the artifacts of needed jobs, unpacked into the workspace. */
export async function fetchSources(transfer: Transfer, plan: JobPlan): Promise<void> {
  if (plan.source.archive !== null) await unpack(transfer, plan.source.archive, transfer.place.workspace);
  for (const { name, digest, path } of plan.inputs) {
    const folder = join(transfer.place.workspace, path);
    await mkdir(folder, { recursive: true });
    await unpack(transfer, digest, folder);
    await transfer.log.write(`artifact ${name} (${digest.slice(0, 19)}) is in ${path}\n`);
  }
}

async function unpack(transfer: Transfer, digest: string, folder: string): Promise<void> {
  const file = await download(transfer, digest);
  await extractArchive(createReadStream(file), folder);
  await rm(file);
}

/** Restores what the server has of the plan's caches; answers the keys that were hit exactly. A cache that can't be used is left out, and the log says so. */
export async function restoreCaches(transfer: Transfer, plan: JobPlan): Promise<ReadonlySet<string>> {
  const { lease, place, log } = transfer;
  const hit = new Set<string>();
  for (const cache of plan.caches) {
    const { key, restoreKeys } = cache;
    const { entry } = await lease.insist(() =>
      lease.client.call(
        findCache,
        { params: lease.params, body: { token: lease.token, key, restoreKeys } },
        { idempotencyKey: null, signal: lease.lost },
      ),
    );
    if (entry === null) {
      await log.write(`cache ${key}: nothing stored yet\n`);
      continue;
    }
    try {
      const staging = freshFile(place);
      await mkdir(staging);
      await unpack(transfer, entry.digest, staging);
      for (const path of cache.paths) await moveIn(staging, place.workspace, path);
      await rm(staging, { recursive: true });
      if (entry.key === key) hit.add(key);
      await log.write(`cache ${key}: restored ${entry.key === key ? 'it' : entry.key}\n`);
    } catch (error) {
      if (lease.lost.aborted || !(error instanceof Problem)) throw error;
      await log.write(`cache ${key}: not restored, ${error.sentence}\n`);
    }
  }
  return hit;
}

/** Moves `path` from one folder to another; where it stands already, its children are moved instead, and what the source brought stays. */
async function moveIn(from: string, to: string, path: string): Promise<void> {
  await mkdir(dirname(join(to, path)), { recursive: true });
  try {
    await rename(join(from, path), join(to, path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EISDIR' && code !== 'ENOTDIR') throw error;
    const children = await readdir(join(from, path)).catch(() => []);
    for (const child of children) await moveIn(from, to, join(path, child));
  }
}

/** Stores the caches that were not hit exactly. Failing to is told in the log and fails nothing. */
export async function storeCaches(transfer: Transfer, plan: JobPlan, hit: ReadonlySet<string>): Promise<void> {
  const { lease, place, log } = transfer;
  for (const { key, paths } of plan.caches.filter((cache) => !hit.has(cache.key))) {
    try {
      const file = freshFile(place);
      const packed = await packPaths(place.workspace, paths, file);
      if (packed === null) continue;
      await upload(transfer, file, packed.digest);
      const { saved } = await lease.insist(() =>
        lease.client.call(
          saveCache,
          { params: lease.params, body: { token: lease.token, key, digest: packed.digest } },
          { idempotencyKey: null, signal: lease.lost },
        ),
      );
      await log.write(`cache ${key}: ${saved ? 'stored' : 'somebody stored it first'}\n`);
    } catch (error) {
      if (lease.lost.aborted || !(error instanceof Problem)) throw error;
      await log.write(`cache ${key}: not stored, ${error.sentence}\n`);
    }
  }
}

export type SentArtifact = { readonly name: string; readonly digest: Digest; readonly size: number };

/** Packs and uploads the artifacts; throws `archive.unpackable` for one that is not there. */
export async function sendArtifacts(transfer: Transfer, plan: JobPlan): Promise<SentArtifact[]> {
  const sent: SentArtifact[] = [];
  for (const { name, path } of plan.artifacts) {
    const file = freshFile(transfer.place);
    const { digest, size } = await packPath(transfer.place.workspace, path, file);
    await upload(transfer, file, digest);
    await rm(file);
    await transfer.log.write(`artifact ${name}: ${size} bytes, ${digest}\n`);
    sent.push({ name, digest, size });
  }
  return sent;
}
