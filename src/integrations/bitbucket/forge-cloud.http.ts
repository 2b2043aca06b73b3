import { readCoAuthors } from '../../host/git.ts';
import { path, type Caller } from '../connections/vendor.ts';
import { distinctLogins, fit, pathBelow, PEOPLE_MOST, withCoAuthors, type Forge, type StatusWanted } from '../forges/forge.ts';
import { at, count, flag, instant, link, list, NAME, text } from '../forges/loose.ts';
import { readAuthor, readCloudPull, readCloudUser } from './translate-cloud.ts';
import { translateBitbucket } from './translate.ts';

/** Bitbucket Cloud's REST API 2.0 (https://developer.atlassian.com/cloud/bitbucket/rest/). */
export const bitbucketForge: Forge = {
  vendor: 'bitbucket',
  translate: translateBitbucket,
  pathOf: ({ url }, repository) => {
    const api = new URL(url);
    return pathBelow(api.hostname === 'api.bitbucket.org' ? 'https://bitbucket.org' : api.origin, repository);
  },
  gitUser: ({ settings }) => settings['user'] ?? 'x-token-auth',

  async repository(caller, repository) {
    const answer = await caller.ask({ path: repo(repository), redirects: 1, expect: [403, 404] });
    const name = answer.status === 200 ? text(at(answer.json, 'full_name'), NAME * 2) : null;
    if (name === null) return null;
    return {
      id: text(at(answer.json, 'uuid'), NAME),
      path: name,
      branch: text(at(answer.json, 'mainbranch', 'name'), NAME),
      private: flag(at(answer.json, 'is_private')),
      archived: false,
      link: link(at(answer.json, 'links', 'html', 'href')),
    };
  },

  async protection(caller, repository, branch) {
    const answer = await caller.ask({
      path: `${repo(repository)}/branch-restrictions`,
      query: { pattern: branch },
      expect: [401, 403, 404],
    });
    if (answer.status !== 200) return { state: 'unknown', detail: `the forge answers ${answer.status} for its restrictions` };
    const kinds = list(at(answer.json, 'values')).flatMap((one) => text(at(one, 'kind'), NAME) ?? []);
    const on = kinds.some((kind) => kind === 'push' || kind === 'force' || kind === 'restrict_merges');
    return on
      ? { state: 'protected', detail: `restricted: ${kinds.slice(0, 10).join(', ')}` }
      : { state: 'open', detail: 'no restriction names this branch' };
  },

  async mergeRequest(caller, repository, number) {
    const base = `${repo(repository)}/pullrequests/${path(number)}`;
    const answer = await caller.ask({ path: base, expect: [404] });
    const seen = answer.status === 200 ? readCloudPull({ pullrequest: answer.json }) : null;
    if (seen === null) return null;
    const reviews = list(at(answer.json, 'participants')).flatMap((one) => {
      const reviewer = readCloudUser(at(one, 'user'));
      const state = at(one, 'state');
      if (reviewer === null || (state !== 'approved' && state !== 'changes_requested')) return [];
      // It does not say which commit was looked at.
      return [
        {
          reviewer,
          state: state === 'approved' ? ('approved' as const) : ('changes-requested' as const),
          commit: null,
          at: instant(at(one, 'participated_on')),
        },
      ];
    });
    const commits = await all(caller, `${base}/commits`, PEOPLE_MOST + 1);
    const authors = commits
      .slice(0, PEOPLE_MOST)
      .flatMap((one) => withCoAuthors(readAuthor(at(one, 'author')), readCoAuthors(text(at(one, 'message'), 20_000) ?? '')));
    const [head, target] = [seen.source.repository, seen.target.repository];
    const fork = target === null ? null : head?.id !== target.id;
    return { seen, reviews, authors: distinctLogins(authors), complete: commits.length <= PEOPLE_MOST, fork };
  },

  async recent(caller, repository) {
    const { json } = await caller.ask({ path: `${repo(repository)}/pullrequests`, query: { state: 'OPEN' } });
    return list(at(json, 'values')).flatMap((one) => count(at(one, 'id')) ?? []);
  },

  async status(caller, repository, commit, wanted) {
    await caller.ask({
      method: 'POST',
      path: `${repo(repository)}/commit/${path(commit)}/statuses/build`,
      json: { type: 'build', ...buildStatus(wanted) },
      repeatable: true,
    });
  },

  // Bitbucket has tags and no releases.
  release: null,

  async hook(caller, repository, { url, secret }) {
    const events = [
      'repo:push',
      'repo:updated',
      'pullrequest:created',
      'pullrequest:updated',
      'pullrequest:approved',
      'pullrequest:unapproved',
      'pullrequest:fulfilled',
      'pullrequest:rejected',
    ];
    const json = { description: 'yardmaster', url, secret, active: true, events };
    for (const one of await all(caller, `${repo(repository)}/hooks`, 100)) {
      if (at(one, 'url') !== url) continue;
      await caller.ask({ method: 'PUT', path: `${repo(repository)}/hooks/${path(text(at(one, 'uuid'), NAME) ?? '')}`, json });
      return;
    }
    await caller.ask({ method: 'POST', path: `${repo(repository)}/hooks`, json });
  },
};

/** A build status as Cloud and Server take it: a key has at most 40 characters, and an address is asked for. */
export function buildStatus({ context, state, description, target }: StatusWanted): Record<string, string> {
  const words = { pending: 'INPROGRESS', success: 'SUCCESSFUL', failure: 'FAILED', error: 'FAILED' } as const;
  return {
    key: context.slice(0, 40),
    name: fit(context, 100),
    state: words[state],
    description: fit(description, 250),
    url: target ?? 'https://yardmaster.invalid/',
  };
}

function repo(repository: string): string {
  const [workspace = '', ...name] = repository.split('/');
  return `repositories/${path(workspace, name.join('/'))}`;
}

async function all(caller: Caller, listing: string, most: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const page of caller.pages({ path: listing })) {
    found.push(...list(at(page, 'values')));
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}
