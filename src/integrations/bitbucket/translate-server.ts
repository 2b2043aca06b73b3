import type { CommentSeen, Delivered, ForgeEvent, Login, MergeRequestAction, MergeRequestSeen, Repository } from '../forges/forge-event.ts';
import { at, BODY, count, first, flag, instant, LINE, link, list, NAME, sha, text } from '../forges/loose.ts';

/**
 * Webhooks of Bitbucket Server and Data Center (https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html)
 * in our words. The kind stands in the payload's `eventKey`, and in `X-Event-Key`.
 */
export function translateServer({ header, payload }: Delivered): readonly ForgeEvent[] {
  const kind = first(text(at(payload, 'eventKey'), NAME), text(header('x-event-key'), NAME)) ?? '';
  const repository =
    readRepository(at(payload, 'repository')) ??
    readRepository(at(payload, 'pullRequest', 'toRef', 'repository')) ??
    readRepository(at(payload, 'new'));
  const about: About = { said: kind, repository, sender: readServerUser(at(payload, 'actor')) };
  const events = read(kind, payload, about);
  return events.length === 0 ? [{ ...about, kind: kind === 'diagnostics:ping' ? 'ping' : 'other' }] : events;
}

type About = Pick<ForgeEvent, 'said' | 'repository' | 'sender'>;

const PULLS: Readonly<Record<string, MergeRequestAction>> = {
  'pr:opened': 'opened',
  'pr:modified': 'updated',
  'pr:from_ref_updated': 'synchronized',
  'pr:merged': 'merged',
  'pr:declined': 'closed',
  'pr:deleted': 'deleted',
  'pr:reviewer:updated': 'assigned',
};
const REVIEWS = {
  'pr:reviewer:approved': 'approved',
  'pr:reviewer:unapproved': 'dismissed',
  'pr:reviewer:needs_work': 'changes-requested',
  'pr:reviewer:changes_requested': 'changes-requested',
} as const;
const COMMENTS = { added: 'created', edited: 'edited', deleted: 'deleted' } as const;

function read(kind: string, payload: unknown, about: About): readonly ForgeEvent[] {
  if (kind === 'repo:refs_changed') return list(at(payload, 'changes')).flatMap((one) => readChange(one, about) ?? []);
  if (kind === 'repo:modified' || kind === 'repo:forked') {
    const before = readRepository(at(payload, 'old'))?.path ?? null;
    const renamed = before !== null && before !== about.repository?.path;
    return [
      {
        ...about,
        kind: 'repository',
        action: kind === 'repo:forked' ? 'forked' : renamed ? 'renamed' : 'other',
        before: renamed ? before : null,
      },
    ];
  }
  const mergeRequest = readServerPull(at(payload, 'pullRequest'));
  const [, said] = /:comment:(added|edited|deleted)$/.exec(kind) ?? [];
  if (said !== undefined) {
    const action = COMMENTS[said as keyof typeof COMMENTS];
    return [
      { ...about, kind: 'comment', action, comment: readComment(payload), mergeRequest, issue: null, commit: sha(at(payload, 'commit')) },
    ];
  }
  if (mergeRequest === null) return [];
  if (Object.hasOwn(REVIEWS, kind)) {
    const reviewer = readServerUser(at(payload, 'participant', 'user')) ?? about.sender;
    const commit = sha(at(payload, 'participant', 'lastReviewedCommit')) ?? mergeRequest.source.commit;
    return [{ ...about, kind: 'review', state: REVIEWS[kind as keyof typeof REVIEWS], reviewer, commit, mergeRequest }];
  }
  return [{ ...about, kind: 'merge-request', action: (Object.hasOwn(PULLS, kind) ? PULLS[kind] : undefined) ?? 'other', mergeRequest }];
}

/** An account; null where none is named. */
export function readServerUser(value: unknown): Login | null {
  const login = first(text(at(value, 'slug'), NAME), text(at(value, 'name'), NAME));
  if (login === null) return null;
  return {
    id: text(at(value, 'id'), NAME),
    login,
    name: text(at(value, 'displayName'), NAME),
    email: text(at(value, 'emailAddress'), NAME),
    bot: at(value, 'type') === 'SERVICE',
  };
}

/** A repository; its path is `KEY/slug`. */
export function readRepository(value: unknown): Repository | null {
  const name = text(at(value, 'slug'), NAME);
  const namespace = text(at(value, 'project', 'key'), NAME);
  if (name === null || namespace === null) return null;
  const open = flag(at(value, 'public'));
  const clone = (kind: string): string | null =>
    text(
      at(
        list(at(value, 'links', 'clone')).find((one) => at(one, 'name') === kind),
        'href',
      ),
      LINE,
    );
  return {
    id: text(at(value, 'id'), NAME),
    path: `${namespace}/${name}`,
    namespace,
    name,
    branch: null,
    private: open === null ? null : !open,
    clone: link(clone('http')),
    ssh: clone('ssh'),
    link: link(at(list(at(value, 'links', 'self'))[0], 'href')),
  };
}

function readChange(change: unknown, about: About): ForgeEvent | null {
  const ref = first(text(at(change, 'refId'), NAME * 2), text(at(change, 'ref', 'id'), NAME * 2));
  if (ref === null) return null;
  const [before, after] = [sha(at(change, 'fromHash')), sha(at(change, 'toHash'))];
  if (after === null) return { ...about, kind: 'ref', action: 'deleted', ref, commit: before };
  if (before === null && ref.startsWith('refs/tags/')) return { ...about, kind: 'ref', action: 'created', ref, commit: after };
  const head = { id: after, message: '', author: about.sender, committer: null, link: null };
  return { ...about, kind: 'push', ref, before, after, forced: null, commits: [], head, compare: null, baseRef: null };
}

/** A pull request; null where it has no number. */
export function readServerPull(value: unknown): MergeRequestSeen | null {
  const number = count(at(value, 'id'));
  if (number === null) return null;
  const end = (side: 'fromRef' | 'toRef') => ({
    branch: text(at(value, side, 'displayId'), NAME),
    commit: sha(at(value, side, 'latestCommit')),
    repository: readRepository(at(value, side, 'repository')),
  });
  const state = at(value, 'state');
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'description'), BODY) ?? '',
    state: state === 'MERGED' ? 'merged' : state === 'DECLINED' ? 'closed' : 'open',
    draft: flag(at(value, 'draft')) ?? false,
    source: end('fromRef'),
    target: end('toRef'),
    headRef: `refs/pull-requests/${number}/from`,
    author: readServerUser(at(value, 'author', 'user')),
    reviewers: list(at(value, 'reviewers')).flatMap((one) => readServerUser(at(one, 'user')) ?? []),
    labels: [],
    mergeCommit: sha(at(value, 'properties', 'mergeCommit', 'id')),
    link: link(at(list(at(value, 'links', 'self'))[0], 'href')),
    createdAt: instant(at(value, 'createdDate')),
    updatedAt: instant(at(value, 'updatedDate')),
  };
}

function readComment(payload: unknown): CommentSeen {
  const value = at(payload, 'comment');
  return {
    id: text(at(value, 'id'), NAME),
    body: text(at(value, 'text'), BODY) ?? '',
    author: readServerUser(at(value, 'author')),
    link: null,
    createdAt: instant(at(value, 'createdDate')),
    updatedAt: instant(at(value, 'updatedDate')),
  };
}
