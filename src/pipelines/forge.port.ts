import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

export type PersonSeen = {
  /** `opened` it, `wrote` commits of it (co-authors too), was `asked` to review, or `reviewed`. */
  readonly role: 'opened' | 'wrote' | 'asked' | 'reviewed';
  readonly login: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly bot: boolean;
  readonly review: string | null;
  readonly commit: string | null;
  readonly at: Instant | null;
};

/** A merge request as its forge says it is now. */
export type MergeRequestFact = {
  readonly number: number;
  readonly title: string;
  readonly state: 'open' | 'merged' | 'closed';
  readonly draft: boolean;
  readonly sourceBranch: string | null;
  readonly targetBranch: string | null;
  readonly head: string | null;
  readonly mergeCommit: string | null;
  readonly headRef: string | null;
  readonly fork: boolean | null;
  readonly labels: readonly string[];
  readonly link: string | null;
  readonly complete: boolean;
  readonly openedAt: Instant | null;
  readonly changedAt: Instant | null;
  readonly people: readonly PersonSeen[];
};

export type WatchedSource = { readonly id: string; readonly url: string; readonly branches: readonly string[] };

/**
 * What forges tell this slice. They only ever say what they are asked for, and what is saved is what they said last; the
 * heads of a repository are read from git itself.
 */
export type ForgeSources = {
  /** The watched repositories of the organisation, with the protected branches of their services. */
  watched(tx: Tx): Promise<readonly WatchedSource[]>;
  /** Looks at the heads of a repository soon. */
  wake(tx: Tx, source: string, heardAt: Instant): Promise<void>;
  /**
   * Saves a merge request as its forge said it to a question put at `at`; null: it has none of this number any more. An
   * answer to an earlier question than what is saved already changes nothing.
   */
  save(tx: Tx, source: string, number: number, seen: MergeRequestFact | null, at: Instant): Promise<void>;
  /** Numbers of those that were open when last seen, and of all that are known. */
  known(tx: Tx, source: string): Promise<{ readonly open: readonly number[]; readonly all: readonly number[] }>;
  /** Repositories whose look is due, of every organisation; they are due again at `next`. */
  due(tx: Tx, now: Instant, next: Instant): Promise<readonly { readonly id: string; readonly org: string }[]>;
  protection(tx: Tx, source: string, branch: string, seen: { readonly state: string; readonly detail: string }, at: Instant): Promise<void>;
};
