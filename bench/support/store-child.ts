import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveOf, lookAtFolder } from '../../src/host/folder.read.ts';
import { keepSeen, seenBefore } from '../../src/cli/seen.disk.ts';
import type { PutItem } from '../../src/platform/floor.ts';
import { openBlobStore } from '../../src/platform/blobs/disk.system.ts';

/**
 * One act of the store in a process of its own, as bench/store.ts times it: `file`, `folder` (one archive; what was seen
 * before is not read again) or `blobs` (each file by itself). Prints what it stored, one digest a line.
 */
const [mode = '', state = '', path = ''] = process.argv.slice(2);
const store = await openBlobStore(state);

if (mode === 'file') {
  const { digest } = await store.putFile(path);
  process.stdout.write(`${digest}\n`);
} else if (mode === 'folder') {
  const started = BigInt(Date.now()) * 1_000_000n;
  const look = lookAtFolder(path);
  const seen = seenBefore(path, look, process.env);
  if (seen !== null && (await store.size(seen.digest)) === seen.size) process.stdout.write(`${seen.digest}\n`);
  else {
    const stored = await store.put(archiveOf(look));
    keepSeen(path, look, stored, started, process.env);
    process.stdout.write(`${stored.digest}\n`);
  }
} else if (mode === 'blobs') {
  const items: PutItem[] = [];
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const at = join(entry.parentPath, entry.name);
    if (entry.isFile()) items.push({ bytes: { file: at } });
  }
  for (const { digest } of await store.putAll(items)) process.stdout.write(`${digest}\n`);
} else throw new Error(`no act of the store: ${mode}`);
