import type { CommentSeen, Delivered, ForgeEvent, Login, MergeRequestAction, MergeRequestSeen, Repository } from '../forges/forge-event.ts';
import { at, BODY, count, first, flag, instant, LINE, link, list, NAME, sha, text } from '../forges/loose.ts';

/**
 * Webhooks of Bitbucket Cloud (https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/) in our words. The kind
 * stands in `X-Event-Key`. One push may move several refs: one event each. Its commit ids in merge requests have twelve digits.
 */
export function translateCloud({ header, payload }: Delivered): readonly ForgeEvent[] {
  const kind = (header('x-event-key') ?? '').slice(0, NAME);
  const about: About = { said: kind, repository: readRepository(at(payload, 'repository')), sender: readCloudUser(at(payload, 'actor')) };
  const events = read(kind, payload, about);
  return events.length === 0 ? [{ ...about, kind: 'other' }] : events;
}

type About = Pick<ForgeEvent, 'said' | 'repository' | 'sender'>;

function read(kind: string, payload: unknown, about: About): readonly ForgeEvent[] {
  const [subject, ...rest] = kind.split(':');
  if (kind === 'repo:push') return list(at(payload, 'push', 'changes')).flatMap((one) => readChange(one, about) ?? []);
  if (subject === 'pullrequest') return readPullEvent(rest.join(':'), payload, about);
  if (subject === 'issue') return readIssueEvent(rest.join(':'), payload, about);
  if (kind === 'repo:commit_comment_created')
    return [
      {
        ...about,
        kind: 'comment',
        action: 'created',
        comment: readComment(payload),
        mergeRequest: null,
        issue: null,
        commit: sha(at(payload, 'commit', 'hash')),
      },
    ];
  if (kind.startsWith('repo:commit_status_')) {
    const status = at(payload, 'commit_status');
    const commit = sha((text(at(status, 'links', 'commit', 'href'), 2000) ?? '').split('/').at(-1));
    return [
      {
        ...about,
        kind: 'status',
        commit: sha(at(status, 'commit', 'hash')) ?? commit,
        context: text(at(status, 'key'), NAME),
        state: text(at(status, 'state'), NAME),
      },
    ];
  }
  if (kind === 'repo:updated') {
    const before = text(at(payload, 'changes', 'full_name', 'old'), NAME * 2);
    return [{ ...about, kind: 'repository', action: before === null ? 'other' : 'renamed', before }];
  }
  const words = { 'repo:fork': 'forked', 'repo:deleted': 'deleted', 'repo:created': 'created', 'repo:transfer': 'transferred' } as const;
  return Object.hasOwn(words, kind) ? [{ ...about, kind: 'repository', action: words[kind as keyof typeof words], before: null }] : [];
}

/** An account; null where none is named. */
export function readCloudUser(value: unknown): Login | null {
  const login = first(text(at(value, 'username'), NAME), text(at(value, 'nickname'), NAME));
  const name = text(at(value, 'display_name'), NAME);
  if (login === null && name === null) return null;
  const bot = ['team', 'app_user', 'AppUser'].includes(text(at(value, 'type'), NAME) ?? '');
  return { id: first(text(at(value, 'account_id'), NAME), text(at(value, 'uuid'), NAME)), login, name, email: null, bot };
}

function readRepository(value: unknown): Repository | null {
  const path = text(at(value, 'full_name'), NAME * 2);
  if (path === null) return null;
  const cut = path.lastIndexOf('/');
  const html = link(at(value, 'links', 'html', 'href'));
  const host = html === null ? null : URL.parse(html);
  return {
    id: text(at(value, 'uuid'), NAME),
    path,
    namespace: text(path.slice(0, Math.max(0, cut)), NAME),
    name: path.slice(cut + 1),
    branch: text(at(value, 'mainbranch', 'name'), NAME),
    private: flag(at(value, 'is_private')),
    // A payload names no address for git; it is the page's, with `.git`.
    clone: html === null ? null : `${html}.git`,
    ssh: host === null ? null : `git@${host.hostname}:${path}.git`,
    link: html,
  };
}

/** `Name <address>` as git has it, and the account that the forge takes it for. */
export function readAuthor(value: unknown): Login | null {
  const raw = text(at(value, 'raw'), LINE) ?? '';
  const user = readCloudUser(at(value, 'user'));
  const email = /<([^<>]{1,255})>/.exec(raw)?.[1] ?? null;
  const name = text(raw.replace(/<[^<>]*>/, '').trim(), NAME);
  return user === null && name === null && email === null ? null : { ...(user ?? { id: null, login: null, name, bot: false }), email };
}

function readChange(change: unknown, about: About): ForgeEvent | null {
  const [now, old] = [at(change, 'new') ?? null, at(change, 'old') ?? null];
  const name = first(text(at(now, 'name'), NAME), text(at(old, 'name'), NAME));
  if (name === null) return null;
  const ref = `${(at(now, 'type') ?? at(old, 'type')) === 'tag' ? 'refs/tags' : 'refs/heads'}/${name}`;
  const before = sha(at(old, 'target', 'hash'));
  if (now === null) return { ...about, kind: 'ref', action: 'deleted', ref, commit: before };
  const commits = [at(now, 'target'), ...list(at(change, 'commits'))].flatMap((one) => readCommit(one) ?? []);
  const after = sha(at(now, 'target', 'hash'));
  return {
    ...about,
    kind: 'push',
    ref,
    before,
    after,
    forced: flag(at(change, 'forced')),
    commits: commits.filter((commit, index) => commits.findIndex((other) => other.id === commit.id) === index),
    head: commits[0] ?? null,
    compare: link(at(change, 'links', 'html', 'href')),
    baseRef: null,
  };
}

