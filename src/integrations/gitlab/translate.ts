import type { Delivered, ForgeEvent, IssueSeen, Login, MergeRequestAction, MergeRequestSeen, Repository } from '../forges/forge-event.ts';
import { at, BODY, count, first, flag, instant, LINE, link, list, NAME, sha, text } from '../forges/loose.ts';
import { readLabels } from '../forges/read-alike.ts';

/**
 * GitLab's webhooks and system hooks (https://docs.gitlab.com/user/project/integrations/webhook_events/) in our words. The
 * kind stands in the payload: `object_kind`, or `event_name` in system hooks.
 */
export function translateGitlab({ payload }: Delivered): readonly ForgeEvent[] {
  const kind = first(text(at(payload, 'object_kind'), NAME), text(at(payload, 'event_name'), NAME)) ?? '';
  const action = first(text(at(payload, 'object_attributes', 'action'), NAME), text(at(payload, 'action'), NAME));
  const about: About = {
    said: action === null ? kind : `${kind}.${action}`,
    repository: readProject(at(payload, 'project')),
    sender: readUser(at(payload, 'user')) ?? readPusher(payload),
  };
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  return [read?.(payload, about, action) ?? { ...about, kind: 'other' }];
}

type About = Pick<ForgeEvent, 'said' | 'repository' | 'sender'>;
type Reader = (payload: unknown, about: About, action: string | null) => ForgeEvent | null;

const READERS: Readonly<Record<string, Reader>> = {
  push: readPush,
  tag_push: readPush,
  merge_request: readMergeRequest,
  note: readNote,
  issue: (payload, about, action) => {
    const issue = readIssue(at(payload, 'object_attributes'), payload);
    return issue === null ? null : { ...about, kind: 'issue', action: action ?? 'other', issue };
  },
  release: readRelease,
  deployment: readDeployment,
  pipeline: (payload, about) =>
    readCi(
      'pipeline',
      at(payload, 'object_attributes', 'id'),
      at(payload, 'object_attributes', 'sha'),
      at(payload, 'project', 'id'),
      about,
    ),
  build: (payload, about) => readJob(payload, about),
  job: (payload, about) => readJob(payload, about),
  project_create: (payload, about) => readProjectEvent(payload, about, 'created'),
  project_destroy: (payload, about) => readProjectEvent(payload, about, 'deleted'),
  project_rename: (payload, about) => readProjectEvent(payload, about, 'renamed'),
  project_transfer: (payload, about) => readProjectEvent(payload, about, 'transferred'),
  project_update: (payload, about) => readProjectEvent(payload, about, 'other'),
};

function readUser(value: unknown): Login | null {
  const login = text(at(value, 'username'), NAME);
  const name = text(at(value, 'name'), NAME);
  if (login === null && name === null) return null;
  // `[REDACTED]` stands where the forge does not show an address.
  const email = text(at(value, 'email'), NAME);
  return {
    id: text(at(value, 'id'), NAME),
    login,
    name,
    email: email === '[REDACTED]' ? null : email,
    bot: /^(?:project|group)_\d+_bot/.test(login ?? ''),
  };
}

function readPusher(payload: unknown): Login | null {
  const login = first(text(at(payload, 'user_username'), NAME), text(at(payload, 'user_name'), NAME));
  if (login === null) return null;
  const { user_id: id, user_name: name, user_email: email } = payload as Record<string, unknown>;
  return readUser({ id, username: login, name, email });
}

function readProject(value: unknown): Repository | null {
  const path = text(at(value, 'path_with_namespace'), NAME * 2);
  if (path === null) return null;
  const cut = path.lastIndexOf('/');
  const level = at(value, 'visibility_level');
  return {
    id: text(at(value, 'id'), NAME),
    path,
    namespace: text(path.slice(0, Math.max(0, cut)), NAME),
    name: path.slice(cut + 1),
    branch: text(at(value, 'default_branch'), NAME),
    private: typeof level === 'number' ? level < 10 : null,
    clone: link(first(text(at(value, 'git_http_url'), 2000), text(at(value, 'http_url'), 2000))),
    ssh: first(text(at(value, 'git_ssh_url'), LINE), text(at(value, 'ssh_url'), LINE)),
    link: link(at(value, 'web_url')),
  };
}

