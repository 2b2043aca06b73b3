import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Checkpoints outside the database: one file, appended, in the state folder. Copies of it elsewhere (a backup, a
 * log shipper, a mailbox) show any later change of what was signed. Notes are separated by a line of three dashes.
 */
const SEPARATOR = '---\n';
const TAIL_BYTES = 65_536;

/** Where an instance keeps its checkpoint log. */
export function checkpointLogPath(state: string): string {
  return join(state, 'checkpoints.log');
}

/** Appends a note and waits until the disk has it. */
export async function appendToCheckpointLog(path: string, note: string): Promise<void> {
  await appendFile(path, note + SEPARATOR, { mode: 0o644, flush: true });
}

/** The last whole note of the log; null where there is none. A note cut short by a crash is passed over. */
export function lastInCheckpointLog(path: string): string | null {
  const whole = readTail(path).split(SEPARATOR).slice(0, -1);
  return whole.at(-1) ?? null;
}

function readTail(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
