import { resolveAncestor, resolveRef } from '../host/git.run.ts';
import { historyReader } from '../host/git-history.run.ts';
import { readRefsNow } from '../host/git-refs.run.ts';
import type { Refs } from '../host/git-refs.run.ts';
import { isCommitId, shortRef } from '../host/git.ts';
import { branchAt, branchName } from '../artifacts/versions/repository.ts';
import type { At, RepositoryArgs as Args } from '../artifacts/versions/repository.ts';

export type RepositoryArgs = Omit<Args, 'given' | 'trunk'> & {
  readonly repo: string;
  /** Default HEAD. */
  readonly to?: string;
};

/** The refs of the repository in a folder, and the commit that is asked about. */
export async function lookAt(args: RepositoryArgs, known?: { readonly refs: Refs; readonly to: string }): Promise<At> {
  const refs = known?.refs ?? readRefsNow(args.repo);
  const to = known?.to ?? (await commitOf(args.repo, refs, args.to));
  return { reader: historyReader(args.repo), refs: refs.refs, branch: args.branch ?? branchOf(refs, args.to, to), to };
}

/** The commit of `to`, without a process where the refs say it. */
export async function commitOf(dir: string, refs: Refs, to: string | undefined): Promise<string> {
  if (to === undefined || to === 'HEAD') {
    const head = refs.refs.find((ref) => ref.ref === refs.head);
    return head?.commit ?? (await resolveRef(dir, 'HEAD'));
  }
  return resolveAncestor(dir, to);
}

/** The branch of the commit asked about: the one named, the one checked out, or the only one that points at it. */
function branchOf(refs: Refs, to: string | undefined, commit: string): string | null {
  if (to === undefined || to === 'HEAD') return refs.head === null ? branchAt(refs.refs, commit) : shortRef(refs.head);
  const found = refs.refs.find(
    (ref) => branchName(ref) !== null && (ref.ref === to || branchName(ref) === to || ref.ref === `refs/remotes/${to}`),
  );
  return found === undefined ? null : branchName(found);
}

/** Whether `to` is named in a way that the refs answer for: nothing else may be remembered under them. */
export function isStable(refs: Refs, to: string | undefined): boolean {
  if (to === undefined || to === 'HEAD' || isCommitId(to)) return true;
  return refs.refs.some(({ ref }) => ref === to || shortRef(ref) === to || ref === `refs/remotes/${to}`);
}
