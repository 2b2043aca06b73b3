import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** An upload that is not over after this long belongs to a process that died. */
const LEFT_MS = 86_400_000;

/** Deletes what died processes left half written beside the stored bytes. Answers how many files. */
export async function tidyIncoming(state: string, nowMs: number): Promise<number> {
  const folder = join(state, 'blobs', 'incoming');
  let gone = 0;
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found === null || nowMs - found.mtimeMs < LEFT_MS) continue;
    await rm(path, { force: true });
    gone += 1;
  }
  return gone;
}
