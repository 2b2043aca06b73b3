import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isDigest, type Digest } from '../kernel/digest.ts';
import { trusted, type Look } from './seen.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What was read of a path before, kept in the user's cache folder: its digest is known without reading it again, as long
 * as the file system says that nothing in it has changed. Losing it costs a reading; it never decides anything else: the
 * server is asked for the digest, and has the bytes or asks for them.
 */
export function seenBefore(path: string, look: Look, env: Env): { readonly digest: Digest; readonly size: number } | null {
  try {
    const kept = JSON.parse(readFileSync(placeOf(path, env), 'utf8')) as { shape?: unknown; digest?: unknown; size?: unknown };
    const { digest, size } = kept;
    return kept.shape === look.shape && isDigest(digest) && typeof size === 'number' ? { digest, size } : null;
  } catch {
    return null;
  }
}

/** Keeps what a path was when it was read; `startedNs` is when the look at it began. What may have changed unseen is not kept. */
export function keepSeen(
  path: string,
  look: Look,
  found: { readonly digest: Digest; readonly size: number },
  startedNs: bigint,
  env: Env,
): void {
  if (!trusted(look.newest, startedNs)) return;
  try {
    const place = placeOf(path, env);
    mkdirSync(join(place, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(`${place}.${process.pid}`, JSON.stringify({ shape: look.shape, ...found }), { mode: 0o600 });
    renameSync(`${place}.${process.pid}`, place);
  } catch {
    // A cache that can't be written is a reading more the next time.
  }
}

function placeOf(path: string, env: Env): string {
  const home = env['XDG_CACHE_HOME'];
  const folder = home === undefined || home === '' ? join(env['HOME'] ?? homedir(), '.cache') : home;
  return join(folder, 'yardmaster', 'seen', createHash('sha256').update(realpathSync(path)).digest('hex'));
}
