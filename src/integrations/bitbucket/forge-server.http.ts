import { readCoAuthors } from '../../host/git.ts';
import { path, type Caller } from '../connections/vendor.ts';
import type { ReviewState } from '../forges/forge-event.ts';
import { distinctLogins, pathBelow, PEOPLE_MOST, withCoAuthors, type Forge } from '../forges/forge.ts';
import { at, count, flag, list, NAME, text } from '../forges/loose.ts';
import { buildStatus } from './forge-cloud.http.ts';
import { readRepository, readServerPull, readServerUser } from './translate-server.ts';
import { translateBitbucket } from './translate.ts';

/** The REST API 1.0 of Bitbucket Server and Data Center (https://developer.atlassian.com/server/bitbucket/rest/). */
export const bitbucketServerForge: Forge = {
  vendor: 'bitbucket-server',
  translate: translateBitbucket,
  // Git addresses are `/scm/KEY/name.git`, those of persons `/scm/~name/...`.
  pathOf: ({ url }, repository) => {
    const found = pathBelow(url.replace(/\/+$/, ''), repository);
    const bare = found?.replace(/^scm\//, '') ?? null;
    return bare === null || bare.split('/').length !== 2 ? null : bare;
  },
  gitUser: () => 'x-token-auth',

  async repository(caller, repository) {
    const answer = await caller.ask({ path: repo(repository), redirects: 1, expect: [401, 403, 404] });
    const seen = answer.status === 200 ? readRepository(answer.json) : null;
    if (seen === null) return null;
    const branch = await caller.ask({ path: `${repo(repository)}/branches/default`, expect: [401, 403, 404] });
    const archived = flag(at(answer.json, 'archived')) ?? false;
    return { ...seen, archived, branch: branch.status === 200 ? text(at(branch.json, 'displayId'), NAME) : null };
  },

  async protection(caller, repository, branch) {
    const [key = '', name = ''] = repository.split('/');
    const listing = `rest/branch-permissions/2.0/projects/${path(key)}/repos/${path(name)}/restrictions`;
    const query = { matcherType: 'BRANCH', matcherId: `refs/heads/${branch}` };
    const answer = await caller.ask({ path: listing, query, expect: [401, 403, 404] });
    if (answer.status !== 200) return { state: 'unknown', detail: `the forge answers ${answer.status} for its permissions` };
    const kinds = list(at(answer.json, 'values')).flatMap((one) => text(at(one, 'type'), NAME) ?? []);
    // Patterns and branching models protect as well, and are not listed for one branch.
    return kinds.length > 0
      ? { state: 'protected', detail: `restricted: ${kinds.slice(0, 10).join(', ')}` }
      : { state: 'unknown', detail: 'no restriction names this branch; patterns are not read' };
  },

  async mergeRequest(caller, repository, number) {
    const base = `${repo(repository)}/pull-requests/${path(number)}`;
    const answer = await caller.ask({ path: base, expect: [404] });
    const seen = answer.status === 200 ? readServerPull(answer.json) : null;
    if (seen === null) return null;
    const states: Readonly<Record<string, ReviewState>> = { APPROVED: 'approved', NEEDS_WORK: 'changes-requested' };
    const reviews = [...list(at(answer.json, 'reviewers')), ...list(at(answer.json, 'participants'))].flatMap((one) => {
      const reviewer = readServerUser(at(one, 'user'));
      const state = states[text(at(one, 'status'), NAME) ?? ''];
      const commit = text(at(one, 'lastReviewedCommit'), 64);
      return reviewer === null || state === undefined ? [] : [{ reviewer, state, commit, at: null }];
    });
    const commits = await all(caller, `${base}/commits`, PEOPLE_MOST + 1);
    const authors = commits.slice(0, PEOPLE_MOST).flatMap((one) => {
      const email = text(at(one, 'author', 'emailAddress'), NAME);
      const account = readServerUser(at(one, 'author'));
      const author = account === null ? null : { ...account, email: email ?? account.email };
      return withCoAuthors(author, readCoAuthors(text(at(one, 'message'), 20_000) ?? ''));
    });
    const [head, target] = [seen.source.repository, seen.target.repository];
    const fork = target === null ? null : head?.id !== target.id;
    return { seen, reviews, authors: distinctLogins(authors), complete: commits.length <= PEOPLE_MOST, fork };
  },

  async recent(caller, repository) {
    const { json } = await caller.ask({ path: `${repo(repository)}/pull-requests`, query: { state: 'ALL', order: 'NEWEST', limit: 100 } });
    return list(at(json, 'values')).flatMap((one) => count(at(one, 'id')) ?? []);
  },

  async status(caller, _repository, commit, wanted) {
    await caller.ask({
      method: 'POST',
      path: `rest/build-status/1.0/commits/${path(commit)}`,
      json: buildStatus(wanted),
      repeatable: true,
    });
  },

  release: null,

  async hook(caller, repository, { url, secret }) {
    const events = [
      'repo:refs_changed',
      'repo:modified',
      'pr:opened',
      'pr:modified',
      'pr:from_ref_updated',
      'pr:merged',
      'pr:declined',
      'pr:deleted',
      'pr:reviewer:approved',
      'pr:reviewer:unapproved',
      'pr:reviewer:needs_work',
    ];
    const json = { name: 'yardmaster', url, active: true, events, configuration: { secret } };
    for (const one of await all(caller, `${repo(repository)}/webhooks`, 100)) {
      if (at(one, 'url') !== url) continue;
      await caller.ask({ method: 'PUT', path: `${repo(repository)}/webhooks/${path(text(at(one, 'id'), NAME) ?? '')}`, json });
      return;
    }
    await caller.ask({ method: 'POST', path: `${repo(repository)}/webhooks`, json });
  },
};

function repo(repository: string): string {
  const [key = '', ...name] = repository.split('/');
  return `rest/api/1.0/projects/${path(key)}/repos/${path(name.join('/'))}`;
}

async function all(caller: Caller, listing: string, most: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const page of caller.pages({ path: listing, query: { limit: 100 } })) {
    found.push(...list(at(page, 'values')));
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}
