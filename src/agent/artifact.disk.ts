import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARCHIVE_LIMITS } from '../host/archive-names.ts';
import { extractArchive } from '../host/archive.extract.ts';
import { retryDelay } from '../host/client-request.ts';
import { hexOf, type Digest } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import { wrongBytes } from './agent.problems.ts';

/** Artifacts kept on this machine, the newest: a way back must not need the server. */
const KEPT = 20;

/** Where an artifact's bytes come from: the server, or nowhere when it can't be reached. */
export type Fetch = () => Promise<ReadableStream<Uint8Array>>;

/**
 * Unpacks the artifact `digest` into the empty folder `folder`. The bytes are taken from `store` where they are there,
 * else fetched; and they are hashed again from the disk, just before they are used, every time.
 */
export async function unpackArtifact(store: string, digest: Digest, fetch: Fetch | null, folder: string): Promise<void> {
  mkdirSync(store, { recursive: true, mode: 0o700 });
  const file = join(store, hexOf(digest));
  if (existsSync(file) && (await hashOf(file)) !== digest) rmSync(file);
  if (!existsSync(file)) {
    if (fetch === null) throw new Error(`this machine has no copy of ${digest}`);
    await downloadPatiently(file, digest, fetch);
  }
  const found = await hashOf(file);
  if (found !== digest) throw wrongBytes({ expected: digest, found });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const unpacked = await extractArchive(createReadStream(file), folder, ARCHIVE_LIMITS);
  // The extraction hashes what it really read: nobody exchanged the file between the look and the use.
  if (unpacked.digest !== digest) throw wrongBytes({ expected: digest, found: unpacked.digest });
  forget(store);
}

/** How long a server that can't be reached is waited for: it comes back more often than a deployment deserves to fail. */
const PATIENCE_MS = 120_000;

async function downloadPatiently(file: string, digest: Digest, fetch: Fetch): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (let tried = 1; ; tried += 1) {
    try {
      return await download(file, digest, fetch);
    } catch (error) {
      if (!isPassing(error) || performance.now() > until) throw error;
    }
    await sleep(retryDelay(tried, Math.random()));
  }
}

/** A connection that was cut or a server that is away; not a refusal, wrong bytes, or this machine's own disk. */
function isPassing(error: unknown): boolean {
  if (error instanceof Problem) return error.status >= 500 ? error.code !== wrongBytes.code : error.status === 429 || error.status === 408;
  const local =
    (error as NodeJS.ErrnoException).syscall !== undefined &&
    ['open', 'write', 'fsync', 'rename'].includes((error as NodeJS.ErrnoException).syscall ?? '');
  return error instanceof Error && !local;
}

async function download(file: string, digest: Digest, fetch: Fetch): Promise<void> {
  const part = `${file}.part`;
  const hash = createHash('sha256');
  const source = Readable.fromWeb((await fetch()) as Parameters<typeof Readable.fromWeb>[0]);
  source.on('data', (bytes: Buffer) => hash.update(bytes));
  await pipeline(source, createWriteStream(part, { mode: 0o600, flush: true }));
  const found: Digest = `sha256:${hash.digest('hex')}`;
  if (found !== digest) {
    rmSync(part, { force: true });
    throw wrongBytes({ expected: digest, found });
  }
  renameSync(part, file);
}

async function hashOf(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

function forget(store: string): void {
  const files = readdirSync(store).map((name) => join(store, name));
  const byAge = files.map((file) => ({ file, at: statSync(file).mtimeMs })).toSorted((a, b) => b.at - a.at);
  for (const { file } of byAge.slice(KEPT)) rmSync(file, { force: true });
}
