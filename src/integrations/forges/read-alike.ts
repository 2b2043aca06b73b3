import type { CommentSeen, CommitSeen, IssueSeen, Login, MergeRequestSeen, ReleaseSeen, Repository } from './forge-event.ts';
import { at, BODY, count, first, flag, instant, LINE, link, list, NAME, sha, text } from './loose.ts';

/** GitHub, Gitea, Forgejo and Gogs write alike: the parts of their payloads that mean the same are read here. */

/** An account; null where none is named. */
export function readUser(value: unknown): Login | null {
  const login = first(text(at(value, 'login'), NAME), text(at(value, 'username'), NAME));
  const name = first(text(at(value, 'full_name'), NAME), text(at(value, 'name'), NAME));
  const email = text(at(value, 'email'), NAME);
  if (login === null && name === null && email === null) return null;
  return { id: text(at(value, 'id'), NAME), login, name, email, bot: at(value, 'type') === 'Bot' };
}

export function readRepository(value: unknown): Repository | null {
  const path = text(at(value, 'full_name'), NAME * 2);
  if (path === null) return null;
  const cut = path.lastIndexOf('/');
  return {
    id: text(at(value, 'id'), NAME),
    path,
    namespace: first(
      text(at(value, 'owner', 'login'), NAME),
      text(at(value, 'owner', 'name'), NAME),
      text(at(value, 'owner', 'username'), NAME),
      text(path.slice(0, Math.max(0, cut)), NAME),
    ),
    name: text(at(value, 'name'), NAME) ?? path.slice(cut + 1),
    branch: text(at(value, 'default_branch'), NAME),
    private: flag(at(value, 'private')),
    clone: link(at(value, 'clone_url')),
    ssh: text(at(value, 'ssh_url'), LINE),
    link: link(at(value, 'html_url')),
  };
}

export function readLabels(value: unknown): readonly string[] {
  return list(value).flatMap((one) => first(text(at(one, 'name'), NAME), text(at(one, 'title'), NAME)) ?? []);
}

/** A merge request; null where the number is missing. */
export function readPull(value: unknown): MergeRequestSeen | null {
  const number = count(at(value, 'number'));
  if (number === null) return null;
  const end = (side: 'head' | 'base') => ({
    branch: text(at(value, side, 'ref'), NAME),
    commit: sha(at(value, side, 'sha')),
    repository: readRepository(at(value, side, 'repo')),
  });
  const merged = flag(at(value, 'merged')) ?? instant(at(value, 'merged_at')) !== null;
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'body'), BODY) ?? '',
    state: merged ? 'merged' : at(value, 'state') === 'closed' ? 'closed' : 'open',
    draft: flag(at(value, 'draft')) ?? false,
    source: end('head'),
    target: end('base'),
    headRef: `refs/pull/${number}/head`,
    author: readUser(at(value, 'user')),
    reviewers: list(at(value, 'requested_reviewers')).flatMap((one) => readUser(one) ?? []),
    labels: readLabels(at(value, 'labels')),
    mergeCommit: sha(at(value, 'merge_commit_sha')),
    link: link(at(value, 'html_url')),
    createdAt: instant(at(value, 'created_at')),
    updatedAt: instant(at(value, 'updated_at')),
  };
}

export function readIssue(value: unknown): IssueSeen | null {
  const number = count(at(value, 'number'));
  if (number === null) return null;
  const state = at(value, 'state');
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'body'), BODY) ?? '',
    state: state === 'open' || state === 'closed' ? state : null,
    labels: readLabels(at(value, 'labels')),
    author: readUser(at(value, 'user')),
    assignees: list(at(value, 'assignees')).flatMap((one) => readUser(one) ?? []),
    link: link(at(value, 'html_url')),
    createdAt: instant(at(value, 'created_at')),
    updatedAt: instant(at(value, 'updated_at')),
  };
}

export function readComment(value: unknown): CommentSeen {
  return {
    id: text(at(value, 'id'), NAME),
    body: text(at(value, 'body'), BODY) ?? '',
    author: readUser(at(value, 'user')),
    link: link(at(value, 'html_url')),
    createdAt: instant(at(value, 'created_at')),
    updatedAt: instant(at(value, 'updated_at')),
  };
}

/** A release; older Gitea names no page of it, which is then below the `repository` (its path) on the host of the API. */
export function readRelease(value: unknown, repository: string | null): ReleaseSeen {
  const tag = text(at(value, 'tag_name'), NAME);
  const api = link(at(value, 'url'));
  const page = api === null || repository === null || tag === null ? null : `${new URL(api).origin}/${repository}/releases/tag/${tag}`;
  return {
    id: text(at(value, 'id'), NAME),
    title: text(at(value, 'name')),
    body: text(at(value, 'body'), BODY) ?? '',
    tag,
    commitish: text(at(value, 'target_commitish'), NAME),
    draft: flag(at(value, 'draft')) ?? false,
    prerelease: flag(at(value, 'prerelease')) ?? false,
    link: link(at(value, 'html_url')) ?? link(page),
    createdAt: instant(at(value, 'created_at')),
    publishedAt: instant(at(value, 'published_at')),
  };
}

export function readCommit(value: unknown): CommitSeen | null {
  const id = sha(at(value, 'id'));
  if (id === null) return null;
  return {
    id,
    message: text(at(value, 'message'), BODY) ?? '',
    author: readUser(at(value, 'author')),
    committer: readUser(at(value, 'committer')),
    link: link(at(value, 'url')),
  };
}

/** What is said of a comment; anything else that happened to it is an edit of it. */
export function commentAction(value: unknown): 'created' | 'edited' | 'deleted' {
  return value === 'created' || value === 'deleted' ? value : 'edited';
}
