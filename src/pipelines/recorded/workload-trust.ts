import type { Trust } from '../../contract/runner.ts';
import type { Witness } from '../../kernel/witness.ts';

/**
 * The trust that the claims of a workload of the service's own repository give to a commit: that of the protected
 * branch where the issuer says that the ref is protected, that of a branch elsewhere. A workload of another commit says
 * nothing of this one.
 */
export function trustOfWorkload(workload: Witness, commit: string, branch: string): Trust {
  if (workload.sha !== null && workload.sha !== commit) return 'untrusted';
  if (workload.ref === null || !/^refs\/(?:heads|tags)\//.test(workload.ref)) return 'untrusted';
  const onBranch = workload.ref === `refs/heads/${branch}`;
  return onBranch && workload.refProtected === true && workload.sha === commit ? 'protected' : 'trusted';
}
