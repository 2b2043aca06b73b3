import type { Delivered, ForgeEvent, MergeRequestAction, MergeRequestSeen, ReviewState } from '../forges/forge-event.ts';
import { at, count, first, flag, instant, LINE, link, list, NAME, sha, text } from '../forges/loose.ts';
import {
  commentAction,
  readComment,
  readCommit,
  readIssue,
  readPull,
  readRelease,
  readRepository,
  readUser,
} from '../forges/read-alike.ts';

/**
 * GitHub's webhooks (https://docs.github.com/webhooks/webhook-events-and-payloads) in our words. The kind stands in
 * `X-GitHub-Event`; Gitea, Forgejo and Gogs send the same kinds with small differences, which are taken here too.
 */
export function translateGithub({ header, payload }: Delivered): readonly ForgeEvent[] {
  const kind = (header('x-github-event') ?? header('x-gitea-event') ?? header('x-forgejo-event') ?? header('x-gogs-event') ?? '').slice(
    0,
    NAME,
  );
  return [translateAlike(kind, payload)];
}

/** One payload of a kind that GitHub and those who write alike name the same. */
export function translateAlike(kind: string, payload: unknown): ForgeEvent {
  const action = text(at(payload, 'action'), NAME);
  const about = {
    said: action === null ? kind : `${kind}.${action}`,
    repository: readRepository(at(payload, 'repository')),
    sender: readUser(at(payload, 'sender')),
  };
  const known = READERS[kind];
  return (Object.hasOwn(READERS, kind) ? known?.(payload, about, action) : null) ?? { ...about, kind: 'other' };
}

type About = Pick<ForgeEvent, 'said' | 'repository' | 'sender'>;
type Reader = (payload: unknown, about: About, action: string | null) => ForgeEvent | null;

const READERS: Readonly<Record<string, Reader>> = {
  ping: (_payload, about) => ({ ...about, kind: 'ping' }),
  push: readPush,
  create: (payload, about) => readRef(payload, about, 'created'),
  delete: (payload, about) => readRef(payload, about, 'deleted'),
  pull_request: readPullRequest,
  pull_request_label: readPullRequest,
  pull_request_sync: readPullRequest,
  pull_request_assign: readPullRequest,
  pull_request_review: readReview,
  pull_request_review_approved: readReview,
  pull_request_review_rejected: readReview,
  pull_request_approved: readReview,
  pull_request_rejected: readReview,
  pull_request_review_comment: readAnyComment,
  pull_request_comment: readAnyComment,
  issue_comment: readAnyComment,
  commit_comment: readAnyComment,
  issues: (payload, about, action) => {
    const issue = readIssue(at(payload, 'issue'));
    return issue === null ? null : { ...about, kind: 'issue', action: action ?? 'other', issue };
  },
  release: (payload, about, action) => ({
    ...about,
    kind: 'release',
    action: action ?? 'published',
    release: readRelease(at(payload, 'release'), about.repository?.path ?? null),
  }),
  deployment: readDeployment,
  deployment_status: readDeployment,
  status: (payload, about) => ({
    ...about,
    kind: 'status',
    commit: sha(at(payload, 'sha')),
    context: text(at(payload, 'context'), NAME),
    state: text(at(payload, 'state'), NAME),
  }),
  check_run: (payload, about, action) => ({
    ...about,
    kind: 'check',
    what: 'run',
    action: action ?? 'other',
    commit: sha(at(payload, 'check_run', 'head_sha')),
  }),
  check_suite: (payload, about, action) => ({
    ...about,
    kind: 'check',
    what: 'suite',
    action: action ?? 'other',
    commit: sha(at(payload, 'check_suite', 'head_sha')),
  }),
  workflow_run: (payload, about) => readCi('workflow_run', payload, about),
  workflow_job: (payload, about) => readCi('workflow_job', payload, about),
  repository: readRepositoryEvent,
  fork: (_payload, about) => ({ ...about, kind: 'repository', action: 'forked', before: null }),
  public: (_payload, about) => ({ ...about, kind: 'repository', action: 'visibility', before: null }),
  installation: readInstallation,
  installation_repositories: readInstallation,
};