function readCommit(value: unknown): { id: string; message: string; author: Login | null; committer: null; link: string | null } | null {
  const id = sha(at(value, 'id'));
  if (id === null) return null;
  const author = readUser(at(value, 'author'));
  return { id, message: text(at(value, 'message'), BODY) ?? '', author, committer: null, link: link(at(value, 'url')) };
}

function readPush(payload: unknown, about: About): ForgeEvent | null {
  const ref = text(at(payload, 'ref'), NAME * 2);
  if (ref === null) return null;
  const before = sha(at(payload, 'before'));
  const after = sha(at(payload, 'after'));
  if (after === null) return { ...about, kind: 'ref', action: 'deleted', ref, commit: before };
  const commits = list(at(payload, 'commits')).flatMap((one) => readCommit(one) ?? []);
  const head = commits.find((commit) => commit.id === after) ?? null;
  return { ...about, kind: 'push', ref, before, after, forced: null, commits, head, compare: null, baseRef: null };
}

const ACTIONS: Readonly<Record<string, MergeRequestAction>> = {
  open: 'opened',
  close: 'closed',
  reopen: 'reopened',
  merge: 'merged',
  update: 'updated',
};

function readMergeRequest(payload: unknown, about: About, action: string | null): ForgeEvent | null {
  const mergeRequest = readMerge(at(payload, 'object_attributes'), payload);
  if (mergeRequest === null) return null;
  const review = { approved: 'approved', approval: 'approved', unapproved: 'dismissed', unapproval: 'dismissed' } as const;
  if (action !== null && Object.hasOwn(review, action)) {
    const state = review[action as keyof typeof review];
    return { ...about, kind: 'review', state, reviewer: about.sender, commit: mergeRequest.source.commit, mergeRequest };
  }
  // An update that names the commit before it moved the head.
  const moved = action === 'update' && sha(at(payload, 'object_attributes', 'oldrev')) !== null;
  const known = moved ? 'synchronized' : Object.hasOwn(ACTIONS, action ?? '') ? ACTIONS[action ?? ''] : undefined;
  return { ...about, kind: 'merge-request', action: known ?? 'other', mergeRequest };
}

function readMerge(value: unknown, payload: unknown): MergeRequestSeen | null {
  const number = count(at(value, 'iid'));
  if (number === null) return null;
  const state = at(value, 'state');
  const target = readProject(at(value, 'target')) ?? readProject(at(payload, 'project'));
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'description'), BODY) ?? '',
    state: state === 'merged' ? 'merged' : state === 'closed' ? 'closed' : 'open',
    draft: flag(at(value, 'draft')) ?? flag(at(value, 'work_in_progress')) ?? false,
    source: {
      branch: text(at(value, 'source_branch'), NAME),
      commit: sha(at(value, 'last_commit', 'id')),
      repository: readProject(at(value, 'source')),
    },
    target: { branch: text(at(value, 'target_branch'), NAME), commit: null, repository: target },
    headRef: `refs/merge-requests/${number}/head`,
    author: readAuthor(value, payload),
    reviewers: list(at(payload, 'reviewers')).flatMap((one) => readUser(one) ?? []),
    labels: readLabels(at(payload, 'labels')),
    mergeCommit: sha(at(value, 'merge_commit_sha')),
    link: link(at(value, 'url')),
    createdAt: instant(at(value, 'created_at')),
    updatedAt: instant(at(value, 'updated_at')),
  };
}

/**
 * A hook names its author by number only: by name where somebody of that number stands in the payload. Older GitLab gives
 * no number for who acted; then whoever acted is taken, and the forge is asked before anything depends on it.
 */
function readAuthor(value: unknown, payload: unknown): Login | null {
  const id = text(at(value, 'author_id'), NAME);
  const acting = readUser(at(payload, 'user'));
  const others = [...list(at(payload, 'assignees')), ...list(at(payload, 'reviewers'))].map(readUser);
  const known = [acting, ...others].find((one) => one !== null && one.id !== null && one.id === id);
  if (known !== undefined && known !== null) return known;
  if (acting !== null && acting.id === null) return { ...acting, id };
  return id === null ? null : { id, login: null, name: null, email: null, bot: false };
}

