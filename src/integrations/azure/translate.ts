import type { Delivered, ForgeEvent, Login, MergeRequestAction, MergeRequestSeen, Repository } from '../forges/forge-event.ts';
import { at, BODY, count, first, flag, instant, LINE, link, list, NAME, sha, short, text } from '../forges/loose.ts';

/**
 * Service hooks of Azure DevOps (https://learn.microsoft.com/azure/devops/service-hooks/events) in our words. The kind
 * stands in the payload's `eventType`. One push may move several refs: one event each.
 */
export function translateAzure({ payload }: Delivered): readonly ForgeEvent[] {
  const kind = text(at(payload, 'eventType'), NAME) ?? '';
  const resource = at(payload, 'resource');
  const pull = kind === 'ms.vss-code.git-pullrequest-comment-event' ? at(resource, 'pullRequest') : resource;
  const about: About = {
    said: kind,
    repository: readAzureRepository(at(pull, 'repository')),
    sender:
      readAzureUser(at(resource, 'comment', 'author')) ??
      readAzureUser(at(resource, 'pushedBy')) ??
      readAzureUser(at(resource, 'createdBy')),
  };
  // Builds are of a project; the repository that they name has no path.
  const place = first(text(at(payload, 'resourceContainers', 'project', 'id'), 64), text(at(resource, 'project', 'id'), 64));
  const events = read(kind, resource, pull, place, about);
  return events.length === 0 ? [{ ...about, kind: 'other' }] : events;
}

type About = Pick<ForgeEvent, 'said' | 'repository' | 'sender'>;

function read(kind: string, resource: unknown, pull: unknown, place: string | null, about: About): readonly ForgeEvent[] {
  if (kind === 'git.push') return list(at(resource, 'refUpdates')).flatMap((one) => readUpdate(one, resource, about) ?? []);
  if (kind === 'git.repo.created') return [{ ...about, kind: 'repository', action: 'created', before: null }];
  if (kind === 'git.repo.deleted') return [{ ...about, kind: 'repository', action: 'deleted', before: null }];
  if (kind === 'git.repo.renamed') {
    const name = text(at(resource, 'oldName'), NAME);
    const before = name === null || about.repository === null ? null : `${about.repository.namespace ?? ''}/${name}`;
    return [{ ...about, kind: 'repository', action: 'renamed', before }];
  }
  if (kind === 'build.complete' || kind.startsWith('ms.vss-pipelines.'))
    return [
      {
        ...about,
        kind: 'ci',
        what: kind,
        id: first(text(at(resource, 'id'), NAME), text(at(resource, 'run', 'id'), NAME)),
        commit: sha(at(resource, 'sourceVersion')),
        place,
      },
    ];
  const mergeRequest = readAzurePull(pull);
  if (mergeRequest === null) return [];
  if (kind === 'ms.vss-code.git-pullrequest-comment-event') return [readComment(resource, about, mergeRequest)];
  const words: Readonly<Record<string, MergeRequestAction>> = {
    'git.pullrequest.created': 'opened',
    'git.pullrequest.updated': 'updated',
    // Sent for each attempt to merge; whether it is merged, its state says.
    'git.pullrequest.merged': 'merged',
  };
  return Object.hasOwn(words, kind) ? [{ ...about, kind: 'merge-request', action: words[kind] ?? 'other', mergeRequest }] : [];
}

/** An identity; null where none is named. */
export function readAzureUser(value: unknown): Login | null {
  const [login, name, id] = [text(at(value, 'uniqueName'), NAME), text(at(value, 'displayName'), NAME), text(at(value, 'id'), NAME)];
  if (login === null && name === null) return null;
  // The unique name is an address for people; for services and groups it is something else.
  const email = login !== null && /^[^@\s\\]{1,200}@[^@\s\\]{1,200}$/.test(login) ? login : null;
  return { id, login, name, email, bot: flag(at(value, 'isContainer')) ?? false };
}

