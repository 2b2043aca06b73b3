import { constants } from 'node:fs';
import { copyFile, cp, lstat, mkdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { runGit } from '../host/git.run.ts';

/** What git says about the folder: commit and branch, null where it is no repository or has no commit. */
export async function whereWeStand(
  directory: string,
): Promise<{ commit: string | null; ref: string | null; branch: string | null; tag: null }> {
  const ask = (args: readonly string[]): Promise<string | null> =>
    runGit(directory, args).then(
      (answer) => answer.toString('utf8').trim() || null,
      () => null,
    );
  const commit = await ask(['rev-parse', '--verify', '--quiet', 'HEAD']);
  const ref = await ask(['symbolic-ref', '--quiet', 'HEAD']);
  return { commit, ref, branch: ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null, tag: null };
}

/** Copies the folder's source: in a repository what git tracks or would add, else everything but `.git` and `node_modules`. */
export async function copySource(directory: string, to: string): Promise<void> {
  const listed = await runGit(directory, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']).catch(
    () => null,
  );
  if (listed === null) {
    const skipped = new Set(['.git', 'node_modules']);
    const filter = (source: string): boolean =>
      !source
        .slice(directory.length)
        .split(sep)
        .some((part) => skipped.has(part));
    return cp(directory, to, { recursive: true, verbatimSymlinks: true, filter });
  }
  const folders = new Set<string>();
  for (const path of listed.toString('utf8').split('\0')) {
    if (path === '') continue;
    const from = join(directory, path);
    const there = await lstat(from).catch(() => null);
    // Listed but deleted, or a submodule: not there for a job either.
    if (there === null || there.isDirectory()) continue;
    const folder = dirname(join(to, path));
    if (!folders.has(folder)) await mkdir(folder, { recursive: true });
    folders.add(folder);
    if (there.isSymbolicLink()) await symlink(await readlink(from), join(to, path));
    else await copyFile(from, join(to, path), constants.COPYFILE_FICLONE);
  }
}
