import { readCoAuthors } from '../../host/git.ts';
import { path, type Caller } from '../connections/vendor.ts';
import type { Login, MergeRequestSeen } from '../forges/forge-event.ts';
import { distinctLogins, fit, pathBelow, PEOPLE_MOST, withCoAuthors, type Forge } from '../forges/forge.ts';
import { at, BODY, count, flag, instant, link, list, NAME, sha, text } from '../forges/loose.ts';
import { translateGitlab } from './translate.ts';

/** GitLab's REST API v4 (https://docs.gitlab.com/api/rest/). Projects are asked for by their path. */
export const gitlabForge: Forge = {
  vendor: 'gitlab',
  translate: translateGitlab,
  pathOf: ({ url }, repository) => pathBelow(url.replace(/\/api\/v4\/?$/, ''), repository),
  gitUser: ({ settings }) => settings['deployUser'] ?? 'oauth2',

  async repository(caller, repository) {
    const answer = await caller.ask({ path: project(repository), redirects: 1, expect: [403, 404] });
    const name = answer.status === 200 ? text(at(answer.json, 'path_with_namespace'), NAME * 2) : null;
    if (name === null) return null;
    const visibility = at(answer.json, 'visibility');
    return {
      id: text(at(answer.json, 'id'), NAME),
      path: name,
      branch: text(at(answer.json, 'default_branch'), NAME),
      private: typeof visibility === 'string' ? visibility !== 'public' : null,
      archived: flag(at(answer.json, 'archived')) ?? false,
      link: link(at(answer.json, 'web_url')),
    };
  },

  async protection(caller, repository, branch) {
    const answer = await caller.ask({ path: `${project(repository)}/repository/branches/${path(branch)}`, expect: [401, 403, 404] });
    if (answer.status !== 200) return { state: 'unknown', detail: `the forge answers ${answer.status} for the branch` };
    const on = flag(at(answer.json, 'protected'));
    if (on === null) return { state: 'unknown', detail: 'the forge does not say it' };
    return on ? { state: 'protected', detail: 'protected at the forge' } : { state: 'open', detail: 'not protected at the forge' };
  },

  async mergeRequest(caller, repository, number) {
    const base = `${project(repository)}/merge_requests/${path(number)}`;
    const answer = await caller.ask({ path: base, expect: [404] });
    const seen = answer.status === 200 ? readMerge(answer.json, repository) : null;
    if (seen === null) return null;
    const approvals = await caller.ask({ path: `${base}/approvals`, expect: [401, 403, 404] });
    const reviews = list(at(approvals.json, 'approved_by')).flatMap((one) => {
      const reviewer = user(at(one, 'user'));
      return reviewer === null
        ? []
        : [{ reviewer, state: 'approved' as const, commit: seen.source.commit, at: instant(at(one, 'approved_at')) }];
    });
    const commits = await all(caller, `${base}/commits`, PEOPLE_MOST + 1);
    const authors = commits.slice(0, PEOPLE_MOST).flatMap((one) => {
      const [name, email] = [text(at(one, 'author_name'), NAME), text(at(one, 'author_email'), NAME)];
      const author: Login | null = name === null && email === null ? null : { id: null, login: null, name, email, bot: false };
      return withCoAuthors(author, readCoAuthors(text(at(one, 'message'), 20_000) ?? ''));
    });
    const [from, to] = [at(answer.json, 'source_project_id'), at(answer.json, 'target_project_id')];
    const fork = typeof from === 'number' && typeof to === 'number' ? from !== to : null;
    return { seen, reviews, authors: distinctLogins(authors), complete: commits.length <= PEOPLE_MOST, fork };
  },

  async recent(caller, repository) {
    const query = { scope: 'all', order_by: 'updated_at', sort: 'desc', per_page: 100 };
    const { json } = await caller.ask({ path: `${project(repository)}/merge_requests`, query });
    return list(json).flatMap((one) => count(at(one, 'iid')) ?? []);
  },

  async status(caller, repository, commit, { context, state, description, target }) {
    const words = { pending: 'pending', success: 'success', failure: 'failed', error: 'failed' } as const;
    const json = {
      state: words[state],
      name: context,
      description: fit(description, 140),
      ...(target === null ? {} : { target_url: target }),
    };
    // The state that it has already is refused with 400: then it is as wanted.
    await caller.ask({ method: 'POST', path: `${project(repository)}/statuses/${path(commit)}`, json, repeatable: true, expect: [400] });
  },

  async release(caller, repository, { tag, commit, title, notes }) {
    const there = await caller.ask({ path: `${project(repository)}/releases/${path(tag)}`, expect: [403, 404] });
    const words = { name: fit(title, 200), description: fit(notes, 100_000) };
    if (there.status !== 200)
      await caller.ask({ method: 'POST', path: `${project(repository)}/releases`, json: { tag_name: tag, ref: commit, ...words } });
    else if (at(there.json, 'description') !== words.description || at(there.json, 'name') !== words.name)
      await caller.ask({ method: 'PUT', path: `${project(repository)}/releases/${path(tag)}`, json: words });
  },

  async hook(caller, repository, { url, secret }) {
    const json = {
      url,
      token: secret,
      push_events: true,
      tag_push_events: true,
      merge_requests_events: true,
      note_events: true,
      pipeline_events: true,
      releases_events: true,
      enable_ssl_verification: true,
    };
    for (const one of await all(caller, `${project(repository)}/hooks`, 100)) {
      if (at(one, 'url') !== url) continue;
      await caller.ask({ method: 'PUT', path: `${project(repository)}/hooks/${path(text(at(one, 'id'), NAME) ?? '')}`, json });
      return;
    }
    await caller.ask({ method: 'POST', path: `${project(repository)}/hooks`, json });
  },
};

