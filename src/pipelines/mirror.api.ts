import { resolveRef } from '../host/git.run.ts';
import type { Tx } from '../platform/floor.ts';
import { mirrorOf, refresh } from './sources/mirror.commands.ts';
import { sourceByUrl } from './sources/source.store.ts';

/**
 * The folder of this server's copy of a watched repository, with `commit` in it; fetched where this server has not seen
 * it yet. Null where nobody watches that repository. Throws `git.no-such-ref` where the repository has no such commit.
 */
export async function mirrorWith(tx: Tx, repository: string, commit: string): Promise<string | null> {
  const source = await sourceByUrl(tx, repository);
  if (source === null) return null;
  const dir = mirrorOf(tx.floor, source.id);
  const there = await resolveRef(dir, commit).then(
    () => true,
    () => false,
  );
  if (!there) {
    await refresh(tx.floor, source.id, repository);
    await resolveRef(dir, commit);
  }
  return dir;
}
