import type { Head } from '../../host/git.ts';

/** How the heads of a repository differ from those that were acted on. */
export type HeadChange = { readonly ref: string; readonly before: string | null; readonly commit: string };
export type HeadChanges = { readonly moved: readonly HeadChange[]; readonly gone: readonly string[] };

/** What moved and what is gone, in the order of the refs' names, branches before tags. */
export function headChanges(known: ReadonlyMap<string, string>, now: readonly Head[]): HeadChanges {
  const here = new Set(now.map((head) => head.ref));
  const moved = now
    .filter((head) => known.get(head.ref) !== head.commit)
    .map(({ ref, commit }) => ({ ref, commit, before: known.get(ref) ?? null }));
  return { moved: moved.sort((a, b) => (a.ref < b.ref ? -1 : 1)), gone: [...known.keys()].filter((ref) => !here.has(ref)) };
}

/**
 * Which changes start runs. A repository seen for the first time brings its whole past: only the protected branches of
 * its services are built then, and everything else is merely remembered.
 */
export function worthRunning(
  changes: readonly HeadChange[],
  firstLook: boolean,
  protectedBranches: readonly string[],
): readonly HeadChange[] {
  return firstLook ? changes.filter((change) => protectedBranches.some((branch) => change.ref === `refs/heads/${branch}`)) : changes;
}
