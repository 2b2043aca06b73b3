import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { unreadable } from './cli.problems.ts';

const FOLDERS_SKIPPED = new Set(['.git', 'node_modules', 'vendor', 'target', 'dist', 'build', '.venv', '.terraform']);
const FILES_MOST = 20_000;
const DEPTH_MOST = 8;
const BYTES_MOST = 1024 * 1024;

/** Files below a folder that `wanted` takes, with their text: links are not followed, and what is larger than 1 MB is left out. */
export async function filesBelow(
  root: string,
  wanted: (path: string) => boolean,
): Promise<{ readonly path: string; readonly source: string }[]> {
  const found: { path: string; source: string }[] = [];
  let seen = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (depth === 0)
        throw unreadable({ file: root, why: error.code === 'ENOENT' ? 'it is not there' : 'it is no folder that you may read' });
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if ((seen += 1) > FILES_MOST) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < DEPTH_MOST && !FOLDERS_SKIPPED.has(entry.name)) await walk(path, depth + 1);
      const name = relative(root, path).replaceAll('\\', '/');
      if (!entry.isFile() || !wanted(name) || (await stat(path)).size > BYTES_MOST) continue;
      found.push({ path: name, source: await readFile(path, 'utf8') });
    }
  };
  await walk(root, 0);
  return found;
}