function readCommit(value: unknown): { id: string; message: string; author: Login | null; committer: null; link: string | null } | null {
  const id = sha(at(value, 'hash'));
  if (id === null) return null;
  const author = readAuthor(at(value, 'author'));
  return { id, message: text(at(value, 'message'), BODY) ?? '', author, committer: null, link: link(at(value, 'links', 'html', 'href')) };
}

/** The merge request of a payload (`pullrequest`); null where it has no number. */
export function readCloudPull(payload: unknown): MergeRequestSeen | null {
  const value = at(payload, 'pullrequest');
  const number = count(at(value, 'id'));
  if (number === null) return null;
  // The ends name their repositories in short; where it is the one that the hook is about, the payload has the rest.
  const about = readRepository(at(payload, 'repository'));
  const whole = (one: Repository | null): Repository | null => (one !== null && one.id === about?.id ? about : one);
  const end = (side: 'source' | 'destination') => ({
    branch: text(at(value, side, 'branch', 'name'), NAME),
    commit: sha(at(value, side, 'commit', 'hash')),
    repository: whole(readRepository(at(value, side, 'repository'))),
  });
  const state = at(value, 'state');
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: first(text(at(value, 'description'), BODY), text(at(value, 'summary', 'raw'), BODY)) ?? '',
    state: state === 'MERGED' ? 'merged' : state === 'DECLINED' || state === 'SUPERSEDED' ? 'closed' : 'open',
    draft: flag(at(value, 'draft')) ?? false,
    source: end('source'),
    target: end('destination'),
    // Bitbucket Cloud offers git no ref of a merge request: its source branch is looked at.
    headRef: null,
    author: readCloudUser(at(value, 'author')),
    reviewers: list(at(value, 'reviewers')).flatMap((one) => readCloudUser(one) ?? []),
    labels: [],
    mergeCommit: sha(at(value, 'merge_commit', 'hash')),
    link: link(at(value, 'links', 'html', 'href')),
    createdAt: instant(at(value, 'created_on')),
    updatedAt: instant(at(value, 'updated_on')),
  };
}

function readPullEvent(what: string, payload: unknown, about: About): readonly ForgeEvent[] {
  const mergeRequest = readCloudPull(payload);
  if (mergeRequest === null) return [];
  const reviews = {
    approved: 'approved',
    unapproved: 'dismissed',
    changes_request_created: 'changes-requested',
    changes_request_removed: 'dismissed',
  } as const;
  if (Object.hasOwn(reviews, what)) {
    const reviewer =
      readCloudUser(at(payload, 'approval', 'user')) ?? readCloudUser(at(payload, 'changes_request', 'user')) ?? about.sender;
    const state = reviews[what as keyof typeof reviews];
    return [{ ...about, kind: 'review', state, reviewer, commit: mergeRequest.source.commit, mergeRequest }];
  }
  const comments = { comment_created: 'created', comment_updated: 'edited', comment_deleted: 'deleted' } as const;
  if (Object.hasOwn(comments, what)) {
    const action = comments[what as keyof typeof comments];
    return [{ ...about, kind: 'comment', action, comment: readComment(payload), mergeRequest, issue: null, commit: null }];
  }
  // `updated` is said of words and of a moved head alike: the head is looked at in both cases.
  const words: Readonly<Record<string, MergeRequestAction>> = {
    created: 'opened',
    updated: 'synchronized',
    fulfilled: 'merged',
    rejected: 'closed',
  };
  return [{ ...about, kind: 'merge-request', action: (Object.hasOwn(words, what) ? words[what] : undefined) ?? 'other', mergeRequest }];
}

function readComment(payload: unknown): CommentSeen {
  const value = at(payload, 'comment');
  return {
    id: text(at(value, 'id'), NAME),
    body: text(at(value, 'content', 'raw'), BODY) ?? '',
    author: readCloudUser(at(value, 'user')),
    link: link(at(value, 'links', 'html', 'href')),
    createdAt: instant(at(value, 'created_on')),
    updatedAt: instant(at(value, 'updated_on')),
  };
}

function readIssueEvent(what: string, payload: unknown, about: About): readonly ForgeEvent[] {
  const value = at(payload, 'issue');
  const number = count(at(value, 'id'));
  if (number === null) return [];
  const state = at(value, 'state');
  const issue = {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'content', 'raw'), BODY) ?? '',
    state: state === 'new' || state === 'open' ? ('open' as const) : state === undefined ? null : ('closed' as const),
    labels: [],
    author: readCloudUser(at(value, 'reporter')),
    assignees: [at(value, 'assignee')].flatMap((one) => readCloudUser(one) ?? []),
    link: link(at(value, 'links', 'html', 'href')),
    createdAt: instant(at(value, 'created_on')),
    updatedAt: instant(at(value, 'updated_on')),
  };
  if (what !== 'comment_created') return [{ ...about, kind: 'issue', action: what, issue }];
  return [{ ...about, kind: 'comment', action: 'created', comment: readComment(payload), mergeRequest: null, issue, commit: null }];
}