function readIssue(value: unknown, payload: unknown): IssueSeen | null {
  const number = count(at(value, 'iid'));
  if (number === null) return null;
  const state = at(value, 'state');
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'description'), BODY) ?? '',
    state: state === 'closed' ? 'closed' : state === 'opened' || state === 'reopened' ? 'open' : null,
    labels: readLabels(at(payload, 'labels') ?? at(value, 'labels')),
    author: readAuthor(value, payload),
    assignees: list(at(payload, 'assignees')).flatMap((one) => readUser(one) ?? []),
    link: link(at(value, 'url')),
    createdAt: instant(at(value, 'created_at')),
    updatedAt: instant(at(value, 'updated_at')),
  };
}

function readNote(payload: unknown, about: About, action: string | null): ForgeEvent {
  const note = at(payload, 'object_attributes');
  const author = readAuthor(note, payload);
  return {
    ...about,
    sender: action === 'update' ? about.sender : (author ?? about.sender),
    kind: 'comment',
    action: action === 'update' ? 'edited' : 'created',
    comment: {
      id: text(at(note, 'id'), NAME),
      body: text(at(note, 'note'), BODY) ?? '',
      author,
      link: link(at(note, 'url')),
      createdAt: instant(at(note, 'created_at')),
      updatedAt: instant(at(note, 'updated_at')),
    },
    mergeRequest: readMerge(at(payload, 'merge_request'), payload),
    issue: readIssue(at(payload, 'issue'), payload),
    commit: first(sha(at(payload, 'commit', 'id')), sha(at(note, 'commit_id'))),
  };
}

function readRelease(payload: unknown, about: About, action: string | null): ForgeEvent {
  const words = { create: 'created', update: 'edited', delete: 'deleted' } as const;
  const known = action !== null && Object.hasOwn(words, action) ? words[action as keyof typeof words] : action;
  return {
    ...about,
    kind: 'release',
    action: known ?? 'other',
    release: {
      id: text(at(payload, 'id'), NAME),
      title: text(at(payload, 'name')),
      body: text(at(payload, 'description'), BODY) ?? '',
      tag: text(at(payload, 'tag'), NAME),
      commitish: sha(at(payload, 'commit', 'id')),
      draft: false,
      prerelease: false,
      link: link(at(payload, 'url')),
      createdAt: instant(at(payload, 'created_at')),
      publishedAt: instant(at(payload, 'released_at')),
    },
  };
}

function readDeployment(payload: unknown, about: About): ForgeEvent {
  // Its address ends with the whole commit, the field beside it has eight digits.
  const commit = sha((text(at(payload, 'commit_url'), 2000) ?? '').split('/').at(-1));
  return {
    ...about,
    kind: 'deployment',
    deployment: {
      id: text(at(payload, 'deployment_id'), NAME),
      environment: text(at(payload, 'environment'), NAME),
      commit,
      ref: text(at(payload, 'ref'), NAME),
      task: null,
      description: text(at(payload, 'commit_title'), LINE),
      state: text(at(payload, 'status'), NAME),
      author: about.sender,
      link: link(at(payload, 'deployable_url')),
      createdAt: instant(at(payload, 'status_changed_at')),
    },
  };
}

/** A job of a pipeline; older servers give the pipeline's number as the commit's, and name no path of the project. */
function readJob(payload: unknown, about: About): ForgeEvent {
  const pipeline = at(payload, 'pipeline_id') ?? at(payload, 'commit', 'id');
  return readCi('job', pipeline, at(payload, 'sha'), at(payload, 'project_id'), about);
}

function readCi(what: string, id: unknown, commit: unknown, project: unknown, about: About): ForgeEvent {
  return { ...about, kind: 'ci', what, id: text(id, NAME), commit: sha(commit), place: text(project, NAME) };
}

function readProjectEvent(payload: unknown, about: About, action: 'created' | 'renamed' | 'transferred' | 'deleted' | 'other'): ForgeEvent {
  const repository = readProject({ ...(payload as object), id: at(payload, 'project_id') });
  return { ...about, kind: 'repository', action, before: text(at(payload, 'old_path_with_namespace'), NAME * 2), repository };
}
