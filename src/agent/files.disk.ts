import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Writes JSON so that a crash leaves the old or the new file, never half of one. */
export function saveJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.next`;
  const file = openSync(next, 'w', 0o600);
  writeSync(file, `${JSON.stringify(value, null, 1)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(next, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** The JSON of a file, or null where there is none. Throws where it can't be read: a damaged state is never taken for an empty one. */
export function loadJson(path: string): unknown {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as unknown) : null;
}

/** A path for a Unix socket: inside `folder`, or a private folder of the system where that would pass the limit of 107 bytes. */
export function socketPath(folder: string, name: string): string {
  const here = join(folder, name);
  if (Buffer.byteLength(here) <= 100) return here;
  const short = join(tmpdir(), `ym-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  return join(short, name);
}