function readPush(payload: unknown, about: About): ForgeEvent | null {
  const ref = text(at(payload, 'ref'), NAME * 2);
  if (ref === null) return null;
  const head = readCommit(at(payload, 'head_commit'));
  const commits = list(at(payload, 'commits')).flatMap((one) => readCommit(one) ?? []);
  const after = sha(at(payload, 'after'));
  return {
    ...about,
    kind: 'push',
    ref,
    before: sha(at(payload, 'before')),
    after,
    forced: flag(at(payload, 'forced')),
    commits,
    head: head ?? commits.find((commit) => commit.id === after) ?? null,
    compare: link(first(text(at(payload, 'compare'), 2000), text(at(payload, 'compare_url'), 2000))),
    baseRef: text(at(payload, 'base_ref'), NAME * 2),
    sender: about.sender ?? readUser(at(payload, 'pusher')),
  };
}

function readRef(payload: unknown, about: About, action: 'created' | 'deleted'): ForgeEvent | null {
  const name = text(at(payload, 'ref'), NAME * 2);
  const type = at(payload, 'ref_type');
  if (name === null || (type !== 'branch' && type !== 'tag')) return null;
  const head = type === 'tag' ? 'refs/tags/' : 'refs/heads/';
  return { ...about, kind: 'ref', action, ref: name.startsWith(head) ? name : `${head}${name}`, commit: sha(at(payload, 'sha')) };
}

const PULL: Readonly<Record<string, MergeRequestAction>> = {
  opened: 'opened',
  edited: 'updated',
  reopened: 'reopened',
  synchronize: 'synchronized',
  synchronized: 'synchronized',
  converted_to_draft: 'drafted',
  ready_for_review: 'readied',
  labeled: 'labeled',
  unlabeled: 'labeled',
  label_updated: 'labeled',
  label_cleared: 'labeled',
  assigned: 'assigned',
  unassigned: 'assigned',
  review_requested: 'assigned',
  review_request_removed: 'assigned',
};

function readPullRequest(payload: unknown, about: About, action: string | null): ForgeEvent | null {
  // Gogs says the number beside it alone.
  const mergeRequest =
    readPull(at(payload, 'pull_request')) ?? readPull({ ...(at(payload, 'pull_request') as object), number: at(payload, 'number') });
  if (mergeRequest === null) return null;
  const closed = mergeRequest.state === 'merged' ? 'merged' : 'closed';
  const known = action === 'closed' ? closed : Object.hasOwn(PULL, action ?? '') ? PULL[action ?? ''] : undefined;
  return { ...about, kind: 'merge-request', action: known ?? 'other', mergeRequest };
}

const REVIEWS: Readonly<Record<string, ReviewState>> = {
  approved: 'approved',
  changes_requested: 'changes-requested',
  commented: 'commented',
  dismissed: 'dismissed',
  pull_request_review_approved: 'approved',
  pull_request_review_rejected: 'changes-requested',
};

function readReview(payload: unknown, about: About, action: string | null): ForgeEvent | null {
  const mergeRequest = readPull(at(payload, 'pull_request'));
  if (mergeRequest === null) return null;
  const said = first(text(at(payload, 'review', 'state'), NAME), text(at(payload, 'review', 'type'), NAME)) ?? '';
  const state = action === 'dismissed' ? 'dismissed' : Object.hasOwn(REVIEWS, said.toLowerCase()) ? REVIEWS[said.toLowerCase()] : undefined;
  return {
    ...about,
    kind: 'review',
    state: state ?? 'commented',
    reviewer: readUser(at(payload, 'review', 'user')) ?? about.sender,
    commit: sha(at(payload, 'review', 'commit_id')),
    mergeRequest,
  };
}

