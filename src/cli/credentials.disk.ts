import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

function file(): string {
  const config = process.env['XDG_CONFIG_HOME'];
  return join(
    config === undefined || config === '' ? join(process.env['HOME'] ?? homedir(), '.config') : config,
    'yardmaster',
    'credentials.json',
  );
}

function readAll(): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(readFileSync(file(), 'utf8'));
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** The token kept for a server by `ym setup` or `ym login`, or null. */
export function readCredential(url: string): string | null {
  const all = readAll();
  return Object.hasOwn(all, url) ? (all[url] ?? null) : null;
}

/** Keeps (or with null forgets) the token for a server, in a file that only this user can read. */
export function keepCredential(url: string, token: string | null): string {
  const all = readAll();
  if (token === null) delete all[url];
  else all[url] = token;
  const path = file();
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