/** A repository; its path is `Project/Repository`. */
export function readAzureRepository(value: unknown): Repository | null {
  const name = text(at(value, 'name'), NAME);
  if (name === null) return null;
  const namespace = text(at(value, 'project', 'name'), NAME);
  const remote = link(at(value, 'remoteUrl'));
  const visibility = at(value, 'project', 'visibility');
  return {
    id: text(at(value, 'id'), NAME),
    path: namespace === null ? name : `${namespace}/${name}`,
    namespace,
    name,
    branch: short(text(at(value, 'defaultBranch'), NAME)),
    private: visibility === 'private' ? true : visibility === 'public' ? false : null,
    clone: link(at(value, 'webUrl')) ?? remote,
    ssh: text(at(value, 'sshUrl'), LINE),
    link: link(at(value, 'webUrl')) ?? remote,
  };
}

function readUpdate(update: unknown, resource: unknown, about: About): ForgeEvent | null {
  const ref = text(at(update, 'name'), NAME * 2);
  if (ref === null) return null;
  const [before, after] = [sha(at(update, 'oldObjectId')), sha(at(update, 'newObjectId'))];
  if (after === null) return { ...about, kind: 'ref', action: 'deleted', ref, commit: before };
  const commits = list(at(resource, 'commits')).flatMap((one) => {
    const id = sha(at(one, 'commitId'));
    const person = (who: string): Login | null => {
      const [name, email] = [text(at(one, who, 'name'), NAME), text(at(one, who, 'email'), NAME)];
      return name === null && email === null ? null : { id: null, login: null, name, email, bot: false };
    };
    const message = text(at(one, 'comment'), BODY) ?? '';
    return id === null ? [] : [{ id, message, author: person('author'), committer: person('committer'), link: link(at(one, 'url')) }];
  });
  const head = commits.find((commit) => commit.id === after) ?? null;
  return { ...about, kind: 'push', ref, before, after, forced: null, commits, head, compare: null, baseRef: null };
}

/** A pull request; null where it has no number. */
export function readAzurePull(value: unknown): MergeRequestSeen | null {
  const number = count(at(value, 'pullRequestId'));
  if (number === null) return null;
  const status = at(value, 'status');
  const source = text(at(value, 'sourceRefName'), NAME * 2);
  const fork = readAzureRepository(at(value, 'forkSource', 'repository'));
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'description'), BODY) ?? '',
    state: status === 'completed' ? 'merged' : status === 'abandoned' ? 'closed' : 'open',
    draft: flag(at(value, 'isDraft')) ?? false,
    source: {
      branch: short(source),
      commit: sha(at(value, 'lastMergeSourceCommit', 'commitId')),
      repository: fork ?? readAzureRepository(at(value, 'repository')),
    },
    target: {
      branch: short(text(at(value, 'targetRefName'), NAME * 2)),
      commit: sha(at(value, 'lastMergeTargetCommit', 'commitId')),
      repository: readAzureRepository(at(value, 'repository')),
    },
    // A fork's branch is not in this repository.
    headRef: fork === null ? source : null,
    author: readAzureUser(at(value, 'createdBy')),
    reviewers: list(at(value, 'reviewers')).flatMap((one) => readAzureUser(one) ?? []),
    labels: list(at(value, 'labels')).flatMap((one) => text(at(one, 'name'), NAME) ?? []),
    mergeCommit: status === 'completed' ? sha(at(value, 'lastMergeCommit', 'commitId')) : null,
    link: first(link(at(value, '_links', 'web', 'href')), link(at(value, 'url'))),
    createdAt: instant(at(value, 'creationDate')),
    updatedAt: instant(at(value, 'closedDate')),
  };
}

function readComment(resource: unknown, about: About, mergeRequest: MergeRequestSeen): ForgeEvent {
  const comment = at(resource, 'comment');
  // One kind for all three: a deleted one is marked, and an edited one was changed after it was published.
  const deleted = flag(at(comment, 'isDeleted')) === true;
  const [published, updated] = [instant(at(comment, 'publishedDate')), instant(at(comment, 'lastUpdatedDate'))];
  return {
    ...about,
    kind: 'comment',
    action: deleted ? 'deleted' : updated !== null && updated !== published ? 'edited' : 'created',
    comment: {
      id: text(at(comment, 'id'), NAME),
      body: text(at(comment, 'content'), BODY) ?? '',
      author: readAzureUser(at(comment, 'author')),
      link: link(at(comment, '_links', 'web', 'href')),
      createdAt: published,
      updatedAt: updated,
    },
    mergeRequest,
    issue: null,
    commit: null,
  };
}