function readAnyComment(payload: unknown, about: About, action: string | null): ForgeEvent {
  const comment = readComment(at(payload, 'comment'));
  const issue = readIssue(at(payload, 'issue'));
  const onPull = at(payload, 'pull_request') ?? at(payload, 'issue', 'pull_request');
  const mergeRequest = readPull(at(payload, 'pull_request')) ?? (onPull === undefined || onPull === null ? null : pullOfIssue(payload));
  return {
    ...about,
    kind: 'comment',
    action: commentAction(action),
    comment,
    mergeRequest,
    issue: mergeRequest === null ? issue : null,
    commit: sha(at(payload, 'comment', 'commit_id')),
  };
}

/** A comment on a merge request comes with an issue's fields only: what it does not say is asked from the forge. */
function pullOfIssue(payload: unknown): MergeRequestSeen | null {
  const issue = at(payload, 'issue');
  const number = count(at(issue, 'number'));
  if (number === null) return null;
  const pull = typeof at(issue, 'pull_request') === 'object' ? (at(issue, 'pull_request') as object) : {};
  const none = { branch: null, commit: null, repository: null };
  const read = readPull({ ...(issue as object), merged: flag(at(pull, 'merged')) ?? instant(at(pull, 'merged_at')) !== null });
  return read === null ? null : { ...read, source: none, target: none };
}

function readDeployment(payload: unknown, about: About): ForgeEvent {
  const deployment = at(payload, 'deployment');
  return {
    ...about,
    kind: 'deployment',
    deployment: {
      id: text(at(deployment, 'id'), NAME),
      environment: text(at(deployment, 'environment'), NAME),
      commit: sha(at(deployment, 'sha')),
      ref: text(at(deployment, 'ref'), NAME),
      task: text(at(deployment, 'task'), NAME),
      description: text(at(deployment, 'description'), LINE),
      state: text(at(payload, 'deployment_status', 'state'), NAME),
      author: readUser(at(deployment, 'creator')),
      link: link(at(deployment, 'url')),
      createdAt: instant(at(deployment, 'created_at')),
    },
  };
}

function readCi(what: 'workflow_run' | 'workflow_job', payload: unknown, about: About): ForgeEvent {
  return {
    ...about,
    kind: 'ci',
    what,
    id: first(text(at(payload, what, 'run_id'), NAME), text(at(payload, what, 'id'), NAME)),
    commit: sha(at(payload, what, 'head_sha')),
    place: null,
  };
}

function readRepositoryEvent(payload: unknown, about: About, action: string | null): ForgeEvent {
  const renamed = text(at(payload, 'changes', 'repository', 'name', 'from'), NAME);
  const owner = first(
    text(at(payload, 'changes', 'owner', 'from', 'user', 'login'), NAME),
    text(at(payload, 'changes', 'owner', 'from', 'organization', 'login'), NAME),
  );
  const { repository } = about;
  const before =
    repository === null || (renamed === null && owner === null)
      ? null
      : `${owner ?? repository.namespace ?? ''}/${renamed ?? repository.name}`;
  const words = {
    created: 'created',
    renamed: 'renamed',
    transferred: 'transferred',
    deleted: 'deleted',
    privatized: 'visibility',
    publicized: 'visibility',
  } as const;
  const known = action !== null && Object.hasOwn(words, action) ? words[action as keyof typeof words] : 'other';
  return { ...about, kind: 'repository', action: known, before };
}

function readInstallation(payload: unknown, about: About, action: string | null): ForgeEvent {
  const repositories = [
    ...list(at(payload, 'repositories')),
    ...list(at(payload, 'repositories_added')),
    ...list(at(payload, 'repositories_removed')),
  ];
  return {
    ...about,
    kind: 'installation',
    action: action ?? 'other',
    installation: text(at(payload, 'installation', 'id'), NAME),
    repositories: repositories.flatMap((one) => text(at(one, 'full_name'), NAME * 2) ?? []),
  };
}
