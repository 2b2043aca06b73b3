import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { readCheckpoint } from '../../kernel/checkpoint.ts';
import { digestOf, isDigest, type Digest } from '../../kernel/digest.ts';
import type { TrustedKey } from '../../kernel/dsse.ts';
import { foldRight, nodeHash, type Hash } from '../../kernel/merkle.ts';
import { notWhole, unknownSigner } from './backup.problems.ts';
import { claimedSigners, MANIFEST, openManifest, type BackupPart, type BackupTable, type Manifest } from './manifest.ts';
import { blobName } from './place.system.ts';

export type Verified = { readonly manifest: Manifest; readonly digest: Digest };

/**
 * Reads a whole backup and compares every byte with its signed manifest; the ledger's root is computed again from the
 * rows. Needs nothing but the folder and a key. Throws `backup.not-whole` or `backup.unknown-signer`.
 */
export async function verifyBackup(folder: string, keys: readonly TrustedKey[], say: (line: string) => void): Promise<Verified> {
  const bytes = await readFile(join(folder, MANIFEST)).catch(() => null);
  if (bytes === null) throw notWhole({ folder, why: `it has no ${MANIFEST}, so it was never finished` });
  const opened = openManifest(bytes, keys);
  if (!opened.ok) throw unknownSigner({ folder, signers: claimedSigners(bytes), why: opened.why });
  const { manifest } = opened;
  const wrong = (why: string): Error => notWhole({ folder, why });
  for (const table of [...manifest.tables, manifest.jobs]) await verifyTable(folder, table, wrong);
  say(`${manifest.tables.length} tables are as they were`);
  for (const part of [manifest.checkpointLog, manifest.keys.sealed]) if (part !== null) await verifyPart(folder, part, wrong);
  await verifyBlobs(folder, manifest, wrong, say);
  await verifyLedger(folder, manifest, keys, wrong);
  return { manifest, digest: digestOf(bytes) };
}

type Wrong = (why: string) => Error;

async function verifyTable(folder: string, table: BackupTable, wrong: Wrong): Promise<void> {
  for (const part of table.parts) await verifyPart(folder, part, wrong);
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  for await (const chunk of rowsOf(folder, table)) {
    hash.update(chunk);
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows += 1;
  }
  if (`sha256:${hash.digest('hex')}` !== table.digest || rows !== table.rows || bytes !== table.bytes)
    throw wrong(`the rows of ${table.name} are not those that were saved`);
}

/** The rows of a table in COPY's text form, part after part. */
export async function* rowsOf(folder: string, table: BackupTable): AsyncGenerator<Buffer> {
  for (const part of table.parts) yield* createReadStream(join(folder, part.file)).pipe(createGunzip()) as AsyncIterable<Buffer>;
}

async function verifyPart(folder: string, part: BackupPart, wrong: Wrong): Promise<void> {
  const found = await digestOfFile(join(folder, part.file));
  if (found === null) throw wrong(`${part.file} is not there`);
  if (found.digest !== part.digest || found.size !== part.size) throw wrong(`${part.file} has changed`);
}

async function digestOfFile(path: string): Promise<{ readonly digest: string; readonly size: number } | null> {
  const there = await lstat(path).catch(() => null);
  if (there === null || !there.isFile()) return null;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return { digest: `sha256:${hash.digest('hex')}`, size: there.size };
}

async function verifyBlobs(folder: string, manifest: Manifest, wrong: Wrong, say: (line: string) => void): Promise<void> {
  let count = 0;
  let bytes = 0;
  for (const part of manifest.blobs.index) await verifyPart(folder, part, wrong);
  for await (const { digest, size } of blobsOf(folder, manifest)) {
    const found = await digestOfFile(join(folder, blobName(digest)));
    if (found === null) throw wrong(`the blob ${digest} is not there`);
    if (found.digest !== digest || found.size !== size) throw wrong(`the blob ${digest} has changed`);
    count += 1;
    bytes += size;
    if (count % 1000 === 0) say(`${count} of ${manifest.blobs.count} blobs are as they were`);
  }
  if (count !== manifest.blobs.count || bytes !== manifest.blobs.bytes) throw wrong('its index of blobs is not complete');
  say(`${count} blobs are as they were`);
}

/** What the index of blobs names. */
export async function* blobsOf(folder: string, manifest: Manifest): AsyncGenerator<{ readonly digest: Digest; readonly size: number }> {
  for (const part of manifest.blobs.index) {
    for await (const line of createInterface({ input: createReadStream(join(folder, part.file)) })) {
      const [digest, size] = line.split(' ');
      if (isDigest(digest)) yield { digest, size: Number(size) };
    }
  }
}

/** The root over the saved entries, computed from the rows, is what the instance signed. */
async function verifyLedger(folder: string, manifest: Manifest, keys: readonly TrustedKey[], wrong: Wrong): Promise<void> {
  const { ledger } = manifest;
  const table = manifest.tables.find((one) => one.name === 'ledger_entry');
  if (table === undefined) throw wrong('it holds no ledger');
  const { size, root } = await rootOfEntries(folder, table, wrong);
  if (size !== ledger.size) throw wrong(`its ledger has ${size} entries, and ${ledger.size} are signed`);
  if (size === 0) return;
  const read = ledger.checkpoint === null ? null : readCheckpoint(ledger.checkpoint, keys);
  if (read === null || !read.ok) throw wrong('its checkpoint is not signed by a key that is known here');
  const { checkpoint } = read;
  if (checkpoint.origin !== ledger.origin || checkpoint.size !== size || !Buffer.from(checkpoint.root).equals(root ?? Buffer.alloc(0)))
    throw wrong('its ledger is not the one that its checkpoint signs');
}

async function rootOfEntries(
  folder: string,
  table: BackupTable,
  wrong: Wrong,
): Promise<{ readonly size: number; readonly root: Hash | null }> {
  const seq = table.columns.indexOf('seq');
  const hash = table.columns.indexOf('leaf_hash');
  // Roots of full subtrees, the largest first.
  const peaks: { leaves: number; hash: Hash }[] = [];
  let size = 0;
  for await (const line of linesOf(rowsOf(folder, table))) {
    const fields = line.split('\t');
    if (Number(fields[seq]) !== size) throw wrong(`its ledger has a hole at ${size}`);
    peaks.push({ leaves: 1, hash: Buffer.from((fields[hash] ?? '').slice(3), 'hex') });
    for (
      let last = peaks.at(-1), before = peaks.at(-2);
      last !== undefined && before?.leaves === last.leaves;
      last = peaks.at(-1), before = peaks.at(-2)
    ) {
      peaks.splice(-2, 2, { leaves: last.leaves * 2, hash: nodeHash(before.hash, last.hash) });
    }
    size += 1;
  }
  return { size, root: size === 0 ? null : foldRight(peaks.map((peak) => peak.hash)) };
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
