import type { Trust } from '../contract/runner.ts';

/**
 * How far what a run executes is known. Computed by the server, never told by a caller: `protected` is the protected
 * branch of the watched repository, `trusted` another branch of it, `untrusted` everything else.
 */
const LEVEL: Readonly<Record<Trust, number>> = { untrusted: 0, trusted: 1, protected: 2 };

/** Whether `a` is at least as trusted as `b`. */
export function atLeast(a: Trust, b: Trust): boolean {
  return LEVEL[a] >= LEVEL[b];
}

/** Every level whose caches a job of `trust` may read: its own and higher ones, its own first. */
export function readableCaches(trust: Trust): Trust[] {
  return (['untrusted', 'trusted', 'protected'] as const).filter((level) => atLeast(level, trust));
}

/**
 * The levels of jobs that a runner registered at `runner` takes. A runner of strangers' jobs takes nothing else, so
 * that what a stranger left behind never meets a trusted job.
 */
export function takes(runner: Trust): Trust[] {
  return runner === 'untrusted' ? ['untrusted'] : readableCaches(runner);
}

/** What is known about where a commit stands in its repository. */
export type Standing = {
  /** Full name of the ref the run is for, null for a bare commit. */
  readonly ref: string | null;
  /** Short name of the service's protected branch. */
  readonly protectedBranch: string;
  /** The commit is reachable from the protected branch's head as we fetched it. */
  readonly onProtected: boolean;
  /** The commit is reachable from some branch head as we fetched it. */
  readonly onBranch: boolean;
};

/**
 * The trust of a run. Both must hold: the ref asked for is the protected one (or none was named), and the commit really
 * stands on it; a commit that no branch of the watched repository holds (of a fork, or deleted) is untrusted whatever
 * ref is claimed.
 */
export function trustOf({ ref, protectedBranch, onProtected, onBranch }: Standing): Trust {
  if (!onBranch) return 'untrusted';
  return onProtected && (ref === null || ref === `refs/heads/${protectedBranch}`) ? 'protected' : 'trusted';
}
