import { isCommitId } from '../host/git.ts';
import { resolveRef } from '../host/git.run.ts';
import type { Tx } from '../platform/floor.ts';
import { mirrorOf, refresh, refreshOne } from './sources/mirror.commands.ts';
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
    await refresh(tx.floor, tx.org, source.id, repository);
    await present(dir, commit).catch(() => bring(tx, source.id, repository, commit));
  }
  return dir;
}

async function present(dir: string, commit: string): Promise<void> {
  await resolveRef(dir, commit);
}

/** A commit that no branch holds any more is asked for by its id: forges keep it for a while. */
async function bring(tx: Tx, source: string, repository: string, commit: string): Promise<void> {
  if (isCommitId(commit)) await refreshOne(tx.floor, tx.org, source, repository, commit, `commits/${commit}`).catch(() => undefined);
  await present(mirrorOf(tx.floor, source), commit);
}
