import type { CommitSeen, ForgeEvent, IssueSeen, Login, MergeRequestSeen, Repository } from './forge-event.ts';

/** JSON as a golden file holds it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
const id = (text: string | null): Json => (text !== null && /^\d+$/.test(text) ? Number(text) : text);

function user(one: Login | null): Json {
  return one === null ? {} : { ID: id(one.id), Login: one.login, Name: one.name, Email: one.email };
}
function repo(one: Repository | null): Json {
  if (one === null) return {};
  const { namespace, name, path, branch, clone, ssh, link } = one;
  return {
    ID: one.id,
    Namespace: namespace,
    Name: name,
    FullName: path,
    Branch: branch,
    Private: one.private,
    Clone: clone,
    CloneSSH: ssh,
    Link: link,
  };
}
function commit(one: CommitSeen | null, compare: string | null): Json {
  const committer = one?.committer ?? one?.author ?? null;
  return one === null
    ? {}
    : { Sha: one.id, Message: one.message, Author: user(one.author), Committer: user(committer), Link: [compare ?? '', one.link ?? ''] };
}
function pull(one: MergeRequestSeen): Json {
  const end = (side: MergeRequestSeen['source']): Json => ({ Ref: side.branch, Sha: side.commit, Repo: repo(side.repository) });
  return {
    Number: one.number,
    Title: one.title,
    Body: one.body,
    Sha: one.source.commit,
    Ref: one.headRef,
    Source: one.source.branch,
    Target: one.target.branch,
    Base: end(one.target),
    Head: end(one.source),
    Fork: one.source.repository?.path ?? null,
    State: one.state,
    Closed: one.state !== 'open',
    Merged: one.state === 'merged',
    MergeSha: one.mergeCommit,
    Draft: one.draft,
    Author: user(one.author),
    Reviewers: one.reviewers.map(user),
    Link: one.link,
    DiffLink: `${one.link}.diff`,
    Created: one.createdAt,
    Updated: one.updatedAt,
  };
}
function issue(one: IssueSeen): Json {
  return {
    Number: one.number,
    Title: one.title,
    Body: one.body,
    Link: one.link,
    State: one.state,
    Closed: one.state === 'closed',
    Labels: [...one.labels],
    Author: user(one.author),
    Assignees: one.assignees.map(user),
    Created: one.createdAt,
    Updated: one.updatedAt,
  };
}

const PULLS: Readonly<Record<string, readonly string[]>> = {
  opened: ['opened', 'created'],
  updated: ['updated'],
  // GitLab's word for both is "update".
  synchronized: ['synchronized', 'updated'],
  merged: ['merged'],
  closed: ['closed'],
  deleted: ['deleted'],
  reopened: ['reopened'],
  drafted: ['converted_to_draft'],
  readied: ['ready_for_review'],
};
const REVIEWS: Readonly<Record<string, readonly string[]>> = {
  'changes-requested': ['edited'],
  dismissed: ['dismissed'],
  approved: ['submitted'],
};
const STATES: Readonly<Record<string, string>> = { 'changes-requested': 'CHANGES_REQUESTED', dismissed: 'DISMISSED', approved: 'APPROVED' };

/** One event of ours in go-scm's fields; where it has several words for one of ours, any of `Action`. */
export function asGoScm(event: ForgeEvent): { readonly [key: string]: Json } {
  const about = { Repo: repo(event.repository), Sender: user(event.sender) };
  const named = (ref: string): string => ref.replace(/^refs\/(?:heads|tags)\//, '');
  switch (event.kind) {
    case 'push':
      return pushed(event, about);
    case 'ref':
      return { ...about, Ref: { Name: named(event.ref), Sha: event.commit }, Action: [event.action] };
    case 'merge-request':
      return { ...about, PullRequest: pull(event.mergeRequest), Action: [...(PULLS[event.action] ?? [])] };
    case 'review':
      return {
        ...about,
        PullRequest: pull(event.mergeRequest),
        Review: { State: STATES[event.state] ?? '', Author: user(event.reviewer) },
        Action: [...(REVIEWS[event.state] ?? [])],
      };
    case 'comment':
      return commented(event, about);
    case 'issue':
      return { ...about, Action: [event.action], Issue: issue(event.issue) };
    case 'release':
      return released(event, about);
    case 'deployment':
      return deployed(event, about);
    case 'check':
      return { ...about, Action: [event.action] };
    case 'installation':
      return {
        ...about,
        Action: [event.action],
        Installation: { ID: id(event.installation) },
        Repos: event.repositories.map((path) => ({ FullName: path, Namespace: path.split('/')[0] ?? '', Name: path.split('/')[1] ?? '' })),
      };
    case 'other':
      return { ...about, Action: [event.said.split('.')[1] ?? ''] };
    default:
      return about;
  }
}

function pushed(event: Extract<ForgeEvent, { kind: 'push' }>, about: { Repo: Json; Sender: Json }): { readonly [key: string]: Json } {
  const { ref, before, after, compare, baseRef, commits, forced } = event;
  const id = after ?? '0'.repeat(40);
  const head = after === null ? { Sha: id, Link: compare } : commit(event.head, compare);
  const all = commits.map((one) => ({
    Id: one.link,
    Message: one.message,
    author: { name: one.author?.name ?? null, email: one.author?.email ?? null },
  }));
  const created = before === null;
  const from = before ?? '0'.repeat(40);
  return {
    ...about,
    Ref: ref,
    BaseRef: baseRef,
    Before: from,
    After: id,
    Compare: compare,
    Created: created,
    Deleted: after === null,
    Forced: forced,
    Commits: all,
    Commit: head,
  };
}

function commented(event: Extract<ForgeEvent, { kind: 'comment' }>, about: { Repo: Json; Sender: Json }): { readonly [key: string]: Json } {
  const { id: number, body, author, link, createdAt, updatedAt } = event.comment;
  const comment = { ID: id(number), Body: body, Author: user(author), Link: link, Created: createdAt, Updated: updatedAt };
  const on = event.mergeRequest;
  const asIssue =
    on === null
      ? null
      : {
          Number: on.number,
          Title: on.title,
          Body: on.body,
          Link: on.link,
          Author: user(on.author),
          Created: on.createdAt,
          PullRequest: pull(on),
        };
  return {
    ...about,
    Comment: comment,
    Action: [event.action],
    PullRequest: on === null ? {} : pull(on),
    Issue: event.issue === null ? asIssue : issue(event.issue),
  };
}

function released(event: Extract<ForgeEvent, { kind: 'release' }>, about: { Repo: Json; Sender: Json }): { readonly [key: string]: Json } {
  const { title, body, tag, commitish, draft, prerelease, link, createdAt, publishedAt } = event.release;
  return {
    ...about,
    Action: [event.action],
    Release: {
      ID: id(event.release.id),
      Title: title,
      Description: body,
      Link: link,
      Tag: tag,
      Commitish: commitish,
      Draft: draft,
      Prerelease: prerelease,
      Created: createdAt,
      Published: publishedAt,
    },
  };
}

function deployed(
  event: Extract<ForgeEvent, { kind: 'deployment' }>,
  about: { Repo: Json; Sender: Json },
): { readonly [key: string]: Json } {
  const { environment, commit: sha, ref, task, description, author, link, createdAt } = event.deployment;
  const { repository } = event;
  return {
    ...about,
    Ref: { Name: ref, Path: `refs/heads/${ref}`, Sha: sha },
    Deployment: {
      Namespace: repository?.namespace ?? null,
      Name: repository?.name ?? null,
      FullName: repository?.path ?? null,
      ID: event.deployment.id,
      Sha: sha,
      Ref: ref,
      Task: task,
      Environment: environment,
      Description: description,
      Author: user(author),
      Link: link,
      Created: createdAt,
    },
  };
}
