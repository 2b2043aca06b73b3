import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, renameSync } from 'node:fs';

/**
 * Keeps a file that another process appends to below a bound: past `limit` bytes its content goes to `FILE.1` (which goes
 * away with the next turn) and it begins anew. The writer keeps its file and must have opened it for appending. What it
 * writes between the copy and the cut is lost: some lines of a log, never more. Answers whether it turned.
 */
export function turnOver(path: string, limit: number): boolean {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    if (fstatSync(file).size <= limit) return false;
    copyFileSync(path, `${path}.part`);
    renameSync(`${path}.part`, `${path}.1`);
    ftruncateSync(file, 0);
    return true;
  } finally {
    closeSync(file);
  }
}
