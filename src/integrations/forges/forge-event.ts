/**
 * What a forge's webhook says, in our words: one model for all of them. An event is a hint about what to look at; what is
 * true is asked from the forge afterwards. Names, titles and bodies are strangers' text.
 */

/** Somebody at the forge. Logins and addresses say who it is there; whom it is here, identity knows. */
export type Login = {
  readonly id: string | null;
  readonly login: string | null;
  readonly name: string | null;
  readonly email: string | null;
  /** The forge itself marks the account as a program's. */
  readonly bot: boolean;
};

/** A repository as its forge names it. */
export type Repository = {
  readonly id: string | null;
  /** `group/sub/name`, as it stands in addresses. */
  readonly path: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly branch: string | null;
  /** Null: not said. */
  readonly private: boolean | null;
  readonly clone: string | null;
  readonly ssh: string | null;
  readonly link: string | null;
};

export type CommitSeen = {
  readonly id: string;
  readonly message: string;
  readonly author: Login | null;
  readonly committer: Login | null;
  readonly link: string | null;
};

/** One end of a merge request. */
export type End = { readonly branch: string | null; readonly commit: string | null; readonly repository: Repository | null };

export type MergeRequestState = 'open' | 'merged' | 'closed';

export type MergeRequestSeen = {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: MergeRequestState;
  readonly draft: boolean;
  readonly source: End;
  readonly target: End;
  /** The ref under which the forge offers the head to git, where it offers one. */
  readonly headRef: string | null;
  readonly author: Login | null;
  readonly reviewers: readonly Login[];
  readonly labels: readonly string[];
  readonly mergeCommit: string | null;
  readonly link: string | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
};

export type ReviewState = 'approved' | 'changes-requested' | 'commented' | 'dismissed' | 'pending';
export type ReleaseSeen = {
  readonly id: string | null;
  readonly title: string | null;
  readonly body: string;
  readonly tag: string | null;
  readonly commitish: string | null;
  readonly draft: boolean;
  readonly prerelease: boolean;
  readonly link: string | null;
  readonly createdAt: string | null;
  readonly publishedAt: string | null;
};
export type IssueSeen = {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed' | null;
  readonly labels: readonly string[];
  readonly author: Login | null;
  readonly assignees: readonly Login[];
  readonly link: string | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
};
export type CommentSeen = {
  readonly id: string | null;
  readonly body: string;
  readonly author: Login | null;
  readonly link: string | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
};
export type DeploymentSeen = {
  readonly id: string | null;
  readonly environment: string | null;
  readonly commit: string | null;
  readonly ref: string | null;
  readonly task: string | null;
  readonly description: string | null;
  readonly state: string | null;
  readonly author: Login | null;
  readonly link: string | null;
  readonly createdAt: string | null;
};

/** What happened to a merge request. `synchronized`: its head moved; `updated`: its words, target or settings changed. */
export type MergeRequestAction =
  | 'opened'
  | 'updated'
  | 'synchronized'
  | 'merged'
  | 'closed'
  | 'deleted'
  | 'reopened'
  | 'drafted'
  | 'readied'
  | 'labeled'
  | 'assigned'
  | 'other';

type About = {
  /** The forge's own word for it, so that nothing is lost in translation. */
  readonly said: string;
  readonly repository: Repository | null;
  readonly sender: Login | null;
};

export type ForgeEvent = About &
  (
    | {
        readonly kind: 'push';
        /** In full: `refs/heads/main`. */
        readonly ref: string;
        readonly before: string | null;
        /** Null: the ref was deleted. */
        readonly after: string | null;
        readonly forced: boolean | null;
        readonly commits: readonly CommitSeen[];
        readonly head: CommitSeen | null;
        readonly compare: string | null;
        readonly baseRef: string | null;
      }
    | {
        readonly kind: 'ref';
        readonly action: 'created' | 'deleted';
        readonly ref: string;
        readonly commit: string | null;
      }
    | { readonly kind: 'merge-request'; readonly action: MergeRequestAction; readonly mergeRequest: MergeRequestSeen }
    | {
        readonly kind: 'review';
        readonly state: ReviewState;
        readonly reviewer: Login | null;
        readonly commit: string | null;
        readonly mergeRequest: MergeRequestSeen;
      }
    | {
        readonly kind: 'comment';
        readonly action: 'created' | 'edited' | 'deleted';
        readonly comment: CommentSeen;
        readonly mergeRequest: MergeRequestSeen | null;
        readonly issue: IssueSeen | null;
        readonly commit: string | null;
      }
    | { readonly kind: 'issue'; readonly action: string; readonly issue: IssueSeen }
    | { readonly kind: 'release'; readonly action: string; readonly release: ReleaseSeen }
    | { readonly kind: 'deployment'; readonly deployment: DeploymentSeen }
    | { readonly kind: 'status'; readonly commit: string | null; readonly context: string | null; readonly state: string | null }
    | { readonly kind: 'check'; readonly commit: string | null; readonly action: string; readonly what: 'run' | 'suite' }
    | {
        readonly kind: 'ci';
        readonly what: string;
        /** The number of the run. */
        readonly id: string | null;
        readonly commit: string | null;
        /** The key of what the CI lists its runs by, where that is no repository: Azure's project. */
        readonly place: string | null;
      }
    | {
        readonly kind: 'repository';
        readonly action: 'created' | 'renamed' | 'transferred' | 'deleted' | 'visibility' | 'forked' | 'other';
        /** The path that it had before, where it was renamed or transferred. */
        readonly before: string | null;
      }
    | {
        readonly kind: 'installation';
        readonly action: string;
        readonly installation: string | null;
        readonly repositories: readonly string[];
      }
    | { readonly kind: 'ping' }
    /** Nothing that is of use here; named, so that a delivery log can say what it was. */
    | { readonly kind: 'other' }
  );

/** A delivery as it came in, verified and parsed. Headers by lower-case name. */
export type Delivered = { readonly header: (name: string) => string | null; readonly payload: unknown };

/** The pure function that each forge's folder has: never throws, and says at least one event for every payload. */
export type Translate = (delivered: Delivered) => readonly ForgeEvent[];
