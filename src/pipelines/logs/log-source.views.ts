import { createHash } from 'node:crypto';
import { LOG_LIMIT } from '../../contract/runner.ts';
import type { Digest } from '../../kernel/digest.ts';
import { isTerminal } from '../../kernel/machine.ts';
import type { Floor } from '../../platform/floor.ts';
import { blobDamaged } from '../../platform/platform.problems.ts';
import { findAttempt } from '../engine/attempt.store.ts';
import { findJob } from '../engine/job.store.ts';
import { logRemoved, noSuchJob } from '../pipelines.problems.ts';
import { jobMachine } from '../states.ts';
import { anchorIn, BLOCK, indexBuilder, linesIn, readIndex, type Anchor, type LogIndex } from './log-index.ts';
import { findIndex, keepIndex, partAnchor, partSums, readParts, type LogKey } from './log.store.ts';

/** The log of one attempt as it is now, however it is kept: rows while it grows, a blob once it is sealed. */
export type LogSource = {
  readonly attempt: number;
  readonly bytes: number;
  readonly total: number;
  /** It will not grow any more. */
  readonly ended: boolean;
  /** Where to begin reading for the line that stands behind `breaks` line breaks. */
  anchor(breaks: number): Promise<Anchor>;
  /** Bytes from `at`, some but not more than about half a MiB; empty only at the end. */
  read(at: number): Promise<Buffer>;
};

/** Opens the log of a job's attempt (default: the newest). Throws where there is none such. */
export async function openLog(floor: Floor, org: string, job: string, wanted: number | undefined): Promise<LogSource> {
  const { attempt, number, over } = await floor.db.read(org, async (tx) => {
    const found = await findJob(tx, job);
    if (found === null) throw noSuchJob({ job });
    const number = wanted ?? found.attempt;
    const attempt = await findAttempt(tx, job, number);
    if (attempt === null && wanted !== undefined) throw noSuchJob({ job });
    return { attempt, number, over: isTerminal(jobMachine, found.state) };
  });
  if (attempt === null) return nothing(number, over);
  const key = { job, attempt: number };
  if (attempt.log_removed_at !== null) throw logRemoved({ job, at: attempt.log_removed_at });
  if (attempt.log_digest !== null) return sealed(floor, org, key, attempt.log_digest, attempt.log_stored);
  return growing(floor, org, key, attempt.finished_at !== null);
}

function nothing(attempt: number, ended: boolean): LogSource {
  const read = async (): Promise<Buffer> => Buffer.alloc(0);
  return { attempt, bytes: 0, total: 0, ended, anchor: async () => ({ at: 0, before: 0 }), read };
}

async function growing(floor: Floor, org: string, key: LogKey, ended: boolean): Promise<LogSource> {
  const { sums, digest, stored } = await floor.db.read(org, async (tx) => {
    // In this order: rows that are counted before the attempt is seen unsealed were all there.
    const sums = await partSums(tx, key);
    const attempt = await findAttempt(tx, key.job, key.attempt);
    return { sums, digest: attempt?.log_digest ?? null, stored: attempt?.log_stored ?? 0 };
  });
  if (digest !== null) return sealed(floor, org, key, digest, stored);
  return {
    attempt: key.attempt,
    bytes: sums.bytes,
    total: linesIn(sums.breaks, sums.bytes, sums.endsWithBreak),
    ended,
    anchor: (breaks) => floor.db.read(org, (tx) => partAnchor(tx, key, breaks)),
    async read(at) {
      if (at >= sums.bytes) return Buffer.alloc(0);
      const found = await floor.db.read(org, async (tx) => ({
        bytes: await readParts(tx, key, at, BLOCK),
        digest: (await findAttempt(tx, key.job, key.attempt))?.log_digest ?? null,
      }));
      // Sealed in between: the rows are gone, the blob holds the same bytes.
      const bytes = found.digest === null ? found.bytes : await floor.blobs.readRange(found.digest, at, at + BLOCK);
      return Buffer.from(bytes).subarray(0, sums.bytes - at);
    },
  };
}

async function sealed(floor: Floor, org: string, key: LogKey, digest: Digest, size: number): Promise<LogSource> {
  const index = await indexOf(floor, org, key, digest);
  const breaks = index.blocks.reduce((sum, block) => sum + block.breaks, 0);
  return {
    attempt: key.attempt,
    bytes: size,
    total: linesIn(breaks, size, index.endsWithBreak),
    ended: true,
    anchor: async (wanted) => anchorIn(index, wanted),
    async read(at) {
      const block = index.blocks[Math.floor(at / BLOCK)];
      if (block === undefined || at >= size) return Buffer.alloc(0);
      const first = Math.floor(at / BLOCK) * BLOCK;
      const bytes = await floor.blobs.readRange(digest, first, first + BLOCK);
      const found = createHash('sha256').update(bytes).digest();
      if (!found.equals(block.digest)) throw blobDamaged({ digest, found: `sha256:${found.toString('hex')} from byte ${first}` });
      return Buffer.from(bytes).subarray(at - first);
    },
  };
}

/** The index of a sealed log; of one that has none yet it is made, from the verified whole, and kept. */
async function indexOf(floor: Floor, org: string, key: LogKey, digest: Digest): Promise<LogIndex> {
  const kept = await floor.db.read(org, (tx) => findIndex(tx, key));
  const index = kept === null ? null : readIndex(kept);
  if (index !== null) return index;
  const builder = indexBuilder();
  let size = 0;
  for await (const chunk of await floor.blobs.open(digest)) {
    size += chunk.length;
    if (size > LOG_LIMIT) break;
    builder.add(chunk);
  }
  const bytes = builder.end();
  await floor.db.tx(org, (tx) => keepIndex(tx, key, bytes));
  return readIndex(bytes) ?? { blocks: [], endsWithBreak: false };
}