const project = (repository: string): string => `projects/${path(repository)}`;

async function all(caller: Caller, listing: string, most: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const page of caller.pages({ path: listing, query: { per_page: 100 } })) {
    found.push(...list(page));
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}

function user(value: unknown): Login | null {
  const login = text(at(value, 'username'), NAME);
  return login === null
    ? null
    : {
        id: text(at(value, 'id'), NAME),
        login,
        name: text(at(value, 'name'), NAME),
        email: null,
        bot: /^(?:project|group)_\d+_bot/.test(login),
      };
}

function readMerge(value: unknown, repository: string): MergeRequestSeen | null {
  const number = count(at(value, 'iid'));
  if (number === null) return null;
  const state = at(value, 'state');
  const none = { id: null, namespace: null, branch: null, private: null, clone: null, ssh: null, link: null };
  const here = { ...none, path: repository, name: repository.split('/').at(-1) ?? repository };
  return {
    number,
    title: text(at(value, 'title')) ?? '',
    body: text(at(value, 'description'), BODY) ?? '',
    state: state === 'merged' ? 'merged' : state === 'closed' ? 'closed' : 'open',
    draft: flag(at(value, 'draft')) ?? flag(at(value, 'work_in_progress')) ?? false,
    source: { branch: text(at(value, 'source_branch'), NAME), commit: sha(at(value, 'sha')), repository: null },
    target: { branch: text(at(value, 'target_branch'), NAME), commit: sha(at(value, 'diff_refs', 'base_sha')), repository: here },
    headRef: `refs/merge-requests/${number}/head`,
    author: user(at(value, 'author')),
    reviewers: list(at(value, 'reviewers')).flatMap((one) => user(one) ?? []),
    labels: list(at(value, 'labels')).flatMap((one) => text(one, NAME) ?? []),
    mergeCommit: sha(at(value, 'squash_commit_sha')) ?? sha(at(value, 'merge_commit_sha')),
    link: link(at(value, 'web_url')),
    createdAt: instant(at(value, 'created_at')),
    updatedAt: instant(at(value, 'updated_at')),
  };
}
